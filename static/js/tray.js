// The comparison tray: policies added while browsing, kept in this browser alone.
(() => {
  "use strict";
  const KEY = "policyhub-comparison";
  const MOST = 6;

  const read = () => keptTexts.read(KEY);

  function write(names) {
    keptTexts.write(KEY, names);
    show();
  }

  function add(name) {
    const names = read();
    if (names.includes(name)) return announce(`${name} is already in the comparison`);
    if (names.length === MOST) return announce(`A comparison can have at most ${MOST} policies`);
    write([...names, name]);
    announce(`${name} added to the comparison`);
  }

  function item(name) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "chip filter", textContent: name });
    button.dataset.trayRemove = name;
    button.setAttribute("aria-label", `Remove ${name} from the comparison`);
    const row = document.createElement("li");
    row.append(button);
    return row;
  }

  function show() {
    const tray = document.getElementById("tray");
    if (!tray) return;
    const names = read();
    tray.hidden = names.length === 0;
    tray.querySelector("ul").replaceChildren(...names.map(item));
    const link = tray.querySelector("a");
    link.search = names.map((name) => `policy=${encodeURIComponent(name)}`).join("&");
    link.textContent = names.length > 1 ? `Compare ${names.length}` : "Compare with another";
  }

  document.addEventListener("policyhub:compare", (event) => add(decodeURIComponent(event.detail)));
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-tray-add], [data-tray-remove], [data-tray-empty]");
    if (!target) return;
    if (target.dataset.trayAdd) add(target.dataset.trayAdd);
    else if (target.dataset.trayRemove)
      write(read().filter((name) => name !== target.dataset.trayRemove));
    else write([]);
  });
  document.addEventListener("DOMContentLoaded", show);
  addEventListener("storage", show);
})();
