"""Statements that differ in one element only, which one statement can say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.workbench.documents import values

Json = Any
# Elements that may be joined where all others are equal.
_JOINED = ("Action", "Resource")


@dataclass(frozen=True, slots=True)
class JoinablePair:
    """The positions of two statements, counted from 0, and the element in which they differ."""

    first: int
    second: int
    element: str

    @property
    def message(self) -> str:
        """What is said of it."""
        return (
            f"statements {self.first + 1} and {self.second + 1} differ in `{self.element}` only "
            "and are one"
        )


def joinable_pairs(statements: Sequence[Mapping[str, Json]]) -> Iterator[JoinablePair]:
    """Pairs of statements that are equal but for one element."""
    for element in _JOINED:
        seen: dict[str, int] = {}
        for place, each in enumerate(statements):
            if element not in each:
                continue
            rest = _without(each, element)
            if rest in seen:
                yield JoinablePair(seen[rest], place, element)
            seen.setdefault(rest, place)


def join(statements: list[dict[str, Json]], pair: JoinablePair) -> None:
    """Let the first statement say what both say, and take the second one out."""
    first, second = statements[pair.first], statements[pair.second]
    had = values(first[pair.element])
    first[pair.element] = [*had, *(each for each in values(second[pair.element])
                                   if each not in had)]  # fmt: skip
    del statements[pair.second]


def _without(statement: Mapping[str, Json], element: str) -> str:
    """A statement without an element and its name, whatever the order of keys and values."""
    rest = {
        key: sorted(map(str, values(value))) if key in _JOINED else value
        for key, value in statement.items()
        if key not in (element, "Sid")
    }
    return json.dumps(rest, sort_keys=True)
