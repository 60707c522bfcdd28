// Buttons that put the text of `data-fill` into a field of their row, as if it had been typed: into
// an empty one, or the last.
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const row = button?.closest(".policy-row, .field");
    const fields = [...(row?.querySelectorAll("textarea, input") ?? [])];
    const field = fields.find(({ value }) => !value.trim()) ?? fields.at(-1);
    if (!field) return;
    field.value = button.dataset.fill;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
