"""JSON text to plain values; what is odd about the text is a problem, never an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from policyhub.iam.reading.json_decoding import Json, json_decoder
from policyhub.iam.reading.json_text import Outline, nested_too_deep_at
from policyhub.iam.reading.problem_collector import ProblemCollector

MAX_DOCUMENT_BYTES = 256 * 1024
MAX_DEPTH = 100

_BYTE_ORDER_MARK = "\ufeff"
_NUL_OR_SURROGATE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
_OUTSIDE_LATIN_1 = re.compile(r"[^\t\n\r\x20-\xff]")

_REMOVE_LAST_COMMA = "remove the comma after the last item"
_HINTS: Mapping[str, str] = {
    "Expecting value": "write a value, such as an object, a list or a string in double quotes",
    "Expecting property name": "write a name in double quotes",
    "Expecting ':'": "put a colon between the name and its value",
    "Expecting ','": "put a comma between two items, or close the list or object",
    "Extra data": "remove what follows the end of the document",
    "Unterminated string": "close the string that starts here with a double quote",
    "Invalid control character": "write a line end or tab within a string as `\\n` or `\\t`",
    "Invalid \\escape": "write a backslash within a string as `\\\\`",
    "Invalid \\uXXXX escape": "write four hexadecimal digits after `\\u`",
    "Illegal trailing comma": _REMOVE_LAST_COMMA,
}


class JsonDocument(NamedTuple):
    """A text's value and where everything is in it; `value` is None if not `readable`."""

    outline: Outline
    value: Json
    readable: bool


def read_json_document(text: str | bytes, problems: ProblemCollector) -> JsonDocument:
    """Read a JSON text; what is wrong with the text itself is added to the problems."""
    if len(text) > MAX_DOCUMENT_BYTES:
        return _too_large(len(text), problems)
    source = _decoded(text, problems) if isinstance(text, bytes) else text
    if problems.has_errors:
        return _unreadable(source)
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_DOCUMENT_BYTES:
        return _too_large(size, problems)
    return _read_source(source, problems)


def _too_large(size: int, problems: ProblemCollector) -> JsonDocument:
    problems.add("document-too-large", (), found=size, limit=MAX_DOCUMENT_BYTES)
    return _unreadable("")


def _unreadable(source: str) -> JsonDocument:
    return JsonDocument(Outline(source), None, readable=False)


def _decoded(text: bytes, problems: ProblemCollector) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = len(text[: error.start].decode("utf-8"))
        problems.add("not-utf-8", (), offset=offset, found=f"0x{text[error.start]:02X}")
        return text.decode("utf-8", errors="replace")


def _read_source(source: str, problems: ProblemCollector) -> JsonDocument:
    outline = Outline(source)
    repeated: list[str] = []
    try:
        value: Json = json_decoder(repeated.append, numbers_as_written=True).decode(source)
    except json.JSONDecodeError as error:
        _add_syntax_problem(source, error, problems)
    except RecursionError:
        offset = nested_too_deep_at(source, MAX_DEPTH)
        problems.add("nested-too-deep", (), offset=offset, limit=MAX_DEPTH)
    else:
        _add_repeated_names(outline, bool(repeated), problems)
        _add_odd_characters(outline, problems)
        return JsonDocument(outline, value, readable=True)
    return JsonDocument(outline, None, readable=False)


def _add_syntax_problem(
    source: str, error: json.JSONDecodeError, problems: ProblemCollector
) -> None:
    if not source.strip():
        problems.add("empty-document", ())
    elif source.startswith(_BYTE_ORDER_MARK):
        problems.add("byte-order-mark", (), offset=0)
    else:
        offset, hint = _place_and_hint(source, error)
        problems.add("not-json", (), offset=offset, hint=hint)


def _place_and_hint(source: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Return where the text stops being JSON and what to do; Pythons differ on a last comma."""
    before = source[: error.pos].rstrip()
    if before.endswith(",") and source[error.pos : error.pos + 1] in ("}", "]"):
        return len(before) - 1, _REMOVE_LAST_COMMA
    hints = (hint for start, hint in _HINTS.items() if error.msg.startswith(start))
    return error.pos, next(hints, error.msg.lower())


def _add_repeated_names(outline: Outline, repeating: bool, problems: ProblemCollector) -> None:
    if repeating:
        for mark in outline.read_all().repeated_names:
            problems.add("duplicate-key", mark.parts, offset=mark.offset, name=mark.text)


def _add_odd_characters(outline: Outline, problems: ProblemCollector) -> None:
    source = outline.text
    if source.isascii() and "\\u" not in source:
        return
    seen: set[str] = set()
    for match in _OUTSIDE_LATIN_1.finditer(source):
        if match[0] not in seen:
            seen.add(match[0])
            problems.add("character-outside-latin-1", (), offset=match.start(), text=match[0])
    if _NUL_OR_SURROGATE.search(source):
        for mark in outline.read_all().unstorable_strings:
            problems.add("unstorable-character", mark.parts, offset=mark.offset, text=mark.text)
