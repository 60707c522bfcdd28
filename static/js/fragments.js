// Questions too long for an address: deflated behind the `#` of a link, which no server is sent.
// Opened, the link's question is posted to its page.
(() => {
  "use strict";
  const MARK = "#question=";
  // Of a link, in characters, and of the question in it, as text.
  const LONGEST_LINK = 100_000;
  const LONGEST_QUESTION = 8_000_000;

  const place = () => document.querySelector("[data-question]:has(form)");

  async function deflated(text) {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  async function inflated(code) {
    const letters = atob(code.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes])
      .stream()
      .pipeThrough(new DecompressionStream("deflate-raw"))
      .pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
    const reader = stream.getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += value;
      if (text.length > LONGEST_QUESTION) throw new Error("too long");
    }
  }

  const asked = (form) =>
    [...new FormData(form)].filter(([, value]) => typeof value === "string" && value.trim());

  const keep = (method, url) => history[method]({ htmx: true }, "", url);

  // The address bar, and the link in the answer, are made to contain the question.
  async function offer(isNew) {
    const code = await deflated(JSON.stringify(asked(place().querySelector("form"))));
    const fits = code.length <= LONGEST_LINK;
    const address = location.pathname + (fits ? MARK + code : "");
    if (isNew) keep("replaceState", location.href);
    keep(isNew ? "pushState" : "replaceState", address);
    for (const row of document.querySelectorAll("[data-long-link]")) {
      row.hidden = !fits;
      row.querySelector("a").href = address;
      row.querySelector("button").dataset.copy = new URL(address, location.href).href;
    }
    for (const row of document.querySelectorAll("[data-too-long]")) row.hidden = fits;
  }

  const isPair = (pair) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string");

  async function open() {
    if (!place() || !location.hash.startsWith(MARK)) return;
    const values = new FormData();
    try {
      const pairs = JSON.parse(await inflated(location.hash.slice(MARK.length)));
      if (!Array.isArray(pairs) || !pairs.every(isPair)) throw new Error("no question");
      for (const [name, value] of pairs) values.append(name, value);
    } catch {
      notice(
        "This link can't be read",
        "It was cut or changed on its way: ask for it again, or for the documents as a file.",
      );
      return;
    }
    const target = `#${place().id}`;
    const select = place().querySelector("form").getAttribute("hx-select");
    htmx.ajax("POST", location.pathname, {
      source: place(),
      target,
      select,
      swap: "outerHTML",
      values,
    });
  }

  document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
    if (target.matches?.("[data-question][data-long], [data-question-link]"))
      offer(detail.requestConfig?.elt.matches("form"));
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (place()?.matches("[data-long]")) offer(false);
    else open();
  });
  document.addEventListener("htmx:historyRestore", open);
  addEventListener("hashchange", () => {
    if (!history.state?.htmx) open();
  });
})();
