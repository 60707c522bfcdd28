// The list under a search box, as the ARIA combobox pattern has it: the focus stays in the box,
// arrows move through the options, Enter opens one, Esc closes the list.
(() => {
  "use strict";
  const boxOf = (list) => list.parentElement.querySelector("[role=combobox]");
  const listOf = (box) => document.getElementById(box.getAttribute("aria-controls"));
  const optionsOf = (box) => [...listOf(box).querySelectorAll("[role=option]")];
  const isOpen = (box) => box.getAttribute("aria-expanded") === "true";

  function open(box, isShown) {
    box.setAttribute("aria-expanded", String(isShown && listOf(box).childElementCount > 0));
    if (!isOpen(box)) mark(box, null);
  }

  function mark(box, option) {
    for (const other of optionsOf(box)) other.setAttribute("aria-selected", other === option);
    box.chosen = option?.href;
    if (option) {
      box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      box.removeAttribute("aria-activedescendant");
    }
  }

  function marked(box) {
    const id = box.getAttribute("aria-activedescendant");
    return id ? document.getElementById(id) : null;
  }

  // One step beyond either end is the box itself, with nothing marked.
  function step(box, by) {
    box.closedFor = null;
    // A list that is still to come is stepped into once it is there.
    if (!optionsOf(box).length) return (box.awaited = by);
    if (!isOpen(box)) return open(box, true);
    const stops = [null, ...optionsOf(box)];
    const here = Math.max(stops.indexOf(marked(box)), 0);
    mark(box, stops[(here + by + stops.length) % stops.length]);
  }

  function onKey(event) {
    const box = event.target.closest?.("[role=combobox]");
    if (!box) return;
    if (event.key !== "Enter") box.awaited = 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(box, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && isOpen(box) && marked(box)) {
      // What is selected in a list for other words is not what is asked for.
      if (box.listed !== box.value) return;
      event.preventDefault();
      marked(box).click();
    } else if (event.key === "Escape") {
      if (isOpen(box)) event.preventDefault();
      // No later answer for these words opens it again.
      box.closedFor = box.value;
      open(box, false);
    }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSettle", (event) => {
    const list = event.target.closest?.("[role=listbox]");
    const box = list && boxOf(list);
    if (!box) return;
    box.listed = event.detail.requestConfig?.parameters.q;
    // What was selected stays so if the new list has it too.
    const again = optionsOf(box).find((option) => option.href === box.chosen);
    mark(box, again ?? null);
    if (box.value === box.closedFor) return;
    const lists = box.value.trim() !== "" || box.closest("dialog");
    open(box, document.activeElement === box && Boolean(lists));
    if (box.awaited && isOpen(box)) step(box, box.awaited);
    box.awaited = 0;
  });
  function leave(event) {
    for (const box of document.querySelectorAll("[role=combobox][aria-expanded=true]")) {
      if (!box.parentElement.contains(event.target)) open(box, false);
    }
  }
  document.addEventListener("focusin", leave);
  document.addEventListener("pointerdown", leave);
})();
