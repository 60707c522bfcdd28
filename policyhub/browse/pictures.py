"""The geometry of the pictures in pages: numbers in, rectangles out.

The level bar's coordinates are in units of its `viewBox` and stretch with it; the chart's go
across in percent, so that its text keeps its size. The colours are the style sheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString

from policyhub.catalog.access_levels import ACCESS_LEVELS

LEVEL_BAR_WIDTH = 240
LEVEL_BAR_HEIGHT = max(level.height for level in ACCESS_LEVELS)
# No level that is granted at all is thinner than can be seen.
NARROWEST_STEP = 4
STEP_GAP = 1


@dataclass(frozen=True)
class LevelStep:
    """One access level's rectangle in a bar; `slug` is the level as CSS classes have it."""

    level: str
    slug: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class LevelBar:
    """A stacked bar and what it says in words."""

    label: str
    steps: tuple[LevelStep, ...]
    width: int = LEVEL_BAR_WIDTH

    @property
    def svg(self) -> SafeString:
        """The picture as markup. Tables have hundreds of bars, where a template of their
        own would take half of the page's time."""
        steps = "".join(
            # What follows from the level comes first: in a list it then compresses as one.
            f'<rect class="level-{step.slug}" y="{step.y}" height="{step.height}" '
            f'x="{step.x}" width="{step.width}"/>'
            for step in self.steps
        )
        return SafeString(
            f'<svg class="level-bar" viewBox="0 0 {self.width} {LEVEL_BAR_HEIGHT}" '
            f'preserveAspectRatio="none" role="img">'
            f"<title>{self.label}</title>"
            f'<rect class="track" y="13" width="{self.width}" height="1"/>{steps}</svg>'
        )


def level_bar(counts: Mapping[str, int], scale: int | None = None) -> LevelBar:
    """Draw how many actions of each access level there are.

    `counts` is keyed by the levels' names or short keys. `scale` is the total that would fill
    the whole width; without it the bar's own total does.
    """
    found = [
        (level, counts.get(level.name) or counts.get(level.key) or 0) for level in ACCESS_LEVELS
    ]
    granted = [(level, count) for level, count in found if count]
    label = ", ".join(f"{level.name} {count}" for level, count in granted) or "No actions"
    whole = max(scale or 0, sum(count for _, count in granted))
    steps: list[LevelStep] = []
    x = 0.0
    room = LEVEL_BAR_WIDTH - len(granted) * (NARROWEST_STEP + STEP_GAP)
    for level, count in granted:
        end = x + NARROWEST_STEP + room * count / whole
        y = LEVEL_BAR_HEIGHT - level.height
        steps.append(
            LevelStep(level.name, level.slug, round(x), y, round(end) - round(x), level.height)
        )
        x = end + STEP_GAP
    return LevelBar(label, tuple(steps))


CHART_HEIGHT = 132
CHART_TOP = 14
CHART_FLOOR = 112
# Fewer months than these would make planks of the bars.
FEWEST_COLUMNS = 12
# What a bar leaves of its month's column, as a share.
BAR_SHARE = 0.8


@dataclass(frozen=True)
class BarPart:
    """What a bar has of one kind, in pixels from the top of the chart."""

    kind: str
    count: int
    y: float
    height: float


@dataclass(frozen=True)
class MonthBar:
    """One month's bar: `left`, `column` and `width` in percent of the chart, the rest in pixels.

    `parts` lie on each other, the first on the floor.
    """

    month: date
    count: int
    url: str
    left: float
    column: float
    width: float
    parts: tuple[BarPart, ...]
    is_outside: bool = False


@dataclass(frozen=True)
class AxisMark:
    """A number written next to the chart, and where: pixels down, or percent across."""

    value: int
    at: float
    url: str = ""


@dataclass(frozen=True)
class MonthChart:
    """Bars by month, the lines to read them by (the floor first), and where each year begins."""

    most: int
    bars: tuple[MonthBar, ...]
    lines: tuple[AxisMark, ...]
    years: tuple[AxisMark, ...]
    height: int = CHART_HEIGHT
    floor: int = CHART_FLOOR


def month_chart(
    months: Iterable[Mapping[str, Any]], years: Mapping[int, str] | None = None
) -> MonthChart:
    """Draw counts by month; `years` has the address of each year.

    Each month is a mapping with `month`, `count`, and maybe `url` and `kinds`: how many of the
    count there are of each kind, in the order in which they are drawn from the floor up.
    """
    rows = list(months)
    most = max((row["count"] for row in rows), default=0)
    column = 100 / max(len(rows), FEWEST_COLUMNS)
    unit = (CHART_FLOOR - CHART_TOP) / max(most, 1)
    bars = tuple(_month_bar(row, index * column, column, unit) for index, row in enumerate(rows))
    values = sorted({0, most // 2, most})
    return MonthChart(
        most=most,
        bars=bars,
        lines=tuple(AxisMark(value, round(CHART_FLOOR - value * unit)) for value in values),
        years=tuple(
            AxisMark(bar.month.year, bar.left, (years or {}).get(bar.month.year, ""))
            for bar in bars
            if bar.month.month == 1
        ),
    )


def _month_bar(row: Mapping[str, Any], left: float, column: float, unit: float) -> MonthBar:
    return MonthBar(
        month=row["month"],
        count=row["count"],
        url=row.get("url", ""),
        left=round(left, 2),
        column=round(column, 2),
        width=round(column * BAR_SHARE, 2),
        is_outside=row.get("is_outside", False),
        parts=tuple(_bar_parts(row.get("kinds", {"": row["count"]}), unit)),
    )


def _bar_parts(kinds: Mapping[str, int], unit: float) -> Iterator[BarPart]:
    below = 0
    for kind, count in kinds.items():
        if count:
            below += count
            yield BarPart(kind, count, round(CHART_FLOOR - below * unit, 1), round(count * unit, 1))
