"""A document that is over its quota as several that are not, and that allow the same together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyhub.iam.language.elements import Usage
from policyhub.workbench.documents import (
    characters,
    read_document,
    statements_of,
    values,
    with_statements,
)
from policyhub.workbench.minimising.same_saying import says_the_same

Json = Any


class UnsplittableError(ValueError):
    """A statement that is over the quota even with one action on one resource."""


def split(document: Mapping[str, Json], quota: int) -> list[Json]:
    """The document's statements in as few documents as fit one after the other.

    Each has at most `quota` characters without white space. Attached together to one caller
    they allow what the document allows: an Allow or a Deny counts wherever it stands. Raises
    `UnsplittableError`.
    """
    parts: list[Json] = []
    gathered: list[Json] = []
    for statement in _small_enough(document, quota):
        if gathered and _size(document, [*gathered, statement]) > quota:
            parts.append(with_statements(document, gathered))
            gathered = []
        gathered.append(statement)
    return [*parts, with_statements(document, gathered)]


def say_together(parts: Sequence[Json], document: Json, usage: Usage) -> bool:
    """Whether it is seen that documents attached together say what one says."""
    statements = [each for part in parts for each in statements_of(part)]
    texts = (json.dumps(each) for each in ({**document, "Statement": statements}, document))
    together, alone = (read_document(each, usage)[0] for each in texts)
    return says_the_same(together, alone)


def _small_enough(document: Mapping[str, Json], quota: int) -> Iterator[Json]:
    waiting = statements_of(document)
    while waiting:
        statement = waiting.pop(0)
        if _size(document, [statement]) <= quota:
            yield statement
        else:
            waiting[:0] = _halves(statement)


def _size(document: Mapping[str, Json], statements: Sequence[Json]) -> int:
    return characters(with_statements(document, statements))


def _halves(statement: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Two statements that say together what one says: of its longest list each has a half.

    A list of what is not meant can't be cut: two such statements would mean more.
    """
    lists = [key for key in ("Action", "Resource") if len(values(statement.get(key, []))) > 1]
    if not lists:
        raise UnsplittableError("a statement is longer than the quota and has no list to cut")
    longest = max(lists, key=lambda key: characters(statement[key]))
    items = values(statement[longest])
    middle = len(items) // 2
    first, second = ({**statement, longest: half} for half in (items[:middle], items[middle:]))
    return [first, {key: value for key, value in second.items() if key != "Sid"}]
