"""The index of the search: what it answers, wherever the texts are kept.

Every word of a query must be in an entry, anywhere in its texts, ignoring case. What is
found is ranked: a full name, then the beginning of a name, then a part of one, then a text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from policyhub.http import ParameterProblem
from policyhub.search.finding.entries import Entry, Group, Text
from policyhub.search.finding.query import Query


@dataclass(frozen=True, slots=True)
class OperatorValue:
    """A value of an operator, and how many of the results have it."""

    operator: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that is found nowhere, and the one that was searched for instead."""

    word: str
    instead: str


# Of how many entries the actions and resources are looked at, to offer the most frequent.
LOOKED_AT = 300
PROPOSED = 5


class Proposing(Protocol):
    """What proposes values: an entry, or as much of it as is needed for that."""

    @property
    def actions(self) -> Sequence[str]:
        """The action patterns that it is about."""

    @property
    def resources(self) -> Sequence[str]:
        """The resource patterns in it."""


# What an entry proposes as values of operators that have too many to count them all.
PROPOSALS: dict[str, Callable[[Proposing], Iterable[str]]] = {
    "action": lambda entry: (each for each in entry.actions if "*" not in each and "?" not in each),
    "resource": lambda entry: entry.resources,
}


class CountedOptions(ABC):
    """Offers the values of operators: all of them, or those that the first entries propose."""

    @abstractmethod
    def counted_by(self, operator: str) -> Counter[str]:
        """How many of the entries that were found have each value of an operator."""

    @abstractmethod
    def proposed(self, operator: str) -> Counter[str]:
        """The values that the first entries propose, each counted over all."""

    def options(self, operators: Iterable[str]) -> dict[str, list[OperatorValue]]:
        """The values that the results have, by operator, the most frequent first."""
        return {operator: list(self._options(operator)) for operator in operators}

    def _options(self, operator: str) -> Iterator[OperatorValue]:
        counted = self.proposed(operator) if operator in PROPOSALS else self.counted_by(operator)
        for value, count in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
            if count:
                yield OperatorValue(operator, value, count)


class Hits(Protocol):
    """What a query found."""

    @property
    def query(self) -> Query:
        """The query that was answered, misspelt words corrected."""

    @property
    def problems(self) -> Sequence[ParameterProblem]:
        """What in the query means nothing here, and how to fix it."""

    @property
    def corrections(self) -> Sequence[Correction]:
        """The words that were corrected."""

    def counts(self) -> Mapping[Group, int]:
        """How many entries of each group were found, groups without any left out."""

    def page(self, group: Group, start: int, stop: int) -> list[Entry]:
        """Some of a group's entries, the best first."""

    def options(self, operators: Iterable[str]) -> dict[str, list[OperatorValue]]:
        """The values that the results have, by operator, the most frequent first."""


class Index(Protocol):
    """Something that finds entries."""

    def find(self, query: Query) -> Hits:
        """Find what a query asks for."""

    def named(self, text: str, groups: Sequence[Group]) -> Entry | None:
        """The entry that is called so, ignoring case; of several that of the first group."""


def reason(entry: Entry, words: Sequence[str]) -> Text | None:
    """The text because of which an entry was found, if its name does not show it.

    It is the text with the most of the words that the name lacks.
    """
    name = entry.name.lower()
    missing = [word for word in words if word not in name]
    if not missing:
        return None
    called = "Sid" if entry.statement else "name"
    others = [(called, each) for each in entry.names[1:]]
    texts = [*others, *entry.texts]
    counted = [sum(word in text.lower() for word in missing) for _, text in texts]
    most = max(counted, default=0)
    return texts[counted.index(most)] if most else None
