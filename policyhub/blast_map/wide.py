"""The blast map of a wide page.

Services are columns and access levels are rows, the gravest on top. A mark's length is the square
root of the number of actions, on one scale for all documents, so that lengths compare between
them; its height is the gravity of the level. Coordinates are pixels of the picture's `viewBox`.
What has no room is one last column, on a scale of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, sqrt
from typing import NamedTuple

from policyhub.blast_map.counted import (
    MappedService,
    RiskMark,
    map_in_words,
    together,
)
from policyhub.catalog.access.power import GrantCount, Texture
from policyhub.catalog.access_levels import GRAVEST_FIRST, LEVEL_SLUGS, Level


class LevelRow(NamedTuple):
    """Where a level's row is: the top and the height of its marks."""

    level: Level
    top: int
    height: int

    @property
    def slug(self) -> str:
        """The level as CSS classes have it."""
        return LEVEL_SLUGS[self.level]

    @property
    def middle(self) -> int:
        """The middle of its marks; all heights are even."""
        return self.top + self.height // 2


_HEIGHTS = (24, 20, 14, 12, 10)
_PITCHES = (28, 24, 18, 16, 16)
_FIRST_ROW = 34


def level_rows(pitches: Sequence[int]) -> tuple[LevelRow, ...]:
    """The rows of all levels, the gravest on top, at some distances from each to the next."""
    tops = accumulate(pitches[:-1], initial=_FIRST_ROW)
    return tuple(map(LevelRow, GRAVEST_FIRST, tops, _HEIGHTS))


ROWS = level_rows(_PITCHES)
WIDTH = 1232
# Below the marks of the last row.
_FOOT = 6
_LEFT, _GAP = 146, 24
# Pixels for the root of one action; the column of all that has no room has a scale of its own,
# for it may stand for hundreds of services.
_UNIT, REST_UNIT, _SHORTEST = 4.6, 0.75, 6
CHARACTER = 6.4
_SHORT: Mapping[Level, str] = {"Permissions management": "Permissions mgmt"}
_LONGEST_NAME = 13
# WCAG 2.2, "Target Size (Minimum)"; around it is what parts it from the next one.
TARGET, _AROUND_TARGET, _AROUND_MARKS = 24, 5, 4
# The badges with the numbers of risks stand above the names.
BADGE_RADIUS, _BADGES, _BADGES_SHOWN = 7, 20, 3


@dataclass(frozen=True)
class PowerMark:
    """A rectangle of one texture and one level."""

    texture: Texture
    slug: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class MapLabel:
    """A text at a place; `slug` is the level whose ink it has, "" for none."""

    text: str
    x: float
    y: float
    slug: str = ""

    @property
    def width(self) -> int:
        """About how long it is."""
        return ceil(len(self.text) * CHARACTER)


@dataclass(frozen=True)
class MapCell:
    """The marks of a service and level, the number next to them, and what they say in words."""

    level: Level
    marks: tuple[PowerMark, ...]
    label: MapLabel
    in_words: str

    @property
    def start(self) -> float:
        """Where its marks begin."""
        return self.marks[0].x

    @property
    def width(self) -> int:
        """From there to the end of its number."""
        return ceil(self.label.x + self.label.width - self.start)

    @property
    def target(self) -> int:
        """How wide it is as something to tick."""
        return max(TARGET, self.width) + _AROUND_TARGET

    @property
    def end(self) -> float:
        """Where its marks end."""
        last = self.marks[-1]
        return last.x + last.width

    @property
    def marks_target(self) -> tuple[float, float]:
        """Where its marks alone begin as something to tick, and how wide that is.

        Short ones reach into the gap on their left, for their number is something to press too.
        """
        start = min(self.start - _AROUND_MARKS, self.end + 1 - TARGET)
        return start, self.end + 1 - start

    @property
    def number_target(self) -> int:
        """How wide its number is as something to press."""
        return max(TARGET, self.label.width + _AROUND_MARKS)


@dataclass(frozen=True)
class MapColumn:
    """A service of the picture: its name in one or two lines, and its cells.

    These are placed from `x` and `y` on, so that columns are written alike.
    """

    service: MappedService
    names: tuple[MapLabel, ...]
    cells: tuple[MapCell, ...]
    x: int
    width: int
    y: int = 0

    @property
    def badges(self) -> list[tuple[RiskMark, int]]:
        """The first risks of the service, each with the middle of its badge across."""
        pitch = 2 * BADGE_RADIUS + 2
        shown = self.service.risks[:_BADGES_SHOWN]
        return [(each, BADGE_RADIUS + place * pitch) for place, each in enumerate(shown)]

    @property
    def name_width(self) -> int:
        """How long the longest line of its name is."""
        return max(name.width for name in self.names)

    @property
    def divider(self) -> int:
        """Where a line parts it from what is left of it."""
        return self.x - _GAP // 2


