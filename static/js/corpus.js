// Fields of the map of all policies: several chosen together lead to the list of all their
// policies, dragged over, or with Shift and the arrow keys. Policies that this browser watches are
// ringed.
(() => {
  "use strict";
  const OWN = "[data-own-policies]";
  let first = null;
  let last = null;
  let dragged = false;
  const fields = () =>
    [...document.querySelectorAll("a[data-field]")].filter((each) => each.getClientRects().length);
  const box = (field) => field.querySelector(".field").getBoundingClientRect();
  const middle = (field) => {
    const { left, top, width, height } = box(field);
    return { x: left + width / 2, y: top + height / 2 };
  };
  const isBetween = (field, one, other) => {
    const { x, y } = middle(field);
    const within = (at, a, b) => at >= Math.min(a, b) - 1 && at <= Math.max(a, b) + 1;
    return within(x, one.x, other.x) && within(y, one.y, other.y);
  };
  const chosen = () => fields().filter((each) => isBetween(each, middle(first), middle(last)));
  const show = (some) => {
    for (const each of fields())
      each.classList.toggle("outside", Boolean(some) && !some.includes(each));
  };
  // The numbers of several fields as one range, such as `3-9`; without an end it is `20-`.
  const range = (some, name) => {
    const all = some.map((each) => new URL(each.href.baseVal, location).searchParams.get(name));
    const ends = all
      .map((text) => text.split("-"))
      .map(([from, to = from]) => [Number(from), to === "" ? Infinity : Number(to)]);
    const from = Math.min(...ends.map((each) => each[0]));
    const to = Math.max(...ends.map((each) => each[1]));
    return from === to ? `${from}` : `${from}-${to === Infinity ? "" : to}`;
  };
  const say = (text) => (document.getElementById("announcement").textContent = text);
  const stop = () => {
    first = last = null;
    show(null);
  };
  const go = () => {
    const some = chosen();
    const list = new URL(first.href.baseVal, location);
    for (const name of ["reach", "power"]) list.searchParams.set(name, range(some, name));
    stop();
    location.assign(list);
  };
  const nearest = (point) =>
    fields().toSorted((a, b) => distance(a, point) - distance(b, point))[0];
  const distance = (field, { x, y }) => Math.hypot(middle(field).x - x, middle(field).y - y);
  document.addEventListener("pointerdown", (event) => {
    dragged = false;
    const map = event.target.closest("[data-fields]");
    if (!map || event.button || event.pointerType === "touch") return;
    first = last = nearest({ x: event.clientX, y: event.clientY });
  });
  document.addEventListener("pointermove", (event) => {
    if (!first || !event.buttons) return;
    const at = nearest({ x: event.clientX, y: event.clientY });
    if (at === last && !dragged) return;
    last = at;
    dragged = true;
    show(chosen());
  });
  document.addEventListener("pointerup", () => (dragged && first ? go() : stop()));
  document.addEventListener("click", (event) => dragged && event.preventDefault(), true);
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("[data-fields]")) event.preventDefault();
  });
  // The nearest field in a direction, those in line before others.
  const next = (field, [dx, dy]) => {
    const from = middle(field);
    const away = (each) => {
      const { x, y } = middle(each);
      const along = (x - from.x) * dx + (y - from.y) * dy;
      const across = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      return along > 2 ? along + 3 * across : Infinity;
    };
    const found = fields().toSorted((a, b) => away(a) - away(b))[0];
    return away(found) < Infinity ? found : null;
  };
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return stop();
    const field = event.target.closest?.("a[data-field]");
    const other = field && WAYS[event.key] && next(field, WAYS[event.key]);
    if (!other) return;
    event.preventDefault();
    other.focus();
    if (!event.shiftKey) return;
    first ??= field;
    last = other;
    show(chosen());
    say(`Services ${range(chosen(), "reach")}, free actions ${range(chosen(), "power")}`);
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === "Shift" && first && !dragged) go();
  });
  const own = keptTexts.read("policyhub-watching");
  if (own.length && document.querySelector(OWN)) {
    const query = own.map((name) => `policy=${encodeURIComponent(name)}`).join("&");
    htmx.ajax("GET", `${location.pathname}?${query}`, { target: OWN, swap: "outerHTML" });
  }
  document.documentElement.dataset.map = "";
})();
