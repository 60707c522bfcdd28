// Keys that work on every page: `/` goes to the search box, `?` shows the keys, `j` and `k`
// go from row to row, `s` takes the policy under the cursor to the simulator, `c` to the tray.
(() => {
  "use strict";
  const rowsOfPage = "table.data tbody tr > :first-child, [data-row]";

  const isTyping = (element) => element.closest("input, select, textarea, [contenteditable]");

  function focusSearch() {
    const search = document.querySelector("[role=combobox]");
    search?.focus();
    search?.select();
  }

  function showKeys() {
    document.getElementById("keys")?.showModal();
  }

  const focusable = (row) => (row.matches("a, summary") ? row : row.querySelector("a, summary"));

  function goToRow(step) {
    const rows = [...document.querySelectorAll(rowsOfPage)]
      .map(focusable)
      .filter((row) => row?.checkVisibility());
    const here = rows.indexOf(document.activeElement);
    const next = here < 0 && step < 0 ? rows.at(-1) : rows[here + step];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  const policyUnderCursor = () =>
    /\/policies\/([^/?#]+)\//.exec(document.activeElement?.href ?? location.href)?.[1];

  function simulate() {
    const form = document.querySelector("[data-simulate]");
    if (policyUnderCursor() && form) location.assign(`${form.href}?policy=${policyUnderCursor()}`);
  }

  // The tray listens: see tray.js.
  function addToComparison() {
    const detail = policyUnderCursor();
    if (detail) document.dispatchEvent(new CustomEvent("policyhub:compare", { detail }));
  }

  const actions = {
    c: addToComparison,
    s: simulate,
    "/": focusSearch,
    "?": showKeys,
    j: () => goToRow(1),
    k: () => goToRow(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) showKeys();
  });
})();
