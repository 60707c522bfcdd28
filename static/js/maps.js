// The script of a map is loaded once the map is pointed at or has the focus, or when there are
// policies that this browser watches, which it rings.
(() => {
  "use strict";
  const load = (map) => {
    if (!map) return;
    const src = map.dataset.mapScript;
    delete map.dataset.mapScript;
    document.head.append(Object.assign(document.createElement("script"), { src }));
  };
  const wake = (event) => load(event.target.closest?.("[data-map-script]"));
  document.addEventListener("pointerover", wake);
  document.addEventListener("focusin", wake);
  document.addEventListener("DOMContentLoaded", () => {
    const isWatching = keptTexts.read("policyhub-watching").length > 0;
    if (isWatching) load(document.querySelector("[data-map-script]"));
  });
})();
