// A comparison that goes on by itself comes again as a whole, from a server that doesn't know what
// its reader has opened meanwhile: the request names it, and what changes while it is answered is
// done again.
(() => {
  "use strict";
  const goesOn = ({ requestConfig, elt }) =>
    (requestConfig?.elt ?? elt).matches("#answer [hx-trigger^=load]");
  const services = () => [...document.querySelectorAll("tbody[id^='service-']")];
  const isOpen = (service) => service.querySelector("tr:not(.service)") !== null;
  const link = (service) => service.querySelector("[id^='open-'][hx-get]");

  const opened = (service) =>
    `${service.id.slice("service-".length)}:${service.querySelectorAll("[scope=row]").length}`;

  const shown = () =>
    document.querySelector("tbody[id^='services.']")?.id.slice("services.".length) ??
    services().length;

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!goesOn(detail)) return;
    const address = new URL(detail.path, location);
    address.searchParams.set("open", services().filter(isOpen).map(opened).join());
    address.searchParams.set("services", shown());
    detail.path = address.pathname + address.search;
  });

  // Of several pairs the same may be said.
  const name = (details) =>
    `${details.closest("li")?.querySelector("a[href]")?.href} ${details.firstElementChild.textContent}`;

  let before;

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!goesOn(detail)) return;
    // One whose link was followed has no answer yet, and its place goes.
    const isWanted = (each) => isOpen(each) !== !!link(each)?.matches(".htmx-request");
    const details = document.querySelectorAll("#answer details[open]");
    before = {
      services: new Map(services().map((each) => [each.id, isWanted(each)])),
      details: new Set([...details].map(name)),
    };
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (!goesOn(detail)) return;
    for (const details of document.querySelectorAll("#answer details"))
      if (before.details.has(name(details))) details.open = true;
  });
  // Only now do links ask for a part of the page.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (!goesOn(detail)) return;
    for (const service of services())
      if ((before.services.get(service.id) ?? isOpen(service)) !== isOpen(service))
        link(service)?.click();
    before.services.clear();
  });
})();
