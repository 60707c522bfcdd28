// A request of htmx that failed: a notice says what happened and what to do, in the server's own
// words where it gave any. Nothing of the page is replaced, so that what was typed stays.
const notice = (() => {
  "use strict";
  const place = () => document.getElementById("failure");
  const clear = () => place()?.replaceChildren();

  function paragraph(text, className = "") {
    return Object.assign(document.createElement("p"), { textContent: text, className });
  }

  function show(title, text) {
    const close = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button",
      textContent: "Close",
    });
    close.addEventListener("click", clear);
    const row = document.createElement("p");
    row.append(close);
    place().replaceChildren(paragraph(title, "title"), paragraph(text), row);
  }

  const BY_STATUS = {
    413: [
      "That is more than the server takes at once",
      "Shorten what you pasted, then send it again.",
    ],
    429: ["Too many requests at once", "Wait a moment, then send it again."],
    503: ["The server is busy", "Wait a moment, then send it again."],
  };

  function words(xhr) {
    const type = xhr.getResponseHeader("Content-Type") ?? "";
    if (type.includes("html")) {
      const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      const said = page.querySelector("[data-failure] p, main h1 ~ p, main p");
      const title = said?.querySelector("strong") ?? page.querySelector("main h1");
      title?.remove();
      if (title)
        return [title.textContent.trim().replace(/\.$/, ""), said?.textContent.trim() ?? ""];
    }
    return (
      BY_STATUS[xhr.status] ?? [
        `The server answered with error ${xhr.status}`,
        "Send it again; if it fails again, reload the page.",
      ]
    );
  }

  const KEPT = "What you typed is still here.";
  const say = ([title, text]) => show(title, `${text} ${KEPT}`.trim());

  const failed = {
    "htmx:responseError": ({ xhr }) => say(words(xhr)),
    "htmx:sendError": () =>
      say(["The server can't be reached", "Check the connection, then send it again."]),
    "htmx:timeout": () =>
      say(["No answer came in time", "Ask for less at once, or send it again."]),
    "htmx:swapError": () => say(["The answer can't be shown", "Reload the page."]),
    "htmx:targetError": () => say(["The answer can't be shown", "Reload the page."]),
    "htmx:historyCacheMissLoadError": () => show("The page can't be loaded", "Reload it."),
  };
  for (const [name, report] of Object.entries(failed)) {
    document.addEventListener(name, ({ detail }) => report(detail));
  }
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful) clear();
  });
  return show;
})();
