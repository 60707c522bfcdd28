"""Places in JSON text: where an element is, found without recursion.

A path names an element as `Statement[1].Condition.StringEquals`; a name that contains a dot, a
bracket, a quote or anything but visible ASCII is written as a JSON string in brackets:
`Statement[0].Condition.StringEquals["accounts.google.com:aud"]`. "" is the whole document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias

Parts: TypeAlias = tuple[str | int, ...]

MAX_MARKS = 500
_LONGEST_NAME_IN_A_PATH = 200
_LEXEMES_AT_A_TIME = 2_000

_LEXEME = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]|[^\s{}\[\]:,"]+', re.DOTALL)
_BRACKETS = frozenset("{}[]")
_OPENING = frozenset("{[")
_CLOSING = frozenset("}]")
_PATH_PART = re.compile(r'\.?([^.\[\]"\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]')
_SPACE = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+"?)|[ \t\r\n]+', re.DOTALL)
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
_PLAIN_NAME = re.compile(r'(?:(?![.\[\]"\\`])[!-~])+')


class Span(NamedTuple):
    """A value's place: its first line and column from 1, its offsets as a slice."""

    line: int
    column: int
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text, its name or index, and where that name is."""

    start: int
    end: int
    part: str | int
    named_at: int | None


@dataclass(slots=True, eq=False)
class ObjectNode(Node):
    """An object; of a repeated name the last member is kept, as the parser does."""

    members: dict[str, Node]


@dataclass(slots=True, eq=False)
class ListNode(Node):
    """A list. Of a plain item only the offset is kept, since there can be 100,000."""

    items: list[Node | int]


class Mark(NamedTuple):
    """A string in the text that the parsed values don't show, or not as what it is."""

    parts: Parts
    text: str
    offset: int


class Outline:
    """Where everything is in a JSON text; text that is not JSON is read as far as possible.

    `repeated_names` and `unstorable_strings` (with a lone surrogate or a NUL, which no database
    and no terminal takes) contain at most `MAX_MARKS` entries each.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.repeated_names: list[Mark] = []
        self.unstorable_strings: list[Mark] = []
        self._look_into_strings = "\\u" in text or not text.isascii()
        self._open: list[ObjectNode | ListNode] = []
        self._plain_items: list[Node | int] | None = None
        self._name = ""
        self._named_at: int | None = None
        self._lexemes: Iterator[re.Match[str]] = _LEXEME.finditer(text)

    def read_all(self) -> Outline:
        """Read the text to its end, so that every mark and every end is known."""
        while self._read_on():
            pass
        return self

    def find(self, parts: Parts) -> Node | None:
        """Return the node that these names and indexes lead to, if there is one.

        The text is read only as far as needed: a list or object may still be open, its end
        unknown, and a name that is repeated further on is found where it is first.
        """
        node = self._walk(parts)
        while node is None and self._read_on():
            node = self._walk(parts)
        return node

    def items(self, node: ListNode) -> list[Node]:
        """Return a list's items as nodes."""
        return [self._item(item, index) for index, item in enumerate(node.items)]

    def _read_on(self) -> bool:
        matches = list(islice(self._lexemes, _LEXEMES_AT_A_TIME))
        for match in matches:
            lexeme, start = match[0], match.start()
            if self._plain_items is not None and lexeme not in _BRACKETS:
                self._plain_items.append(start)
            else:
                self._take(lexeme, start)
            if not self._open:
                self._lexemes = iter(())
                break
        return bool(matches)

    def _walk(self, parts: Parts) -> Node | None:
        node = self.root
        for part in parts:
            node = self._child(node, part)
        return node

    def _child(self, node: Node | None, part: str | int) -> Node | None:
        if isinstance(node, ObjectNode) and isinstance(part, str):
            return node.members.get(part)
        if isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            return self._item(node.items[part], part)
        return None

    def _item(self, item: Node | int, index: int) -> Node:
        if isinstance(item, Node):
            return item
        end = next(_LEXEME.finditer(self.text, item)).end()
        return Node(item, end, index, None)

    def _take(self, lexeme: str, start: int) -> None:
        parent = self._open[-1] if self._open else None
        if lexeme in _CLOSING:
            if parent is not None:
                self._open.pop().end = start + 1
                self._note_the_open_list()
        elif isinstance(parent, ObjectNode) and self._named_at is None:
            self._take_name(_decoded(lexeme), start, parent)
        else:
            self._take_value(lexeme, start, parent)

    def _take_name(self, name: str, start: int, parent: ObjectNode) -> None:
        self._name, self._named_at = name, start
        if name in parent.members and len(self.repeated_names) < MAX_MARKS:
            self.repeated_names.append(Mark(self._parts(name), name, start))
        if self._look_into_strings:
            self._check(name, start, name)

    def _take_value(self, lexeme: str, start: int, parent: ObjectNode | ListNode | None) -> None:
        part = len(parent.items) if isinstance(parent, ListNode) else self._name
        node = self._node(lexeme, start, part)
        if parent is None:
            self.root = node
        elif isinstance(parent, ListNode):
            parent.items.append(node)
        else:
            parent.members[self._name] = node
        self._named_at = None
        if isinstance(node, (ObjectNode, ListNode)):
            self._open.append(node)
            self._note_the_open_list()
        elif self._look_into_strings:
            self._check(_decoded(lexeme), start, part)

    def _node(self, lexeme: str, start: int, part: str | int) -> Node:
        if lexeme == "{":
            return ObjectNode(start, len(self.text), part, self._named_at, {})
        if lexeme == "[":
            return ListNode(start, len(self.text), part, self._named_at, [])
        return Node(start, start + len(lexeme), part, self._named_at)

    def _note_the_open_list(self) -> None:
        """Keep the innermost list at hand while its plain items need no closer look."""
        innermost = self._open[-1] if self._open and not self._look_into_strings else None
        self._plain_items = innermost.items if isinstance(innermost, ListNode) else None

    def _check(self, text: str, start: int, part: str | int) -> None:
        if _UNSTORABLE.search(text):
            self.unstorable_strings.append(Mark(self._parts(part), text, start))
            self._look_into_strings = len(self.unstorable_strings) < MAX_MARKS

    def _parts(self, last: str | int) -> Parts:
        return (*(node.part for node in self._open[1:]), last)


