"""The change log by year, drawn: how many changes, and on top those that take something away.

Coordinates are pixels of the picture's `viewBox`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse

from policyhub.browse.changes.calendar import ADDING, OTHER, TAKING, kinds_by_month
from policyhub.browse.lists.listing import ListState
from policyhub.catalog.models import ChangelogEntry

WIDTH, HEIGHT = 420, 168
_TOP, _FLOOR, _SHARE, _WIDEST = 16, 132, 0.76, 44.0


class YearPart(NamedTuple):
    """What a bar has of one kind."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class YearBar:
    """A year: its bar, the middle of it, how many changes it has, and how many take something."""

    year: int
    x: float
    width: float
    count: int
    taking: int
    parts: tuple[YearPart, ...]

    @property
    def middle(self) -> float:
        """The middle of the bar."""
        return round(self.x + self.width / 2, 1)

    @property
    def top(self) -> float:
        """Where its number stands."""
        return min((part.y for part in self.parts), default=_FLOOR) - 4

    @property
    def url(self) -> str:
        """The list of its changes."""
        days = {"since": (f"{self.year}-01-01",), "until": (f"{self.year}-12-31",)}
        return reverse("browse:changes") + ListState(chosen=days).url

    @property
    def in_words(self) -> str:
        """What the bar says."""
        changes = f"{self.year}: {self.count:,} change{'' if self.count == 1 else 's'}"
        return f"{changes}, {self.taking:,} of which took something away"


@dataclass(frozen=True)
class YearChart:
    """The bars of all years from the first with a change to the last."""

    bars: tuple[YearBar, ...]
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = _FLOOR

    @property
    def count(self) -> int:
        """How many changes there are."""
        return sum(bar.count for bar in self.bars)

    @property
    def taking(self) -> int:
        """How many of them took something away."""
        return sum(bar.taking for bar in self.bars)


def changes_by_year() -> YearChart:
    """The whole change log, documented and observed."""
    years: dict[int, dict[str, int]] = {}
    for month, kinds in kinds_by_month(ChangelogEntry.objects.all()).items():
        sums = years.setdefault(int(month[:4]), dict.fromkeys((ADDING, OTHER, TAKING), 0))
        for kind, count in kinds.items():
            sums[kind] += count
    return year_chart(years)


def year_chart(years: Mapping[int, Mapping[str, int]]) -> YearChart:
    """Draw how many changes of each kind there are by year; a year without any has no bar."""
    if not years:
        return YearChart(())
    listed = range(min(years), max(years) + 1)
    column = min(WIDTH / len(listed), _WIDEST)
    most = max(sum(kinds.values()) for kinds in years.values())
    unit = (_FLOOR - _TOP) / max(most, 1)
    return YearChart(
        tuple(
            _bar(year, years.get(year, {}), place * column, column * _SHARE, unit)
            for place, year in enumerate(listed)
        )
    )


def _bar(year: int, kinds: Mapping[str, int], x: float, width: float, unit: float) -> YearBar:
    parts: list[YearPart] = []
    below = 0
    for kind in (ADDING, OTHER, TAKING):
        if count := kinds.get(kind, 0):
            below += count
            parts.append(YearPart(kind, round(_FLOOR - below * unit, 1), round(count * unit, 1)))
    return YearBar(year, round(x, 1), round(width, 1), below, kinds.get(TAKING, 0), tuple(parts))
