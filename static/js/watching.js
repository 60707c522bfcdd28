// The watched policies and scenarios: which this browser remembers. The list itself is in the address.
(() => {
  "use strict";
  const KEY = "policyhub-watching";
  const FILES = "policyhub-watching-scenarios";
  const root = document.querySelector("[data-watching]");
  if (!root) return;
  const asked = new URLSearchParams(location.search);
  const shown = { names: asked.getAll("policy"), files: asked.getAll("scenarios") };
  const added = { names: asked.getAll("add"), files: asked.getAll("add-scenarios") };
  const kept = { names: keptTexts.read(KEY), files: keptTexts.read(FILES) };
  const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const isAny = ({ names, files }) => names.length + files.length > 0;

  function keep({ names, files }) {
    keptTexts.write(KEY, names);
    keptTexts.write(FILES, files);
  }
  function go({ names, files }) {
    const query = new URLSearchParams();
    for (const name of names) query.append("policy", name);
    for (const file of files) query.append("scenarios", file);
    if (asked.has("since")) query.set("since", asked.get("since"));
    location.replace(`${location.pathname}?${query}${location.hash}`);
  }

  if (added.names.length) {
    const list = { names: [...new Set([...kept.names, ...added.names])], files: kept.files };
    keep(list);
    return go(list);
  }
  // Of a list that somebody else made no more is remembered than what is asked for.
  if (added.files.length) {
    const list = { names: shown.names, files: added.files };
    if (isSame(kept.names, shown.names)) keep(list);
    return go(list);
  }
  if (!isAny(shown) && isAny(kept)) return go(kept);
  const button = root.querySelector("[data-watch-keep]");
  if (button && !isSame(kept, shown)) {
    button.hidden = false;
    button.addEventListener("click", () => {
      keep(shown);
      button.hidden = true;
      document.getElementById("announcement").textContent = "This browser remembers the list";
    });
  }
  root.addEventListener("click", ({ target }) => {
    const name = target.closest("[data-watch-remove]")?.dataset.watchRemove;
    if (name) keep({ names: kept.names.filter((each) => each !== name), files: kept.files });
    else if (target.closest("[data-watch-forget]")) keep({ names: kept.names, files: [] });
  });
})();
