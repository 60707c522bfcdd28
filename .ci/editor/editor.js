// An editor above a field for a JSON document: line numbers, colours, and the field's problems where
// they are. The field stays, with its name and what was typed: each follows the other.
//
// It lives in a shadow tree, where CodeMirror adopts its style sheets: a page under a strict policy
// for content takes no <style> element.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const fromField = Annotation.define();
const views = new WeakMap();

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--signal)" },
  { tag: tags.string, color: "var(--read-ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--write-ink)" },
  { tag: [tags.bracket, tags.separator], color: "var(--muted)" },
]);
const theme = EditorView.theme({
  "&": { maxHeight: "320px", background: "var(--surface-1)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--signal)", outlineOffset: "1px" },
  ".cm-scroller": { font: "12px/18px var(--mono)", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-gutters": {
    background: "var(--surface-2)",
    color: "var(--muted)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { background: "var(--surface-3)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { background: "var(--signal-soft)" },
  // In the place of CodeMirror's pictures, which come in addresses that a strict policy refuses.
  ".cm-lint-marker-warning": { content: '""', borderRadius: "4px", background: "var(--write)" },
  ".cm-lint-marker": { width: "8px", height: "8px", margin: "5px 3px" },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--write) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-tooltip": { background: "var(--surface-1)", borderColor: "var(--line)" },
});

const isDocument = (field) => /^\s*[{[]/.test(field.value);

function labelOf(field) {
  const label = field.labels?.[0]?.textContent.trim().replace(/,?\s+/g, " ");
  return label ? `JSON editor: ${label}` : "JSON editor";
}

// What was typed here goes into the field, as if it had been typed there.
function toField(field) {
  return EditorView.updateListener.of((update) => {
    if (!update.docChanged || update.transactions.some((each) => each.annotation(fromField))) return;
    field.value = update.state.doc.toString();
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  });
}

function made(field) {
  const host = document.createElement("div");
  host.className = "editor";
  field.before(host);
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        bracketMatching(),
        highlightActiveLine(),
        json(),
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        theme,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": labelOf(field), spellcheck: "false" }),
        toField(field),
        EditorView.domEventHandlers({
          blur: () => void field.dispatchEvent(new Event("change", { bubbles: true })),
        }),
      ],
    }),
  });
  views.set(field, { host, view });
  return views.get(field);
}

// The places count from the first letter of the document, as the server reads it.
function problemsOf(field, doc) {
  const ahead = doc.toString().match(/^\s*/)[0];
  const before = { lines: ahead.split("\n").length - 1, columns: ahead.split("\n").at(-1).length };
  const remarks = field.closest(".policy-row")?.querySelectorAll("[data-remark]") ?? [];
  return [...remarks].flatMap(({ textContent }) => {
    const found = /^line ([\d,]+), column ([\d,]+): (.*)$/s.exec(textContent.trim());
    if (!found) return [];
    const [number, column] = [found[1], found[2]].map((digits) => Number(digits.replaceAll(",", "")));
    const line = doc.line(Math.min(number + before.lines, doc.lines));
    const from = Math.min(line.from + column - 1 + (number === 1 ? before.columns : 0), line.to);
    return [{ from, to: Math.max(from, line.to), severity: "warning", message: found[3] }];
  });
}

// Shows the editor of a field where a document is in it, as it is in it now.
export function edit(field) {
  const known = views.get(field);
  if (!isDocument(field)) {
    if (known) known.host.hidden = true;
    field.classList.remove("edited");
    return;
  }
  const { host, view } = known ?? made(field);
  host.hidden = false;
  field.classList.add("edited");
  if (view.state.doc.toString() !== field.value)
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: field.value },
      annotations: fromField.of(true),
    });
  view.dispatch(setDiagnostics(view.state, problemsOf(field, view.state.doc)));
}
