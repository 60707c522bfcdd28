// The list under a search box, as the ARIA combobox pattern has it: the focus stays in the box,
// arrows move through the options, Enter opens one, Esc closes the list.
(() => {
  "use strict";
  const boxOf = (list) => list.parentElement.querySelector("[role=combobox]");
  const listOf = (box) => document.getElementById(box.getAttribute("aria-controls"));
  const optionsOf = (box) => [...listOf(box).querySelectorAll("[role=option]")];
  // The words for which Esc closed a list: an answer that comes later does not open it again.
  const closedFor = new WeakMap();
  const isOpen = (box) => box.getAttribute("aria-expanded") === "true";

  function open(box, isShown) {
    box.setAttribute("aria-expanded", String(isShown && listOf(box).childElementCount > 0));
    if (!isOpen(box)) mark(box, null);
  }

  function mark(box, option) {
    for (const other of optionsOf(box)) other.setAttribute("aria-selected", other === option);
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
    closedFor.delete(box);
    if (!isOpen(box)) return open(box, true);
    const stops = [null, ...optionsOf(box)];
    const here = Math.max(stops.indexOf(marked(box)), 0);
    mark(box, stops[(here + by + stops.length) % stops.length]);
  }

  function onKey(event) {
    const box = event.target.closest?.("[role=combobox]");
    if (!box) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(box, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && isOpen(box) && marked(box)) {
      event.preventDefault();
      marked(box).click();
    } else if (event.key === "Escape") {
      closedFor.set(box, box.value);
      if (!isOpen(box)) return;
      event.preventDefault();
      open(box, false);
    }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSettle", (event) => {
    const list = event.target.closest?.("[role=listbox]");
    const box = list && boxOf(list);
    if (!box) return;
    const isWanted = box.value.trim() !== "" && closedFor.get(box) !== box.value;
    open(box, document.activeElement === box && isWanted);
  });
  document.addEventListener("focusin", (event) => {
    for (const box of document.querySelectorAll("[role=combobox][aria-expanded=true]")) {
      if (!box.parentElement.contains(event.target)) open(box, false);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    for (const box of document.querySelectorAll("[role=combobox][aria-expanded=true]")) {
      if (!box.parentElement.contains(event.target)) open(box, false);
    }
  });
})();
