// The picture of a policy as boxes to tick. Each part ticks boxes of the list, which alone
// are sent: a click or the space bar ticks all of them, or none. What the copy leaves out fades.
(() => {
  "use strict";
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const form = () => document.getElementById("template-form");
  const partsOf = (root) => [...root.querySelectorAll("[data-ticks]")];
  const boxesOf = (part) => [...form().querySelectorAll(part.dataset.ticks)];
  // What Tab reaches as one: a map, or the statements, which are in lines.
  const groupOf = (part) => part.closest("svg, [data-line]");
  const groups = () => form().querySelectorAll("[data-tickable] :is(svg.map, [data-line])");

  const kept = () => {
    const { keptCells, keptStatements } = document.getElementById("template-copy").dataset;
    return {
      part: new Map(keptCells.split(";").map((each) => each.split("="))),
      statement: new Set(keptStatements.split(" ")),
    };
  };
  const isLeftOut = (part, copy) =>
    Object.keys(copy).some((kind) => kind in part.dataset && !copy[kind].has(part.dataset[kind]));

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
    const copy = kept();
    for (const group of groups()) fadeRest(group, copy.part);
    for (const part of partsOf(form())) {
      const boxes = boxesOf(part);
      if (!boxes.length) continue;
      const ticked = boxes.filter((box) => box.checked).length;
      const state = ticked === boxes.length ? "true" : ticked ? "mixed" : "false";
      part.setAttribute("role", "checkbox");
      part.setAttribute("aria-checked", state);
      part.classList.toggle("left-out", isLeftOut(part, copy));
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

  // One part of each group is reached by Tab, the others from it by the arrow keys.
  function reach(part) {
    for (const each of partsOf(groupOf(part))) each.tabIndex = each === part ? 0 : -1;
  }

  // The parts of a service begin at one place across, and have different lengths.
  const placeOf = (part) => {
    const { x, y, height } = (part.querySelector(".target") ?? part).getBoundingClientRect();
    return [x, y + height / 2];
  };

  // The nearest part in a direction, by how much more that counts which is aside than what is far.
  function nearest(part, parts, [right, down], aside) {
    const [x, y] = placeOf(part);
    let found = null;
    let least = Infinity;
    for (const each of parts) {
      const [dx, dy] = placeOf(each).map((place, axis) => place - [x, y][axis]);
      const along = dx * right + dy * down;
      const distance = along + aside * Math.abs(dx * down + dy * right);
      if (each !== part && along > 4 && distance < least && each.role)
        [found, least] = [each, distance];
    }
    return found;
  }

  // Statements are next to each other as text is; from the map one comes to their first line.
  function next(part, direction) {
    const [right, down] = direction;
    const group = groupOf(part);
    const own = partsOf(group);
    const isLine = "line" in group.dataset;
    if (isLine && right) return own[own.indexOf(part) + right];
    const found = nearest(part, own, direction, isLine ? 0.01 : 8);
    if (found || !down) return found;
    const others = partsOf(form()).filter(
      (each) => groupOf(each) !== group && each.getClientRects().length,
    );
    return nearest(part, others, direction, 0.01);
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
    for (const group of groups()) {
      const [first] = partsOf(group).filter((part) => part.role);
      if (first) reach(first);
    }
  });
})();
