// What is typed into a field of a curator's form is looked up, or shown as it will be read: sent
// alone, under the name that the server knows, from any row.
(() => {
  "use strict";
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers, parameters } = event.detail;
    const name = elt.dataset.sentAs;
    if (!name) return;
    const { policy } = parameters;
    event.detail.parameters = policy ? { [name]: elt.value, policy } : { [name]: elt.value };
    headers["X-CSRFToken"] = elt.form.elements.csrfmiddlewaretoken.value;
  });

  // A field that has the focus already as it comes to life is answered as one that gets it then.
  document.addEventListener("htmx:load", ({ target }) => {
    const { activeElement } = document;
    if (!activeElement.dataset.sentAs || !target.contains(activeElement)) return;
    window.htmx.trigger(activeElement, "focus");
  });

  // In the admin a row that is added is of a template in which nothing lives yet.
  document.addEventListener("formset:added", (event) => window.htmx.process(event.target));
})();
