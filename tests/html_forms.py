"""What a browser sends for a form of a page that nobody touched."""

from __future__ import annotations

from html.parser import HTMLParser


class _Forms(HTMLParser):
    """The fields of every form of a page, by the form's id or place."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, list[str]]] = {}
        self.fields: dict[str, list[str]] | None = None
        self.textarea = self.select = ""
        self.text: list[str] = []
        self.chosen: list[str] = []
        self.options: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.fields = self.forms.setdefault(given.get("id", str(len(self.forms))), {})
        elif tag == "textarea":
            self.textarea, self.text = given.get("name", ""), []
        elif tag == "select":
            self.select, self.chosen, self.options = given.get("name", ""), [], []
            self.is_multiple = "multiple" in given
        elif tag == "option" and self.select:
            self.options.append(given.get("value", ""))
            if "selected" in given:
                self.chosen.append(given.get("value", ""))
        elif tag == "input":
            self._take_input(given)

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.fields = None
        elif tag == "textarea" and self.textarea:
            # Line ends as browsers send them; the first one in a textarea's text is left out.
            text = "".join(self.text).removeprefix("\n").replace("\n", "\r\n")
            self._put(self.textarea, text)
            self.textarea = ""
        elif tag == "select" and self.select:
            first = [] if self.is_multiple else self.options[:1]
            for value in self.chosen or first:
                self._put(self.select, value)
            self.select = ""

    def _take_input(self, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if not name or kind in ("submit", "button", "image", "reset") or "disabled" in given:
            return
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        self._put(name, given.get("value", "on" if kind in ("checkbox", "radio") else ""))

    def _put(self, name: str, value: str) -> None:
        if self.fields is not None:
            self.fields.setdefault(name, []).append(value)


def form_of(html: str, form_id: str) -> dict[str, list[str]]:
    """The fields of one form, each with its values."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms[form_id]
