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

  // What is ticked or sorted by has the focus again once it is swapped. Boxes and heads have no
  // ids, by which htmx would find them: lists are sent with every change of a filter.
  let pressed = null;
  const name = (element) =>
    element?.matches("#facets [type=checkbox]")
      ? `${element.name}=${element.value}`
      : element?.matches("th a") && element.textContent;
  document.addEventListener("htmx:beforeSwap", () => (pressed = name(document.activeElement)));
  document.addEventListener("htmx:afterSettle", () => {
    if (!pressed || document.activeElement !== document.body) return;
    const again = document.querySelectorAll("#facets [type=checkbox], th a");
    [...again].find((each) => name(each) === pressed)?.focus();
  });

  // The boxes follow what is asked for at once: their counts come after the rows.
  document.addEventListener("htmx:pushedIntoHistory", () => {
    const asked = new URLSearchParams(location.search);
    for (const box of document.querySelectorAll("#facets [type=checkbox]"))
      box.checked = asked.getAll(box.name).includes(box.value);
  });

  document.addEventListener("input", ({ target }) => isField(target) && show(target));
  // Once for all that is swapped in, before any of it is seen.
  let isDue = false;
  document.addEventListener("htmx:afterSwap", () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      document.querySelectorAll("[data-find-options]").forEach(show);
    });
  });
  document.addEventListener("change", (event) => isField(event.target) && event.stopPropagation(), {
    capture: true,
  });
  document.addEventListener("keydown", (event) => {
    if (isField(event.target) && event.key === "Enter") event.preventDefault();
  });
})();
