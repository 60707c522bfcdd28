// The watched policies: which this browser remembers. The list itself is in the address.
(() => {
  "use strict";
  const KEY = "policyhub-watching";
  const root = document.querySelector("[data-watching]");
  if (!root) return;
  const shown = [...new URLSearchParams(location.search).getAll("policy")];
  const added = new URLSearchParams(location.search).getAll("add");
  const address = (names) =>
    `${location.pathname}?${names.map((name) => `policy=${encodeURIComponent(name)}`).join("&")}`;

  function go(names) {
    keptTexts.write(KEY, names);
    location.replace(names.length ? address(names) : location.pathname);
  }

  const kept = keptTexts.read(KEY);
  const names = [...new Set([...kept, ...added])];
  if (added.length) return go(names);
  if (!shown.length && kept.length) return go(kept);
  const keep = root.querySelector("[data-watch-keep]");
  if (keep && JSON.stringify(kept) !== JSON.stringify(shown)) {
    keep.hidden = false;
    keep.addEventListener("click", () => {
      keptTexts.write(KEY, shown);
      keep.hidden = true;
      document.getElementById("announcement").textContent = "This browser remembers the list";
    });
  }
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-watch-remove]");
    if (link)
      keptTexts.write(
        KEY,
        kept.filter((name) => name !== link.dataset.watchRemove),
      );
  });
})();
