// The command palette: the search box and its list, taken into a dialog in the middle of the page.
// It lists what else can be done, and Enter opens the only thing that fits. What was typed stays
// in the box when it closes, and the focus goes back to where it was.
(() => {
  "use strict";
  const dialog = document.createElement("dialog");
  const said = document.createElement("p");
  const keys = document.createElement("p");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Search and commands");
  keys.className = "muted small";
  keys.textContent =
    "Names open pages. “compare …”, “who can …” and “what changed in …” do things. ↑ ↓ select, Esc closes.";
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  dialog.append(said, keys);

  // What is in the place of the search box meanwhile, so that the page does not move.
  const gap = document.createElement("div");
  let before = null;
  let isAsked = false;
  // The words for which no list came.
  let failed = null;

  const box = () => dialog.querySelector("[role=combobox]");
  const list = () => dialog.querySelector("[role=listbox]");
  // Whether the list is for what is in the box: see suggestions.js.
  const isCurrent = () => box().listed === box().value;

  const search = () => box().form.requestSubmit();

  function load() {
    const address = box().form.dataset.palette;
    // Of the box: the list that is there now may be replaced before this is its turn.
    htmx.ajax("GET", address, { source: box(), swap: "outerHTML" });
  }

  function open(event) {
    const form = document.querySelector("[role=combobox]").form;
    const typed = form.elements.q;
    const { selectionStart: start, selectionEnd: end } = typed;
    // Asked for twice, or given up before it was there.
    if (dialog.open || document.activeElement !== typed || typed.closedFor === typed.value) return;
    before = event.detail;
    gap.className = form.className;
    gap.style.minHeight = `${form.offsetHeight}px`;
    form.replaceWith(gap);
    dialog.prepend(form);
    document.body.append(dialog);
    dialog.showModal();
    box().focus();
    box().setSelectionRange(start, end);
    load();
  }

  function close() {
    if (!dialog.open) return;
    box().setAttribute("aria-expanded", "false");
    box().removeAttribute("aria-activedescendant");
    isAsked = false;
    // An answer that comes later opens no list under the search box.
    const typed = box();
    typed.closedFor = typed.value;
    gap.replaceWith(typed.form);
    dialog.close();
    dialog.remove();
    before?.focus?.();
    if (before !== typed) typed.blur();
  }

  // Where several things fit, or nothing does, Enter searches.
  function go() {
    isAsked = false;
    const only =
      list().querySelector("[aria-selected=true]") ?? list().querySelector("[data-only]");
    if (only) only.click();
    else if (box().value.trim()) search();
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && event.target === box()) {
      // What is selected is opened by suggestions.js.
      if (isCurrent() && box().hasAttribute("aria-activedescendant")) return;
      event.preventDefault();
      if (isCurrent()) go();
      else if (failed === box().value) search();
      else isAsked = true;
    }
  });
  // Who goes on typing has not asked yet.
  dialog.addEventListener("input", () => (isAsked = false));
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  // Closed by the click, not when it begins: the rest of it would take the focus away again. What
  // begins in the box and ends outside selects its words.
  let pressed = null;
  dialog.addEventListener("pointerdown", ({ target }) => (pressed = target));
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog && pressed === dialog) close();
  });

  // While it is open the box asks for more than suggestions.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (dialog.open && detail.elt === box()) detail.path = box().form.dataset.palette;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!dialog.open || !isCurrent()) return;
    box().setAttribute("aria-expanded", "true");
    said.textContent = `${list().dataset.count} suggestions`;
    if (isAsked) go();
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!dialog.open || detail.elt !== box()) return;
    failed = detail.successful ? null : detail.requestConfig.parameters.q;
    if (isAsked && failed === box().value) search();
  });
  addEventListener("pagehide", close);

  const style = document.createElement("link");
  const { look: href } = document.querySelector("[data-look]").dataset;
  const isStyled = new Promise((done) => {
    Object.assign(style, { rel: "stylesheet", href, onload: done, onerror: done });
  });
  document.head.append(style);
  document.addEventListener("policyhub:palette", (event) => isStyled.then(() => open(event)));
})();
