"""A facet of numbers: one, from one to another, or from one on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, Expression, F, Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from policyhub.browse.lists.facets import Alone, Option, StoredRows, unknown_value
from policyhub.http import ParameterProblem, quotable

_RANGE = re.compile(r"(\d{1,6})(-(\d{1,6})?)?", re.ASCII)


class NumberRange(NamedTuple):
    """Numbers from `first` to `last`, both included; None for no end."""

    first: int
    last: int | None

    @property
    def value(self) -> str:
        """The range as addresses have it."""
        if self.last is None:
            return f"{self.first}-"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def label(self) -> str:
        """The range as people read it."""
        if self.last is None:
            return f"{self.first:,} or more"
        if self.first == self.last:
            return f"{self.first:,}"
        return f"{self.first:,} to {self.last:,}"

    def contains(self, number: int) -> bool:
        """Whether a number is among them."""
        return self.first <= number and (self.last is None or number <= self.last)


def read_range(text: str) -> NumberRange | None:
    """Read `3`, `3-5` or `3-`; None for anything else."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first = int(found[1])
    last = None if found[2] == "-" else int(found[3] or first)
    return NumberRange(first, last) if last is None or first <= last else None


@dataclass(frozen=True)
class RangeFacet(Alone):
    """A facet of what rows count; nothing is offered in the rail but what is chosen."""

    key: str
    label: str
    number: Expression | F
    is_long: bool = False

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept numbers and ranges of numbers."""
        found = {value: read_range(value) for value in values}
        good = dict.fromkeys(each.value for each in found.values() if each)
        return tuple(good), [
            unknown_value(
                self.key, f"`{quotable(value)}` is not a range: write it like `3`, `3-9` or `3-`"
            )
            for value, each in found.items()
            if each is None
        ]

    def condition(self, values: Sequence[str]) -> Q:
        """The rows of any of these ranges."""
        ranges = filter(None, map(read_range, values))
        return reduce(or_, map(self._within, ranges), Q())

    def _within(self, numbers: NumberRange) -> Q:
        found = Q(GreaterThanOrEqual(self.number, numbers.first))
        if numbers.last is not None:
            found &= Q(LessThanOrEqual(self.number, numbers.last))
        return found

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """What is chosen, with how many rows it has."""
        if not chosen:
            return []
        counts = rows.order_by().aggregate(
            **{
                f"range_{place}": Count("pk", filter=self.condition([value]))
                for place, value in enumerate(chosen)
            }
        )
        ranges = [(value, read_range(value)) for value in chosen]
        return [
            Option(value, each.label if each else value, count, True)
            for (value, each), count in zip(ranges, counts.values(), strict=True)
        ]
