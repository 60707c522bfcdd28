// Loads the editor of documents when one of their fields is first focused, and shows it above the
// fields that contain one; see .ci/editor.
(() => {
  "use strict";
  let loading = null;
  const isField = (element) => element?.matches?.("[data-editor] textarea");

  async function show(...fields) {
    loading ??= import(document.querySelector("[data-editor]").dataset.editor);
    const { edit } = await loading;
    fields.filter((field) => field.isConnected).forEach(edit);
  }

  for (const event of ["focusin", "input"]) {
    document.addEventListener(event, ({ target }) => {
      if (isField(target)) show(target);
    });
  }
  // With an answer come new fields, with the check of a document its problems.
  document.addEventListener("htmx:afterSettle", () => {
    if (loading) show(...document.querySelectorAll("[data-editor] textarea"));
  });
})();
