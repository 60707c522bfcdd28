// The picture of a policy as boxes to tick. Each part ticks boxes of the list, which alone
// are sent: a click or the space bar ticks all of them, or none. What the copy leaves out fades.
// A cell of it opens to its actions, which are such parts too; the column that services share
// opens to these, and each of them to its actions.
(() => {
  "use strict";
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const form = () => document.getElementById("template-form");
  // What of several services can only be opened is reached by the arrow keys as parts are.
  const PARTS = "[data-ticks], [data-shared]";
  const partsOf = (root) => [...root.querySelectorAll(PARTS)];
  const boxesOf = ({ dataset: { ticks } }) =>
    ticks ? [...form().querySelectorAll(ticks)].filter((each) => each.type === "checkbox") : [];
  // What Tab reaches as one: a map, or the statements, which are in lines.
  const groupOf = (part) => part.closest("svg, [data-line]");
  const groups = () => form().querySelectorAll("[data-tickable] :is(svg.map, [data-line])");

  const serviceOf = (cell) => cell.split(":")[0];
  const kept = () => {
    const { keptCells, keptStatements } = document.getElementById("template-copy").dataset;
    const names = document.getElementById("opened-state")?.dataset.kept ?? "*";
    const part = new Map(keptCells.split(";").map((each) => each.split("=")));
    return {
      part,
      service: new Set(Array.from(part.keys(), serviceOf)),
      statement: new Set(keptStatements.split(" ")),
      action: names === "*" ? { has: () => true } : new Set(names.split(" ")),
    };
  };
  const isLeftOut = (part, copy) =>
    Object.keys(copy).some((kind) => kind in part.dataset && !copy[kind].has(part.dataset[kind]));

  // What services share fades once the copy has nothing of it, and says that some of it is ticked.
  function showShared(svg, granted, ticked) {
    const drawn = new Set(
      Array.from(svg.querySelectorAll("[data-part]"), ({ dataset }) => serviceOf(dataset.part)),
    );
    const [left, some] = [granted, ticked].map((cells) => {
      const others = [...cells].filter((cell) => cell && !drawn.has(serviceOf(cell)));
      return new Set(others.map((cell) => cell.split(":")[1]));
    });
    for (const shared of svg.querySelectorAll("[data-shared]")) {
      const level = shared.dataset.shared;
      shared.setAttribute("role", "link");
      shared.classList.toggle("left-out", Boolean(level) && !left.has(level));
      shared.classList.toggle("in-part", some.has(level));
    }
  }

  // The cells of which something is ticked: those of boxes, and others that the copy names.
  function tickedCells() {
    const { tickedCells: others = "" } = document.getElementById("template-copy").dataset;
    const boxes = form().querySelectorAll("[data-cell]:checked");
    return [...Array.from(boxes, (box) => box.dataset.cell), ...others.split(";")];
  }
  const hasSome = ({ dataset }, cells) =>
    cells.some(
      (cell) =>
        cell === dataset.part ||
        (dataset.contains &&
          (cell.startsWith(dataset.contains) || cell.endsWith(dataset.contains))),
    );

  // Where the address would be too long, buttons have the name of this field too.
  const openedCell = () => form().querySelector("input[name=open]")?.value;

  // A link to open a cell is reached by Tab where no part next to it is. That of a phone's line is
  // open with any level of its service. What services share is such a part itself.
  function showOpeners() {
    const opened = openedCell() ?? "";
    const service = serviceOf(opened);
    const isOpen = ({ dataset: { opens } }, isLine) =>
      isLine ? opens.startsWith(`${service}:`) : opens === opened;
    for (const opener of form().querySelectorAll(".opener")) {
      const isLine = opener.closest(".phone") && !("shared" in opener.dataset);
      if (!opener.role)
        opener.tabIndex = opener.closest("[data-column]").querySelector("[role]") ? -1 : 0;
      opener.classList.toggle("is-open", isOpen(opener, isLine));
    }
  }

  function show() {
    const [copy, cells] = [kept(), tickedCells()];
    for (const group of groups()) showShared(group, copy.part.keys(), cells);
    for (const part of partsOf(form())) {
      const boxes = boxesOf(part);
      if (!boxes.length) continue;
      const isAll = boxes.every((box) => box.checked);
      const isSome = boxes.some((box) => box.checked) || hasSome(part, cells);
      part.setAttribute("role", "checkbox");
      part.setAttribute("aria-checked", isAll ? "true" : isSome ? "mixed" : "false");
      part.classList.toggle("left-out", isLeftOut(part, copy));
    }
    for (const group of groups()) {
      const parts = partsOf(group).filter((part) => part.role);
      if (parts.length && !parts.some((part) => part.getAttribute("tabindex") === "0"))
        reach(parts[0]);
    }
    showOpeners();
    for (const count of form().querySelectorAll("[data-ticked]")) {
      const boxes = count.closest("details").querySelectorAll("input:checked");
      count.textContent = boxes.length ? `${boxes.length} ticked` : "";
    }
  }

  // Where a cell has a box, an action of it that is unticked is one of those to leave out.
  function leaveOut(box) {
    const cell = form().querySelector(`input[name=cell][value='${box.dataset.cell}']`);
    if (!cell || box === cell) return;
    const field = form().elements.without;
    const names = new Set(field.value.split(/[\s,;]+/).filter(Boolean));
    if (box.checked || !cell.checked) names.delete(box.value);
    else names.add(box.value);
    field.value = [...names].join(" ");
  }
  function follow(cell) {
    for (const box of form().querySelectorAll(`[name=action][data-cell='${cell.value}']`)) {
      box.checked = cell.checked;
      leaveOut(box);
    }
  }

  // What a service or a level has ticked of single actions goes with it.
  function tick(part) {
    const boxes = boxesOf(part);
    const isToBe = !boxes.every((box) => box.checked);
    const { contains } = part.dataset;
    const within = `[data-cell^='${contains}']:checked, [data-cell$='${contains}']:checked`;
    const also = isToBe || !contains ? [] : form().querySelectorAll(within);
    for (const box of [...boxes, ...also]) {
      box.checked = isToBe;
      leaveOut(box);
    }
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
  }

  // A cell is opened, and closed by the name of none, or more of its actions are shown.
  function ask(target, values) {
    const source = document.getElementById("opened-cell");
    return htmx.ajax("POST", form().getAttribute("action"), {
      source,
      target,
      swap: "outerHTML",
      values,
    });
  }
  // Going back to what services share, one comes to the row that one was in, by as many steps.
  async function open(cell, shown = 0) {
    const left = openedCell();
    await ask("#opened-cell", { open: cell, shown: "" });
    const button = () => document.getElementById("more-actions");
    while (button()?.value <= Number(shown)) await ask("#more-actions", { shown: button().value });
    const place = document.querySelector("#opened-cell:not([hidden]) .parts");
    const row = place && partsOf(place).find((part) => part.dataset.part === left);
    if (row) reach(row);
    (row ?? place?.querySelector("[tabindex='0']") ?? place)?.focus({ preventScroll: !row });
    document.getElementById("opened-cell").scrollIntoView({ block: "nearest" });
  }
  async function close() {
    const cell = openedCell();
    if (!cell) return;
    await ask("#opened-cell", { open: "", shown: "" });
    const shared = `other:${cell.split(":")[1]}`;
    const places = `[data-part='${cell}'][role], .opener:is([data-opens='${cell}'], [data-opens='${shared}'])`;
    const part = [...form().querySelectorAll(places)].find((each) => each.getClientRects().length);
    if (part?.role) reach(part);
    part?.focus();
  }
  function escape() {
    const back = document.querySelector("#opened-cell [data-back]");
    if (back) open(back.dataset.opens, back.dataset.shown);
    else close();
  }
  async function more(button) {
    const list = button.parentElement;
    const before = partsOf(list).length;
    await ask("#more-actions", { shown: button.value });
    const first = partsOf(list)[before];
    if (first) reach(first);
    first?.focus();
  }
  // The cell of a part, or the first of its column.
  const cellOf = (part) =>
    part.dataset.opens ??
    part.dataset.part ??
    part.closest("[data-column]")?.querySelector("[data-opens]")?.dataset.opens;

  // One part of each group is reached by Tab, the others from it by the arrow keys.
  function reach(part) {
    for (const each of partsOf(groupOf(part))) each.tabIndex = each === part ? 0 : -1;
  }

  // What is drawn of a service begins at one place across, and has different lengths.
  const placeOf = (part) => {
    const target = part.querySelector(".target");
    const { x } = (target?.nextElementSibling ?? part).getBoundingClientRect();
    const { y, height } = (target ?? part).getBoundingClientRect();
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

  const partAt = (target) => target.closest?.(`:is(${PARTS})[role]`);

  document.addEventListener("click", (event) => {
    const { target } = event;
    const opener = target.closest?.("#template-form [data-opens], #more-actions");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (opener.id) more(opener);
      else if (opener.dataset.opens) open(opener.dataset.opens, opener.dataset.shown);
      else close();
    }
    const part = partAt(target);
    if (!part?.dataset.ticks) return;
    tick(part);
    reach(part);
    part.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.("[data-tickable]")) escape();
    const part = partAt(event.target);
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && part.dataset.ticks) tick(part);
    else if ([" ", "Enter"].includes(event.key) && cellOf(part)) open(cellOf(part));
    else if (event.key in ARROWS) {
      const to = next(part, ARROWS[event.key]);
      if (!to) return;
      reach(to);
      to.focus();
    } else return;
    event.preventDefault();
  });
  const showForm = () => form() && show();
  document.addEventListener("change", ({ target }) => {
    if (target.form !== form()) return;
    if (target.name === "action" && target.dataset.cell) leaveOut(target);
    if (target.name === "cell") follow(target);
    show();
  });
  // A copy that was asked for before another cell was opened is about the former.
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const { target, fragment } = detail;
    const isOld = fragment.firstElementChild?.dataset.of !== target.dataset.of;
    if (target.id === "opened-state" && isOld) detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", showForm);
  document.addEventListener("htmx:historyRestore", showForm);
  addEventListener("pageshow", showForm);
})();
