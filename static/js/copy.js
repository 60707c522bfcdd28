// Buttons that copy: `data-copy` contains the text, `data-copy-from` the id of the element whose
// text it is, `data-copy-url` the address that answers it. What happened is shown on the button
// and said in the live region.
(() => {
  "use strict";
  async function textFor({ copy, copyFrom, copyUrl }) {
    if (copyFrom) return document.getElementById(copyFrom).textContent;
    if (!copyUrl) return copy;
    const answer = await fetch(copyUrl);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.text();
  }

  function confirm(button) {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  }

  // Browsers offer the clipboard on HTTPS and localhost only; elsewhere a selection must do.
  async function put(text) {
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
    const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-url]");
    if (!button) return;
    try {
      await put(await textFor(button.dataset));
      confirm(button);
      announce("Copied");
    } catch {
      announce("It could not be copied: select the text and copy it yourself");
    }
  });
})();
