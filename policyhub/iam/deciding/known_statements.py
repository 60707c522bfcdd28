"""Statements read and compiled once, however many documents have them, and under whatever Sid."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from policyhub.iam.deciding.statements import CompiledPolicy, CompiledStatement
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.reading.grammar import VERSIONS, read_faultless_statement

# The shortest JSON of a value, in UTF-8. Raises ValueError where there is none.
WriteJson = Callable[[Any], bytes]

_NEWEST = VERSIONS[0]
_USUAL_ELEMENTS = {"Version", "Statement"}
_MOST_DOCUMENTS = 256
_MOST_STATEMENTS = 1_024
_LONGEST_STATEMENT = 4_096

K = TypeVar("K")
V = TypeVar("V")
# Another thread may forget all of it at any moment: whether it is there is not asked beforehand.
_documents: dict[tuple[bytes, Usage], CompiledPolicy | None] = {}
_statements: dict[tuple[bytes, Usage, int], CompiledStatement | None] = {}


def compiled_if_faultless(
    document: dict[str, Any], text: bytes, usage: Usage, write: WriteJson
) -> CompiledPolicy | None:
    """Compile a document, given with its shortest JSON; None if there may be anything to say of it.

    Raises what `write` raises.
    """
    key = text, usage
    with suppress(KeyError):
        return _documents[key]
    return _kept(_documents, _MOST_DOCUMENTS, key, _compiled_document(document, usage, write))


def _kept(kept: dict[K, V], most: int, key: K, value: V) -> V:
    """What was found, kept; once too much is, all of it is found again when it is needed."""
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
    return value


def _compiled_document(
    document: dict[str, Any], usage: Usage, write: WriteJson
) -> CompiledPolicy | None:
    items = document.get("Statement")
    if document.keys() != _USUAL_ELEMENTS or document["Version"] != _NEWEST or not items:
        return None
    compiled: list[CompiledStatement] = []
    sids: set[str] = set()
    for position, item in enumerate(items if isinstance(items, list) else [items]):
        statement = _compiled(item, position, usage, sids, write)
        if statement is None:
            return None
        compiled.append(statement)
    statements = tuple(each.statement for each in compiled)
    return CompiledPolicy(PolicyDocument(_NEWEST, "", statements), compiled)


def _compiled(
    item: object, position: int, usage: Usage, sids: set[str], write: WriteJson
) -> CompiledStatement | None:
    if not isinstance(item, dict):
        return None
    sid = item.get("Sid")
    if sid is None:
        return None if "Sid" in item else _known_statement(item, position, usage, write)
    if not (isinstance(sid, str) and sid.isascii() and sid.isalnum()) or sid in sids:
        return None
    sids.add(sid)
    rest = {name: value for name, value in item.items() if name != "Sid"}
    found = _known_statement(rest, position, usage, write)
    return None if found is None else found.named(sid)


def _known_statement(
    value: dict[str, Any], position: int, usage: Usage, write: WriteJson
) -> CompiledStatement | None:
    """A statement without a Sid; None where there is something to say of it."""
    text = write(value)
    key = text, usage, position
    with suppress(KeyError):
        return _statements[key]
    # What is written with a backslash may be what nothing can store.
    statement = None if b"\\" in text else read_faultless_statement(value, position, usage)
    compiled = None if statement is None else CompiledStatement(statement, _NEWEST)
    if len(text) <= _LONGEST_STATEMENT:
        return _kept(_statements, _MOST_STATEMENTS, key, compiled)
    return compiled
