// Buttons that copy: `data-copy` holds the text, or `data-copy-from` the id of the element
// whose text it is. What happened is shown on the button and said in the live region.
(() => {
  "use strict";
  const textFor = (button) =>
    button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent;

  function announce(message) {
    document.getElementById("announcement").textContent = message;
  }

  function confirm(button) {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  }

  // Browsers offer the clipboard on HTTPS and localhost only; elsewhere a selection must do.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (!isCopied) throw new Error("the browser refused to copy");
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    try {
      await copy(textFor(button));
      confirm(button);
      announce("Copied");
    } catch {
      announce("The browser did not allow copying: select the text and copy it");
    }
  });
})();
