"""The blast map of a difference: what one side gained, has in other bounds, and lost.

`services` are actions by service, access level and change, as comparisons have them. What is the
same is a grey outline, so that it shows how much of the whole has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from policyhub.blast_map.counted import title_of_column
from policyhub.blast_map.wide import (
    CHARACTER,
    REST_UNIT,
    ROWS,
    WIDTH,
    LevelRow,
    MapLabel,
    MapLine,
    first_baseline,
    lines_of_levels,
    lines_of_title,
)
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level

Actions = Sequence[str]
ChangedCells = Mapping[Level, Mapping[str, Actions]]

_LEFT, _GAP, _BETWEEN = 146, 18, 2
# A character of what changed, which is in bold.
_BOLD = 7.2
_UNIT, _SHORTEST = 3.2, 6
_SAME = "same"
# The sign of each change, the texture of its mark, and what is said of so many actions.
_SIGNS: Mapping[str, tuple[str, str, str]] = {
    "gained": ("+", "free", "gained"),
    "gained, restricted": ("+", "bounded", "gained, restricted"),
    "wider": ("↑", "bounded", "with wider bounds"),
    "different": ("≠", "bounded", "with other bounds"),
    "narrower": ("↓", "bounded", "with narrower bounds"),
    "lost": ("\N{MINUS SIGN}", "denied", "lost"),
    "undecided": ("?", "denied", "undecided"),
    _SAME: ("", "same", "the same"),
}
# Shown by its name, as in the map of a single document.
_NAMED = "iam:PassRole"
_PHONE_WIDTH, _PHONE_LEFT, _PHONE_PITCH = 358, 118, 28
_PHONE_LINES = 9


@dataclass(frozen=True)
class ChangedService:
    """A service with the numbers of its actions by change; `count` of them where it is several."""

    prefix: str
    cells: Mapping[Level, Mapping[str, int]]
    named: Mapping[str, str]
    count: int = 1

    @property
    def is_changed(self) -> bool:
        """Whether anything is not the same."""
        return any(change != _SAME for cell in self.cells.values() for change in cell)

    @property
    def title(self) -> str:
        """The prefix, or how many services the column stands for."""
        return title_of_column(self.prefix, self.count)

    @property
    def in_words(self) -> str:
        """What the column shows, in words."""
        return f"{self.title}. {'; '.join(self.levels_in_words)}"

    @property
    def levels_in_words(self) -> list[str]:
        """What the column shows of each level, the gravest first."""
        levels = (level for level in GRAVEST_FIRST if level in self.cells)
        return [f"{level}: {_in_words(self.cells[level])}" for level in levels]

    @property
    def weight(self) -> tuple[object, ...]:
        """For sorting: what changed first, of that the gravest level, then the most actions."""
        changed = [
            place
            for place, level in enumerate(GRAVEST_FIRST)
            if any(change != _SAME for change in self.cells.get(level, ()))
        ]
        count = sum(sum(cell.values()) for cell in self.cells.values())
        return (*changed[:1], len(GRAVEST_FIRST)), not self.named, -count, self.prefix


@dataclass(frozen=True)
class ChangeMark:
    """A rectangle of one change: its texture, and the level whose colour it has."""

    texture: str
    slug: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class ChangedColumn:
    """A service of the picture with its names, its marks, and what stands next to these."""

    service: ChangedService
    names: tuple[MapLabel, ...]
    marks: tuple[ChangeMark, ...]
    labels: tuple[MapLabel, ...]
    x: float
    width: float

    @property
    def divider(self) -> float:
        """Where a line parts it from what is left of it."""
        return self.x - _GAP / 2


@dataclass(frozen=True)
class SubtractedMap:
    """The picture; `rest` is its last column where that stands for several services."""

    columns: tuple[ChangedColumn, ...]
    lines: tuple[MapLine, ...]
    in_words: str
    width: int
    height: float
    unchanged: int = 0

    @property
    def rest(self) -> ChangedColumn | None:
        """The column of all that has no room."""
        last = self.columns[-1] if self.columns else None
        return last if last and not last.service.prefix else None


def changed_services(services: Mapping[str, ChangedCells]) -> list[ChangedService]:
    """The services, what changed first."""
    found = (
        ChangedService(
            prefix,
            {level: {each: len(cell[each]) for each in _SIGNS if cell.get(each)}
             for level, cell in cells.items()},
            {change: "PassRole" for cell in cells.values()
             for change, actions in cell.items() if _NAMED in actions},
        )
        for prefix, cells in services.items()
    )  # fmt: skip
    return sorted(found, key=lambda each: each.weight)


def subtracted_map(services: Mapping[str, ChangedCells]) -> SubtractedMap:
    """Draw what changed for a wide page, as far as there is room."""
    ordered = changed_services(services)
    columns: list[ChangedColumn] = []
    x = float(_LEFT)
    for place, service in enumerate(ordered):
        rest = _together(ordered[place + 1 :])
        room = _column(rest, 0).width + _GAP if rest else 0
        column = _column(service, x)
        if columns and x + column.width + room > WIDTH:
            columns.append(_column(_together(ordered[place:]) or service, x))
            break
        columns.append(column)
        x += column.width + _GAP
    height = ROWS[-1].top + ROWS[-1].height + 6
    return SubtractedMap(tuple(columns), lines_of_levels(), _whole(ordered), WIDTH, height)


def subtracted_phone_map(services: Mapping[str, ChangedCells]) -> SubtractedMap:
    """Draw what changed for a phone: a service a line, those that are the same only counted."""
    ordered = [each for each in changed_services(services) if each.is_changed]
    shown = ordered[:_PHONE_LINES]
    if len(ordered) > _PHONE_LINES and (rest := _together(ordered[_PHONE_LINES - 1 :])):
        shown = [*ordered[: _PHONE_LINES - 1], rest]
    lines = tuple(_phone_line(each, place) for place, each in enumerate(shown))
    return SubtractedMap(
        lines, (), _whole(ordered), _PHONE_WIDTH, len(lines) * _PHONE_PITCH + 2,
        len(services) - len(ordered),
    )  # fmt: skip


def _together(services: Sequence[ChangedService]) -> ChangedService | None:
    if not services:
        return None
    cells: dict[Level, dict[str, int]] = {}
    for service in services:
        for level, cell in service.cells.items():
            for change, count in cell.items():
                sums = cells.setdefault(level, {})
                sums[change] = sums.get(change, 0) + count
    return ChangedService("", cells, {}, sum(each.count for each in services))


def _column(service: ChangedService, x: float) -> ChangedColumn:
    unit = _UNIT if service.prefix else REST_UNIT
    marks: list[ChangeMark] = []
    labels: list[MapLabel] = []
    for row in ROWS:
        cell = service.cells.get(row.level, {})
        drawn, end = _marks(row, cell, x, unit)
        marks += drawn
        labels += _labels(row, cell, service, end, row.top + row.height / 2 + 4)
    names = lines_of_title(service.title)
    ends = [each.x + len(each.text) * (_BOLD if each.slug else CHARACTER) for each in labels]
    ends += [x + len(name) * CHARACTER for name in names]
    titles = tuple(
        MapLabel(name, x, first_baseline(len(names)) + 12 * line) for line, name in enumerate(names)
    )
    return ChangedColumn(service, titles, tuple(marks), tuple(labels), x, round(max(ends) - x, 1))


def _phone_line(service: ChangedService, place: int) -> ChangedColumn:
    foot, x = (place + 1) * _PHONE_PITCH, float(_PHONE_LEFT)
    unit = _UNIT if service.prefix else REST_UNIT
    marks: list[ChangeMark] = []
    labels: list[MapLabel] = []
    for row in ROWS:
        cell = {
            change: count
            for change, count in service.cells.get(row.level, {}).items()
            if change != _SAME
        }
        if cell:
            drawn, end = _marks(row._replace(top=foot - row.height), cell, x, unit)
            marks += drawn
            labels += _labels(row, cell, service, end, foot - 6)
            x = labels[-1].x + len(labels[-1].text) * _BOLD + 6
    name = MapLabel(service.title, 0, foot - 6)
    return ChangedColumn(service, (name,), tuple(marks), tuple(labels), 0, x)


def _marks(
    row: LevelRow, cell: Mapping[str, int], x: float, unit: float
) -> tuple[list[ChangeMark], float]:
    """The marks of a cell from `x` on, and where the last one ends."""
    marks = []
    for change in _SIGNS:
        if count := cell.get(change):
            length = max(_SHORTEST, round(unit * sqrt(count)))
            texture = _SIGNS[change][1]
            marks.append(ChangeMark(texture, row.slug, x, row.top, length, row.height))
            x += length + _BETWEEN
    return marks, x - _BETWEEN


def _labels(
    row: LevelRow, cell: Mapping[str, int], service: ChangedService, end: float, baseline: float
) -> Iterator[MapLabel]:
    """What changed in the level's ink, then how much is the same."""
    x = end + 3
    signs = [each for each in _SIGNS if each in cell and each != _SAME]
    changed = " ".join(_label(each, cell[each], row, service) for each in signs)
    if changed:
        yield MapLabel(changed, x, baseline, row.slug)
        x += len(changed) * _BOLD + 6
    if _SAME in cell:
        yield MapLabel(f"{cell[_SAME]:,}", x, baseline)


def _label(change: str, count: int, row: LevelRow, service: ChangedService) -> str:
    sign = _SIGNS[change][0]
    name = service.named.get(change, "") if row.level == "Write" else ""
    if not name:
        return f"{sign}{count:,}"
    return f"{sign} {name}" if count == 1 else f"{sign} {name} +{count - 1:,}"


def _whole(services: Iterable[ChangedService]) -> str:
    """The whole picture in a sentence for each level."""
    whole = _together(list(services))
    if whole is None:
        return "No actions."
    return f"{'. '.join(whole.levels_in_words)}."


def _in_words(cell: Mapping[str, int]) -> str:
    return ", ".join(f"{cell[each]:,} {_SIGNS[each][2]}" for each in _SIGNS if cell.get(each))
