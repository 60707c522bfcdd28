// Recent searches, kept in this browser and nowhere else: offered while the box is empty.
(() => {
  "use strict";
  const KEY = "policyhub-recent-searches";
  const MOST = 6;

  const read = () => keptTexts.read(KEY);
  const write = (texts) => keptTexts.write(KEY, texts.slice(0, MOST));

  function remember(text) {
    const clean = text.trim();
    if (clean) write([clean, ...read().filter((kept) => kept !== clean)]);
  }

  function option(id, text, href) {
    const link = document.createElement("a");
    Object.assign(link, { id, href, tabIndex: -1, textContent: text });
    link.setAttribute("role", "option");
    return link;
  }

  function offer(box) {
    const list = document.getElementById(box.getAttribute("aria-controls"));
    const texts = read();
    if (!list || !texts.length || box.value.trim()) return;
    const action = box.form.action;
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.dataset.recent = "";
    group.setAttribute("aria-label", "Recent searches");
    const name = document.createElement("div");
    Object.assign(name, { className: "group-name", textContent: "Recent searches" });
    name.setAttribute("aria-hidden", "true");
    const links = texts.map((text, place) =>
      option(`recent-${place}`, text, `${action}?q=${encodeURIComponent(text)}`),
    );
    const forget = option("recent-forget", "Forget these searches", "#");
    forget.dataset.forgetSearches = "";
    group.append(name, ...links, forget);
    list.querySelector("[data-recent]")?.remove();
    list.prepend(group);
    box.setAttribute("aria-expanded", "true");
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[role=combobox]")) offer(event.target);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const box = document.activeElement;
    const isList = event.target.matches?.("[role=listbox]");
    if (isList && box?.matches("[role=combobox]")) offer(box);
  });
  document.addEventListener("submit", (event) => {
    const box = event.target.querySelector?.("[role=combobox]");
    if (box) remember(box.value);
  });
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (!chosen) return;
    const box = chosen.closest("form")?.querySelector("[role=combobox]");
    if ("forgetSearches" in chosen.dataset) {
      event.preventDefault();
      write([]);
      const list = chosen.closest("[role=listbox]");
      chosen.parentElement.remove();
      box?.setAttribute("aria-expanded", String(list.childElementCount > 0));
    } else if (box) {
      remember(box.value);
    }
  });
})();
