// A copy that comes while one types belongs to an earlier state of the form: it is not shown, for
// its fields would take the place of those typed into. The next change asks for another one; where
// nothing is changed in the end, leaving the field does.
(() => {
  "use strict";
  const form = () => document.getElementById("template-form");
  let isTyped = false;
  let isLeftOut = false;

  document.addEventListener("input", ({ target }) => {
    if (target.form === form()) isTyped = true;
  });
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (target === form()) isTyped = isLeftOut = false;
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!isTyped || detail.target.id !== "template-copy") return;
    detail.shouldSwap = false;
    isLeftOut = true;
  });
  document.addEventListener("focusout", ({ target }) => {
    if (isLeftOut && target.form === form()) form().dispatchEvent(new Event("change"));
  });
})();
