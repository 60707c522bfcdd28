// The answer that follows the form while one types. Its other parts come with it, but not into
// fields in which somebody is, and not where more was typed since it was asked for.
(() => {
  "use strict";
  let isOld = false;
  const isLive = (element) => element.matches?.("[data-live]");

  document.addEventListener("input", ({ target }) => {
    if (target.form?.id === "simulation") isOld = true;
  });
  // A long document waits until it is left, as its check does: see answers.js.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, triggeringEvent } = event.detail;
    if (isLive(elt) && (!isOld || isTypedInto(triggeringEvent))) event.preventDefault();
  });
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (isLive(target)) isOld = false;
  });
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (isOld || detail.target.contains(document.activeElement)) detail.shouldSwap = false;
  });
})();
