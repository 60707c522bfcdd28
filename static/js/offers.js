// Buttons that put the text of `data-fill` into the field of their row, as if it had been typed.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const field = button?.closest(".policy-row")?.querySelector("textarea");
    if (!field) return;
    field.value = button.dataset.fill;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
