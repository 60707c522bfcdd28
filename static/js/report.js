// A report's page: what is typed into it stays in this browser, and one button prints it.
(() => {
  "use strict";
  function keep(field) {
    try {
      field.value = localStorage.getItem(field.dataset.kept) ?? field.value;
    } catch {
      return;
    }
    field.addEventListener("input", () => {
      try {
        localStorage.setItem(field.dataset.kept, field.value);
      } catch {
        // A browser that keeps nothing still prints what is typed.
      }
    });
  }
  document.querySelectorAll("[data-kept]").forEach(keep);
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
})();
