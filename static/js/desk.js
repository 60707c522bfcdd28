// The desk by keyboard: `j` and `k` go from finding to finding, `a` accepts, `e` edits in place,
// `u` undoes. Everything is a plain form or link, which these keys only reach.
(() => {
  "use strict";
  const findings = () => [...document.querySelectorAll("[data-finding]")];
  const here = () => document.activeElement?.closest("[data-finding]");

  function goTo(finding) {
    finding?.focus();
    finding?.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = findings();
    const at = all.indexOf(here());
    goTo(at < 0 ? all.at(by > 0 ? 0 : -1) : all[at + by]);
  }

  const current = () => here() ?? findings()[0];

  function accept() {
    const details = current()?.querySelector("[data-accept]");
    if (!details) return;
    details.open = true;
    details.querySelector("[name=reason]").focus();
  }

  function edit() {
    const finding = current();
    finding?.querySelector("[data-accept]")?.removeAttribute("open");
    finding?.querySelector("[data-edit]")?.click();
  }

  const undo = () => document.querySelector("#undo button")?.click();
  const actions = { j: () => step(1), k: () => step(-1), a: accept, e: edit, u: undo };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const field = event.target.closest("input, select, textarea");
      if (field) {
        if (event.key !== "Escape") return;
        here()?.querySelector("[data-accept]")?.removeAttribute("open");
        goTo(here());
        return;
      }
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    },
    true,
  );

  // The form that is edited in place takes the focus when it has come.
  document.addEventListener("htmx:afterSwap", (event) => {
    event.target.querySelector(".desk-edit :is(input:not([type=hidden]), textarea)")?.focus();
  });

  // After a form the page begins at the next finding, which then has the focus.
  document.addEventListener("DOMContentLoaded", () => {
    goTo(document.querySelector(`${location.hash || "#none"}[data-finding]`));
  });
})();
