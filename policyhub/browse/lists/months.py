"""Months: a facet of the calendar, and the run of months that a chart shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from policyhub.browse.lists.facets import Alone, Option, StoredRows, unknown_value
from policyhub.http import ParameterProblem

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def month_begin(value: str) -> date:
    """The first day of a month written like `2026-09`."""
    return date.fromisoformat(f"{value}-01")


def month_after(month: date) -> date:
    """The first day of the following month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def each_month(first: date, last: date) -> Iterator[date]:
    """The first days of all months from one to another, both included."""
    while first <= last:
        yield first
        first = month_after(first)


@dataclass(frozen=True)
class MonthFacet(Alone):
    """A facet of the months in which something happened; the newest come first."""

    key: str
    label: str
    path: str
    is_long: bool = True

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept months written like `2026-09`."""
        good = [value for value in values if MONTH.fullmatch(value) and "0001" <= value < "9999"]
        return tuple(good), [
            unknown_value(self.key, f"`{value}` is not a month: write it like `2026-09`")
            for value in values
            if value not in good
        ]

    def condition(self, values: Sequence[str]) -> Q:
        """The rows of any of these months."""
        return reduce(or_, (self._in_month(month_begin(value)) for value in values), Q())

    def _in_month(self, month: date) -> Q:
        return Q(**{f"{self.path}__gte": month, f"{self.path}__lt": month_after(month)})

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """Count the rows of each month that has any, and of those chosen."""
        days = rows.order_by().values_list(self.path).annotate(count=Count("pk"))
        counts: Counter[str] = Counter()
        for day, count in days:
            # SQLite asks Python for the month of every row, which takes longer than all else.
            counts[f"{day:%Y-%m}"] += count
        return [
            Option(value, f"{month_begin(value):%B %Y}", counts.get(value, 0), value in chosen)
            for value in sorted({*counts, *chosen}, reverse=True)
        ]
