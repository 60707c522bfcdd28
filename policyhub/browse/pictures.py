"""The geometry of the pictures in pages: numbers in, rectangles out.

Coordinates are in user units of the SVG's `viewBox`; the colours are the style sheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

LEVEL_BAR_WIDTH = 240
LEVEL_BAR_HEIGHT = 14
# No level that is granted at all is thinner than can be seen.
NARROWEST_STEP = 4
STEP_GAP = 1


@dataclass(frozen=True)
class Level:
    """An access level, its short name as a key, and how tall its step is."""

    name: str
    key: str
    height: int


LEVELS = (
    Level("List", "list", 4),
    Level("Read", "read", 6),
    Level("Write", "write", 10),
    Level("Permissions management", "permissions", 14),
    Level("Tagging", "tagging", 8),
)


@dataclass(frozen=True)
class LevelStep:
    """One access level's rectangle in a bar."""

    level: str
    x: float
    y: int
    width: float
    height: int


@dataclass(frozen=True)
class LevelBar:
    """A stacked bar and what it says in words."""

    label: str
    steps: tuple[LevelStep, ...]
    width: int = LEVEL_BAR_WIDTH


def level_bar(counts: Mapping[str, int], scale: int | None = None) -> LevelBar:
    """Draw how many actions of each access level there are.

    `counts` is keyed by the levels' names or short keys. `scale` is the total that would fill
    the whole width; without it the bar's own total does.
    """
    found = [(level, counts.get(level.name) or counts.get(level.key) or 0) for level in LEVELS]
    granted = [(level, count) for level, count in found if count]
    label = ", ".join(f"{level.name} {count}" for level, count in granted) or "No actions"
    whole = max(scale or 0, sum(count for _, count in granted))
    steps: list[LevelStep] = []
    x = 0.0
    room = LEVEL_BAR_WIDTH - len(granted) * (NARROWEST_STEP + STEP_GAP)
    for level, count in granted:
        width = round(NARROWEST_STEP + room * count / whole, 1)
        y = LEVEL_BAR_HEIGHT - level.height
        steps.append(LevelStep(level.name, round(x, 1), y, width, level.height))
        x += width + STEP_GAP
    return LevelBar(label, tuple(steps))


MONTHS_WIDTH = 960
MONTHS_HEIGHT = 132
MONTHS_TOP = 14
MONTHS_FLOOR = 112


@dataclass(frozen=True)
class MonthBar:
    """One month's bar; `left` and `step` span the month's whole column."""

    month: date
    count: int
    url: str
    left: float
    step: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class MonthChart:
    """Bars by month, the lines to read them by, and where each year begins."""

    most: int
    bars: tuple[MonthBar, ...]
    lines: tuple[dict[str, float], ...]
    years: tuple[dict[str, float], ...]
    width: int = MONTHS_WIDTH
    height: int = MONTHS_HEIGHT
    floor: int = MONTHS_FLOOR


def month_chart(months: Iterable[Mapping[str, Any]]) -> MonthChart:
    """Draw a count by month; each month is a mapping with `month`, `count` and maybe `url`."""
    rows = list(months)
    most = max((row["count"] for row in rows), default=0)
    step = MONTHS_WIDTH / max(len(rows), 12)
    unit = (MONTHS_FLOOR - MONTHS_TOP) / max(most, 1)
    bars = tuple(_month_bar(row, index, step, unit) for index, row in enumerate(rows))
    values = sorted({0, most // 2, most})
    return MonthChart(
        most=most,
        bars=bars,
        lines=tuple({"value": value, "y": round(MONTHS_FLOOR - value * unit)} for value in values),
        years=tuple(
            {"year": bar.month.year, "x": bar.left}
            for index, bar in enumerate(bars)
            if bar.month.month == 1 or (index == 0 and bar.month.month <= 10)
        ),
    )


def _month_bar(row: Mapping[str, Any], index: int, step: float, unit: float) -> MonthBar:
    height = round(row["count"] * unit, 1)
    left = round(index * step, 1)
    gap = min(2.0, step / 4)
    return MonthBar(
        month=row["month"],
        count=row["count"],
        url=row.get("url", ""),
        left=left,
        step=round(step, 1),
        x=round(left + gap / 2, 1),
        y=round(MONTHS_FLOOR - height, 1),
        width=round(step - gap, 1),
        height=height,
    )