def unstorable_texts(value: object) -> Iterator[tuple[Parts, str]]:
    """Yield each text of a JSON value with a lone surrogate or a NUL, and the path to it.

    A member's name counts as its text; no recursion, so that no nesting is too deep.
    """
    if not _may_be_unstorable(value):
        return
    waiting: list[tuple[Parts, object]] = [((), value)]
    while waiting:
        parts, each = waiting.pop()
        if isinstance(each, str):
            if _UNSTORABLE.search(each):
                yield parts, each
        elif isinstance(each, dict):
            waiting += [((*parts, name), member) for name, member in reversed(each.items())]
            waiting += [((*parts, name), name) for name in reversed(each)]
        elif isinstance(each, list):
            waiting += [((*parts, index), each[index]) for index in reversed(range(len(each)))]


def _may_be_unstorable(value: object) -> bool:
    """False only if no text of a value is: what can't be stored is written with a backslash."""
    try:
        return "\\" in repr(value)
    except RecursionError:
        return True


def without_space(text: str) -> str:
    """Return JSON without the space between its parts; all else stays as written."""
    if not any(each in text for each in " \n\t\r"):
        return text
    return _SPACE.sub(lambda found: found[1] or "", text)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column, both from 1, of an offset into the text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def nested_too_deep_at(text: str, depth: int) -> int | None:
    """Return the offset of the first bracket that is nested deeper than that, if one is."""
    level = 0
    for lexeme in _LEXEME.finditer(text):
        if lexeme[0] in _OPENING:
            level += 1
            if level > depth:
                return lexeme.start()
        elif lexeme[0] in _CLOSING:
            level -= 1
    return None


def locate(text: str, path: str) -> Span | None:
    """Return the place of the value at `path`, or None where there is none."""
    parts = parse_path(path)
    node = Outline(text).read_all().find(parts) if parts is not None else None
    return _span(text, node) if node is not None else None


def statement_spans(text: str) -> tuple[Span, ...]:
    """Return the places of the statements, in order; a single statement object is one."""
    outline = Outline(text).read_all()
    statements = outline.find(("Statement",))
    if statements is None:
        return ()
    nodes = outline.items(statements) if isinstance(statements, ListNode) else [statements]
    return tuple(_span(text, node) for node in nodes)


def format_path(parts: Parts) -> str:
    """Return the path that names these parts; a very long name is cut short."""
    written = "".join(map(_format_part, parts))
    return written.removeprefix(".")


def parse_path(path: str) -> Parts | None:
    """Return the parts that a path names, or None if it is not a path."""
    parts: list[str | int] = []
    position = 0
    while position < len(path):
        part = _PATH_PART.match(path, position)
        if part is None:
            return None
        position = part.end()
        name, index, quoted = part.groups()
        if quoted is not None:
            parts.append(_decoded(quoted))
        else:
            parts.append(name if name is not None else int(index))
    return tuple(parts)


def _format_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    if len(part) > _LONGEST_NAME_IN_A_PATH:
        part = part[:_LONGEST_NAME_IN_A_PATH] + "..."
    if _PLAIN_NAME.fullmatch(part):
        return f".{part}"
    return f"[{json.dumps(part)}]"


def _span(text: str, node: Node) -> Span:
    return Span(*line_and_column(text, node.start), node.start, node.end)


def _decoded(lexeme: str) -> str:
    """Return the text of a JSON string; any other lexeme is returned as it is."""
    if lexeme[:1] != '"':
        return lexeme
    if "\\" not in lexeme:
        return lexeme[1:].removesuffix('"')
    try:
        return str(json.loads(lexeme, strict=False))
    except ValueError:
        return lexeme
