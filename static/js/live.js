// The answer that follows the form while one types. Its other parts come with it, but not into
// fields in which somebody is, and not where more was typed since it was asked for.
(() => {
  "use strict";
  let isOld = false;

  document.addEventListener("input", ({ target }) => {
    if (target.form?.id === "simulation") isOld = true;
  });
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (target.matches("[data-live]")) isOld = false;
  });
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (isOld || detail.target.contains(document.activeElement)) detail.shouldSwap = false;
  });
})();
