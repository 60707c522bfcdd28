// Months of a calendar chosen together: dragged over, or with Shift and the arrow keys from a month
// that has the focus. A range becomes the days `since` and `until` of the list's address.
(() => {
  "use strict";
  let first = null;
  let last = null;
  let dragged = false;
  const months = () => [...document.querySelectorAll("[data-brush] [data-month]")];
  const range = () => [first.dataset.month, last.dataset.month].toSorted();
  const show = () => {
    const [from, to] = range();
    for (const each of months()) {
      each.classList.toggle("outside", each.dataset.month < from || each.dataset.month > to);
    }
  };
  const choose = () => {
    const [from, to] = range();
    const [year, month] = to.split("-").map(Number);
    const until = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
    const list = new URLSearchParams(first.closest("[data-brush]").dataset.brush);
    list.set("since", `${from}-01`);
    list.set("until", until);
    first = last = null;
    htmx.ajax("GET", `${location.pathname}?${list}`, { target: "#changes", swap: "outerHTML" });
  };
  const under = (event) =>
    months().find((each) => {
      const box = each.getBoundingClientRect();
      return event.clientX >= box.left && event.clientX <= box.right;
    });
  document.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button || event.pointerType === "touch") return;
    first = last = event.target.closest("[data-brush]") && under(event);
  });
  document.addEventListener("pointermove", (event) => {
    const at = first && event.buttons && under(event);
    if (!at || at === last) return;
    last = at;
    dragged = true;
    show();
  });
  document.addEventListener("pointerup", () => {
    if (dragged) choose();
    else first = last = null;
  });
  // What is dragged over is no link followed, and no link carried away.
  document.addEventListener("click", (event) => dragged && event.preventDefault(), true);
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("[data-brush]")) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const month = event.target.closest?.("[data-brush] [data-month]");
    if (!step || !month) return;
    const all = months();
    const next = all[all.indexOf(month) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    if (!event.shiftKey) return;
    first ??= month;
    last = next;
    show();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === "Shift" && first) choose();
  });
})();