@dataclass(frozen=True)
class MapLine:
    """The row of a level: its name in short, and the line that its marks stand on."""

    level: Level
    name: str
    slug: str
    y: float
    foot: float


@dataclass(frozen=True)
class BlastMap:
    """The picture for a wide page; `more` is the column of all that has no room."""

    columns: tuple[MapColumn, ...]
    lines: tuple[MapLine, ...]
    in_words: str
    foot: int
    width: int = WIDTH

    @property
    def top(self) -> int:
        """Where the picture begins: above its names if there are risks to number."""
        return -_BADGES if any(column.service.risks for column in self.columns) else 0

    @property
    def height(self) -> int:
        """From the top to the foot of the last row."""
        return self.foot - self.top

    @property
    def rest(self) -> MapColumn | None:
        """The last column, where it stands for several services."""
        last = self.columns[-1] if self.columns else None
        return last if last and not last.service.prefix else None


def blast_map(
    services: Sequence[MappedService], rows: Sequence[LevelRow] = ROWS, number: int = 0
) -> BlastMap:
    """Draw services, in their order, as far as there is room.

    The number of a cell takes at least `number` across.
    """
    columns: list[MapColumn] = []
    x = _LEFT
    for place, service in enumerate(services):
        column, rest = _column(service, x, rows, number), together(services[place + 1 :])
        room = _column(rest, 0, rows, number).width + _GAP if rest else 0
        if columns and column.x + column.width + room > WIDTH:
            columns.append(_column(together(services[place:]) or service, x, rows, number))
            break
        columns.append(column)
        x += column.width + _GAP
    foot = rows[-1].top + rows[-1].height + _FOOT
    return BlastMap(tuple(columns), lines_of_levels(rows), map_in_words(services), foot)


def lines_of_levels(rows: Sequence[LevelRow] = ROWS) -> tuple[MapLine, ...]:
    """The rows of all levels, the gravest on top."""
    return tuple(
        MapLine(
            row.level,
            _SHORT.get(row.level, row.level),
            row.slug,
            row.middle + 4,
            row.top + row.height + 1.5,
        )
        for row in rows
    )


def _column(service: MappedService, x: int, rows: Sequence[LevelRow], number: int) -> MapColumn:
    cells = tuple(
        _cell(row, service.cells[row.level], bool(service.prefix))
        for row in rows
        if row.level in service.cells
    )
    names = lines_of_title(service.title)
    ends = [cell.label.x + max(number, len(cell.label.text) * CHARACTER) for cell in cells]
    ends += [len(name) * CHARACTER for name in names]
    labels = tuple(
        MapLabel(name, 0, first_baseline(len(names)) + 12 * line) for line, name in enumerate(names)
    )
    return MapColumn(service, labels, cells, x, ceil(max(ends)))


def first_baseline(lines: int) -> int:
    """Where the first of some lines of a name stands, so that the last is above the marks."""
    return _FIRST_ROW - 11 - 12 * (lines - 1)


def lines_of_title(title: str) -> tuple[str, ...]:
    """A name in one line, or in two where it is long and has a place to break."""
    breaks = [place + 1 for place, letter in enumerate(title) if letter in "- "]
    if len(title) <= _LONGEST_NAME or not breaks:
        return (title,)
    middle = min(breaks, key=lambda place: abs(place - len(title) / 2))
    return title[:middle].rstrip(), title[middle:]


def _cell(row: LevelRow, cell: GrantCount, is_one: bool) -> MapCell:
    return drawn(row, cell, 0, row.middle + 4, _UNIT if is_one else REST_UNIT)


def drawn(row: LevelRow, cell: GrantCount, x: float, baseline: float, unit: float) -> MapCell:
    """The marks of a cell from `x` on, and its number after them."""
    marks: list[PowerMark] = []
    for texture, count in cell.parts:
        length = max(_SHORTEST, round(unit * sqrt(count)))
        marks.append(PowerMark(texture, row.slug, x, row.top, length, row.height))
        x += length
    label = MapLabel(cell.label, x + 3, baseline, row.slug)
    return MapCell(row.level, tuple(marks), label, cell.in_words)
