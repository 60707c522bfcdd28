// What a page shows when the answer to its form has come: the answer, from its beginning. The
// focus moves to its head, and its verdict is said. Swaps that nobody asked for by a form leave
// place and focus alone.
const announce = (message) => {
  document.getElementById("announcement").textContent = message;
};

// Whether letters are typed into a long document: it is checked when its field is left or it is
// pasted, not at each letter.
const isTypedInto = ({ inputType, target } = {}) =>
  inputType?.startsWith("insertFrom") === false && target.value?.length > 8_000;

(() => {
  "use strict";

  function show() {
    const head = document.querySelector("[data-answer-head]");
    if (!head) return;
    head.closest("details:not([open])")?.setAttribute("open", "");
    head.focus({ preventScroll: true });
    head.scrollIntoView();
    say();
  }

  function say() {
    const verdict = document.querySelector("[data-verdict]");
    announce(verdict?.textContent.trim().replace(/\s+/g, " ") ?? "");
  }

  document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
    const isAnswer = target.matches?.("[data-question]");
    if (isAnswer && !detail.requestConfig?.elt.matches("a, input")) show();
    // One that follows what is typed is said and takes nothing else.
    if (target.id === "answer") say();
  });

  // What was swapped takes the focus where the link or button that asked for it went with it.
  document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
    const isGone = detail.requestConfig?.elt.isConnected === false;
    if (isGone && target.id === detail.target.id && document.activeElement === document.body)
      target.focus({ preventScroll: true });
  });

  const checked = new WeakMap();

  // A field that is checked while it is typed is sent alone, without the form around it and with
  // only those fields that it names.
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters, triggeringEvent } = event.detail;
    if (!elt.matches("[data-alone]")) return;
    const kept = elt.dataset.alone.split(" ");
    for (const name of Object.keys(parameters)) {
      if (!kept.includes(name)) delete parameters[name];
    }
    parameters[elt.name] = elt.value;
    const isChecked = checked.get(elt) === elt.value;
    if (isChecked || isTypedInto(triggeringEvent)) event.preventDefault();
    else checked.set(elt, elt.value);
  });
})();
