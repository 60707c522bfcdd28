"""Carrying out a fix: on the value of a document, or on its text with all else left as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from policyhub.iam.reading.json_text import (
    ListNode,
    Node,
    ObjectNode,
    Outline,
    Parts,
    parse_path,
)
from policyhub.judge.reporting.finding import Edit, Fix

Json = Any


@dataclass(frozen=True, slots=True)
class TextEdit:
    """What replaces a slice of a text, from `start` to before `end`."""

    start: int
    end: int
    text: str


class UnusableFixError(ValueError):
    """An edit whose place the document lacks."""


def fixed(document: Json, fix: Fix) -> Json:
    """A copy of a document's value with a fix carried out. Raises `UnusableFixError`."""
    # Not by `deepcopy`, which keeps parts shared that the document has twice.
    made = json.loads(json.dumps(document))
    for edit in sorted(fix.edits, key=_removals_last_and_backwards):
        _carry_out(made, edit)
    return made


def text_edits(outline: Outline, fix: Fix) -> tuple[TextEdit, ...]:
    """The same for a text: slices that don't overlap, in the order of the text.

    Empty where the edits can't be made apart, as when several items of one list are removed.
    Raises `UnusableFixError`.
    """
    outline.read_all()
    edits = sorted((_text_edit(outline, each) for each in fix.edits), key=lambda each: each.start)
    overlaps = any(one.end > other.start for one, other in pairwise(edits))
    return () if overlaps else tuple(edits)


def edited(text: str, edits: Iterable[TextEdit]) -> str:
    """A text after edits."""
    for each in sorted(edits, key=lambda each: -each.start):
        text = text[: each.start] + each.text + text[each.end :]
    return text


def _removals_last_and_backwards(edit: Edit) -> tuple[bool, tuple[tuple[int, int, str], ...]]:
    """An order in which no edit moves the place of a later one."""
    return edit.kind in ("remove", "rename"), tuple(
        (-part if isinstance(part, int) else 0, isinstance(part, str), str(part))
        for part in _place_of_edit(edit)
    )


def _place_of_edit(edit: Edit) -> Parts:
    parts = parse_path(edit.path)
    if not parts:
        raise UnusableFixError(f"no place to edit at `{edit.path}`")
    return parts


def _carry_out(document: Json, edit: Edit) -> None:
    parts = _place_of_edit(edit)
    try:
        parent = _made(document, parts[:-1]) if edit.kind == "add" else _at(document, parts[:-1])
        last: Any = parts[-1]
        if edit.kind == "remove":
            del parent[last]
        elif edit.kind == "rename":
            _rename(parent, last, edit.value)
        else:
            _put_value(parent, last, edit)
    except (AttributeError, LookupError, TypeError) as error:
        raise UnusableFixError(f"no place to edit at `{edit.path}`") from error


def _at(document: Json, parts: Parts) -> Json:
    for part in parts:
        document = document[part]
    return document


def _made(document: Json, parts: Parts) -> Json:
    """The object at a place, with those made that are missing on the way."""
    for part in parts:
        document = document.setdefault(part, {}) if isinstance(document, dict) else document[part]
    return document


def _put_value(parent: Json, last: Any, edit: Edit) -> None:
    """Put a value in its place; only `add` may make that place."""
    if edit.kind == "replace":
        _ = parent[last]
    parent[last] = edit.value


def _rename(parent: dict[str, Json], name: str, new: str) -> None:
    """Give a member another name and let it keep its place."""
    _ = parent[name]
    members = [(new if each == name else each, value) for each, value in parent.items()]
    parent.clear()
    parent.update(members)


def _text_edit(outline: Outline, edit: Edit) -> TextEdit:
    parts = _place_of_edit(edit)
    if edit.kind == "add":
        return _addition(outline, parts, edit.value)
    node = outline.find(parts)
    if node is None:
        raise UnusableFixError(f"no place to edit at `{edit.path}`")
    if edit.kind == "replace":
        return TextEdit(node.start, node.end, _as_json(edit.value))
    if edit.kind == "rename" and node.named_at is not None:
        _, end = json.JSONDecoder().raw_decode(outline.text, node.named_at)
        return TextEdit(node.named_at, end, _as_json(edit.value))
    return _removal(outline, parts, node)


def _addition(outline: Outline, parts: Parts, value: Json) -> TextEdit:
    """A member at the start of the nearest object that is there, with what leads to it."""
    depth = len(parts) - 1
    while (node := outline.find(parts[:depth])) is None and depth:
        depth -= 1
    if not isinstance(node, ObjectNode):
        raise UnusableFixError("no object to add to")
    for part in reversed(parts[depth + 1 :]):
        value = {part: value}
    comma = ", " if node.members else ""
    place = node.start + 1
    return TextEdit(place, place, f"{_as_json(parts[depth])}: {_as_json(value)}{comma}")


def _removal(outline: Outline, parts: Parts, node: Node) -> TextEdit:
    """An element with the comma that parted it from its neighbour."""
    parent = outline.find(parts[:-1])
    siblings = _siblings(outline, parent)
    start = node.start if node.named_at is None else node.named_at
    place = next(at for at, each in enumerate(siblings) if each.start == node.start)
    if place + 1 < len(siblings):
        following = siblings[place + 1]
        return TextEdit(start, _begins(following), "")
    if place:
        return TextEdit(siblings[place - 1].end, node.end, "")
    return TextEdit(start, node.end, "")


def _siblings(outline: Outline, parent: Node | None) -> list[Node]:
    if isinstance(parent, ListNode):
        return outline.items(parent)
    return list(parent.members.values()) if isinstance(parent, ObjectNode) else []


def _begins(node: Node) -> int:
    return node.start if node.named_at is None else node.named_at


def _as_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
