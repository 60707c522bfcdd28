// The picture of a policy as boxes to tick. Each part ticks boxes of the list, which alone
// are sent: a click or the space bar ticks all of them, or none. What the copy leaves out fades.
(() => {
  "use strict";
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const form = () => document.getElementById("template-form");
  const partsOf = (root) => [...root.querySelectorAll("[data-ticks]")];
  const boxesOf = (part) => [...form().querySelectorAll(part.dataset.ticks)];

  const kept = () => {
    const text = document.getElementById("template-copy").dataset.keptCells;
    return new Map(text.split(";").map((each) => each.split("=")));
  };

  // What has no room of its own fades once the copy has nothing of it.
  function fadeRest(svg, counts) {
    const drawn = new Set(
      Array.from(svg.querySelectorAll("[data-part]"), (part) => part.dataset.part.split(":")[0]),
    );
    const left = new Set();
    for (const cell of counts.keys()) {
      const [service, level] = cell.split(":");
      if (!drawn.has(service)) left.add(level);
    }
    for (const rest of svg.querySelectorAll("[data-rest]"))
      rest.classList.toggle("left-out", !left.has(rest.dataset.rest));
  }

  function show() {
    const counts = kept();
    for (const svg of form().querySelectorAll("[data-tickable] svg.map")) fadeRest(svg, counts);
    for (const part of partsOf(form())) {
      const boxes = boxesOf(part);
      if (!boxes.length) continue;
      const ticked = boxes.filter((box) => box.checked).length;
      const state = ticked === boxes.length ? "true" : ticked ? "mixed" : "false";
      part.setAttribute("role", "checkbox");
      part.setAttribute("aria-checked", state);
      part.classList.toggle("left-out", "part" in part.dataset && !counts.has(part.dataset.part));
    }
    for (const count of form().querySelectorAll("[data-ticked]")) {
      const boxes = count.closest("details").querySelectorAll("input:checked");
      count.textContent = boxes.length ? `${boxes.length} ticked` : "";
    }
  }

  function tick(part) {
    const boxes = boxesOf(part);
    const isToBe = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = isToBe;
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
  }

  // One part of each picture is reached by Tab, the others from it by the arrow keys.
  function reach(part) {
    for (const each of partsOf(part.closest("svg"))) each.tabIndex = each === part ? 0 : -1;
  }

  // The parts of a service begin at one place across, and have different lengths.
  const placeOf = (part) => {
    const { x, y, height } = part.querySelector(".target").getBoundingClientRect();
    return [x, y + height / 2];
  };

  // The nearest part in a direction; what is aside of it counts more than what is far.
  function next(part, [right, down]) {
    const [x, y] = placeOf(part);
    let found = null;
    let least = Infinity;
    for (const each of partsOf(part.closest("svg"))) {
      const [dx, dy] = placeOf(each).map((place, axis) => place - [x, y][axis]);
      const along = dx * right + dy * down;
      const distance = along + 8 * Math.abs(dx * down + dy * right);
      if (each !== part && along > 4 && distance < least && each.role)
        [found, least] = [each, distance];
    }
    return found;
  }

  const partAt = (target) => target.closest?.("[data-ticks][role]");

  document.addEventListener("click", ({ target }) => {
    const part = partAt(target);
    if (!part) return;
    tick(part);
    reach(part);
    part.focus();
  });
  document.addEventListener("keydown", (event) => {
    const part = partAt(event.target);
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") tick(part);
    else if (event.key in ARROWS) {
      const to = next(part, ARROWS[event.key]);
      if (!to) return;
      reach(to);
      to.focus();
    } else return;
    event.preventDefault();
  });
  document.addEventListener("change", ({ target }) => target.form === form() && show());
  document.addEventListener("htmx:afterSwap", show);
  addEventListener("pageshow", () => {
    if (!form()) return;
    show();
    for (const svg of form().querySelectorAll("[data-tickable] svg.map")) {
      const [first] = partsOf(svg).filter((part) => part.role);
      if (first) reach(first);
    }
  });
})();
