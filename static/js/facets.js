// Long facets: a field that leaves the options with what is typed, and those that are ticked. It
// filters nothing itself: no form is sent for it.
(() => {
  "use strict";
  const isField = (element) => element.matches?.("[data-find-options]");

  function show(field) {
    const wanted = field.value.trim().toLowerCase();
    for (const option of field.parentElement.querySelectorAll("label")) {
      const name = option.querySelector(".name").textContent.toLowerCase();
      option.hidden = !name.includes(wanted) && !option.querySelector(":checked");
    }
  }

  document.addEventListener("input", ({ target }) => isField(target) && show(target));
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll("[data-find-options]").forEach(show);
  });
  document.addEventListener("change", (event) => isField(event.target) && event.stopPropagation(), {
    capture: true,
  });
  document.addEventListener("keydown", (event) => {
    if (isField(event.target) && event.key === "Enter") event.preventDefault();
  });
})();
