// Keys that work on every page: `/` and Ctrl-K open the command palette, `?` shows the keys, `j`
// and `k` go from row to row, `s` takes the policy under the cursor to the simulator, `c` to the
// tray.
(() => {
  "use strict";
  const rowsOfPage = "table.data tbody tr > :first-child, [data-row]";

  const isTyping = (element) => element.closest("input, select, textarea, [contenteditable]");

  // The palette is the search box, in the middle of the page: see palette.js, which is loaded when
  // it is first asked for. What is typed until then is in the box.
  function openPalette() {
    const box = document.querySelector("[role=combobox]");
    if (!box) return;
    const call = new CustomEvent("policyhub:palette", { detail: document.activeElement });
    const { script } = box.form.dataset;
    box.closedFor = null;
    box.focus();
    box.select();
    if (!script) return document.dispatchEvent(call);
    delete box.form.dataset.script;
    const src = document.createElement("script");
    Object.assign(src, { src: script, onload: () => document.dispatchEvent(call) });
    document.head.append(src);
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
    "/": openPalette,
    "?": showKeys,
    j: () => goToRow(1),
    k: () => goToRow(-1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.altKey || document.querySelector("dialog[open]")) return;
    const isControl = event.ctrlKey || event.metaKey;
    // Inside of an editor's shadow tree too.
    if (!isControl && isTyping(event.composedPath()[0])) return;
    const action = isControl ? event.key === "k" && openPalette : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) showKeys();
  });
})();
