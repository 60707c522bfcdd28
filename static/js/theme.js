// The theme: the system's, unless the reader chose the other one. Runs in the head, before
// anything is painted, so that no page flashes in the wrong theme. The admin keeps its choice
// under the same key.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = () => (system.matches ? "dark" : "light");

  function chosenTheme() {
    try {
      const theme = localStorage.getItem("theme");
      return theme === "dark" || theme === "light" ? theme : null;
    } catch {
      return null; // Storage is switched off: follow the system.
    }
  }

  function keep(theme) {
    try {
      if (theme === systemTheme()) localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // Storage is switched off: the choice is valid for this page only.
    }
  }

  function show(theme) {
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
  }

  const showCurrent = () => show(chosenTheme() ?? systemTheme());
  root.dataset.scripted = "";
  showCurrent();
  system.addEventListener("change", showCurrent);
  addEventListener("storage", showCurrent);
  document.addEventListener("DOMContentLoaded", showCurrent);
  document.addEventListener("htmx:historyRestore", showCurrent);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    keep(theme);
    show(theme);
  });
})();
