"""Rows in memory, narrowed, counted and ordered by the same `Listing` as rows of the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from operator import attrgetter
from typing import Any, cast

from django.db.models.expressions import OrderBy
from django.http import QueryDict

from policyhub.browse.lists.facets import Alone, Option, unknown_value
from policyhub.browse.lists.listing import Listing, ListState
from policyhub.http import (
    ParameterProblem,
    quotable,
)

Predicate = Callable[[Any], bool]
Key = Callable[[Any], Any]


class RowSet:
    """Rows that can be filtered, ordered and paged as a queryset can.

    A column's field is found in `keys`, else it is an attribute of the row.
    """

    def __init__(self, rows: Sequence[Any], keys: Mapping[str, Key] | None = None) -> None:
        self.rows = rows
        self.keys = keys or {}

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: slice) -> Sequence[Any]:
        return self.rows[place]

    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def filter(self, condition: Predicate) -> RowSet:
        """Only the rows that a facet or a text leaves."""
        return RowSet([row for row in self.rows if condition(row)], self.keys)

    def containing(self, text: str, words_of: Callable[[Any], str]) -> RowSet:
        """Only the rows whose words, in lower case, contain every word of `text`."""
        words = text.lower().split()
        if not words:
            return self
        return self.filter(lambda row: all(word in words_of(row) for word in words))

    def order_by(self, *orders: OrderBy) -> RowSet:
        """The rows in this order; what has no value comes last either way."""
        rows = list(self.rows)
        for order in reversed(orders):
            key = self._key(cast(Any, order.expression).name)
            known = [row for row in rows if key(row) is not None]
            unknown = [row for row in rows if key(row) is None] if len(known) < len(rows) else []
            rows = sorted(known, key=key, reverse=order.descending) + unknown
        return RowSet(rows, self.keys)

    def _key(self, name: str) -> Key:
        return self.keys.get(name) or attrgetter(name)


@dataclass(frozen=True)
class RowFacet(Alone):
    """A facet of rows in memory; `labels` has every valid value, in its order."""

    key: str
    label: str
    values: Callable[[Any], Iterable[str]]
    labels: Mapping[str, str]
    details: Mapping[str, str] = field(default_factory=dict)
    is_long: bool = False
    offers_empty: bool = True

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept the valid values, ignoring case."""
        by_lower = {value.lower(): value for value in self.labels}
        wanted = tuple(dict.fromkeys(by_lower.get(value.lower(), value) for value in values))
        problems = [
            unknown_value(self.key, self._complaint(value))
            for value in wanted
            if value not in self.labels
        ]
        return tuple(value for value in wanted if value in self.labels), problems

    def condition(self, values: Sequence[str]) -> Any:
        """The predicate for rows that have one of these values."""
        wanted = set(values)
        return lambda row: not wanted.isdisjoint(self.values(row))

    def options(self, rows: Any, chosen: Sequence[str]) -> list[Option]:
        """Count every value; the most frequent come first in a long facet."""
        counts = Counter(chain.from_iterable(map(self.values, rows)))
        options = [
            Option(value, label, counts[value], value in chosen, self.details.get(value, ""))
            for value, label in self.labels.items()
            if self.offers_empty or counts[value] or value in chosen
        ]
        return sorted(options, key=lambda option: -option.count) if self.is_long else options

    def _complaint(self, value: str) -> str:
        near = get_close_matches(value, self.labels, n=3, cutoff=0.5)
        hint = (
            f"similar values are {', '.join(f'`{each}`' for each in near)}"
            if near
            else "use one of the listed values"
        )
        return f"`{quotable(value)}` is not a value of `{self.key}` on this page: {hint}"


@dataclass(frozen=True)
class VersionedState(ListState):
    """The state of a list on a page of a policy; its links keep the version that is shown."""

    version: str = ""

    @property
    def query(self) -> str:
        """The canonical query string, the version first."""
        own = super().query
        if not self.version:
            return own
        return f"version={self.version}&{own}" if own else f"version={self.version}"

    def cleared(self) -> VersionedState:
        """This list with all its rows, sorted as it is."""
        return VersionedState(sort=self.sort, version=self.version)


def read_state(
    listing: Listing, query: QueryDict, version: str = "", aside: Iterable[str] = ()
) -> ListState:
    """Read a query string that may also name a version, which is `version` as links have it.

    `arn` is what `policy_by_arn` adds.

    The parameters `aside` are the page's own and no concern of the list's.
    """
    own = query.copy()
    for key in ("version", "arn", *aside):
        own.pop(key, None)
    state = listing.read_state(own)
    return VersionedState(**{**vars(state), "version": version}) if version else state
