"""Two sides as sets, drawn: of each access level what one, both, and the other alone allow.

Each part is a square whose area is the number of its actions, on one scale in the whole picture.
Coordinates are pixels of the picture's `viewBox`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, NamedTuple

from policyhub.catalog.access_levels import LEVEL_SLUGS, Level
from policyhub.compare.matrix import Change
from policyhub.compare.sizes import LevelSizes

Part = Literal["left", "both", "right"]
Texture = Literal["denied", "same", "bounded", "free"]
_HATCHED: Texture = "bounded"
# What both sides allow, though not in the same bounds, with the sign of it.
_BOUNDS: tuple[tuple[Change, str], ...] = (("wider", "↑"), ("different", "≠"), ("narrower", "↓"))
_SIGNS = "\N{MINUS SIGN}", "", "+"
_UNIT, _SMALLEST = 4.6, 4.0
_CHARACTER, _PADDING, _ROW_GAP, _LEAST_ROW, _HEAD = 6.6, 10, 8, 16, 30


class AreaSize(NamedTuple):
    """How wide the picture is, and how much of that its names and its largest square have.

    Without room on the left, names stand above their rows.
    """

    width: int
    left: int
    largest: int


WIDE, PHONE = AreaSize(600, 150, 84), AreaSize(358, 0, 62)


class AreaSquare(NamedTuple):
    """A square: its texture, its place and its side."""

    texture: Texture
    x: float
    y: float
    side: float


class AreaLabel(NamedTuple):
    """A number next to a square."""

    text: str
    x: float


@dataclass(frozen=True)
class AreaRow:
    """An access level: its squares with their numbers, and where its name stands."""

    level: str
    slug: str
    squares: tuple[AreaSquare, ...]
    labels: tuple[AreaLabel, ...]
    name_at: float
    middle: float


class LevelSets(NamedTuple):
    """How many actions of a level one side, both, and the other allow.

    `bounds` of both differ; of those of the other `gained` are restricted.
    """

    level: Level
    left: int
    both: int
    right: int
    bounds: tuple[tuple[str, int], ...]
    gained: int = 0

    @property
    def parts(self) -> tuple[int, int, int]:
        """The numbers from left to right."""
        return self.left, self.both, self.right

    @property
    def bounds_in_words(self) -> str:
        """How many that both allow are in other bounds, with the sign of the change."""
        return ", ".join(f"{sign}{count:,}" for sign, count in self.bounds)

    @property
    def bounds_count(self) -> int:
        """The same as one number."""
        return sum(count for _, count in self.bounds)


@dataclass(frozen=True)
class AreaPicture:
    """The picture; `frames` are where both sets begin and end across, the left one first."""

    rows: tuple[AreaRow, ...]
    frames: tuple[tuple[float, float], tuple[float, float]]
    width: int
    height: float
    in_words: str


def level_sets(sizes: Sequence[LevelSizes]) -> list[LevelSets]:
    """The sizes by part; what is undecided is in none."""
    return [
        LevelSets(
            each.level,
            each.counts["lost"],
            each.counts["same"] + sum(each.counts[change] for change, _ in _BOUNDS),
            each.counts["gained"],
            tuple((sign, each.counts[change]) for change, sign in _BOUNDS if each.counts[change]),
            each.gained_in_bounds,
        )
        for each in sizes
    ]


def area_picture(sets: Sequence[LevelSets], size: AreaSize) -> AreaPicture:
    """Draw the levels below each other, the three parts of each in columns."""
    most = max((count for each in sets for count in each.parts), default=0)
    unit = min(_UNIT, size.largest / sqrt(most)) if most else _UNIT
    columns = _columns(sets, size, unit)
    rows: list[AreaRow] = []
    top = float(_HEAD)
    for each in sets:
        top += 0 if size.left else _LEAST_ROW
        tall = max(_LEAST_ROW, *(_side(count, unit) for count in each.parts))
        rows.append(_row(each, columns, top, tall, unit, size))
        top += tall + _ROW_GAP
    both, right = columns[1], columns[2]
    frames = (columns[0], right - 3), (both - 3, float(size.width - 1))
    return AreaPicture(tuple(rows), frames, size.width, top + 2, _in_words(sets))


def _columns(sets: Sequence[LevelSets], size: AreaSize, unit: float) -> tuple[float, float, float]:
    """Where the columns begin: each as wide as it needs, what is left shared by all."""
    needs = [
        max((_side(each.parts[part], unit) + _text_width(each, part) for each in sets), default=0)
        + 2 * _PADDING
        for part in range(3)
    ]
    spare = max(0.0, (size.width - size.left - 2 - sum(needs)) / 3)
    first = size.left + 1.0
    second = first + needs[0] + spare
    return first, second, second + needs[1] + spare


def _text_width(each: LevelSets, part: int) -> float:
    return (len(_text(each, part)) + 1) * _CHARACTER


def _text(each: LevelSets, part: int) -> str:
    count = each.parts[part]
    if part == 1:
        return f"{count:,}{f', {each.bounds_in_words}' if each.bounds else ''}"
    return f"{_SIGNS[part]}{count:,}" if count else "0"


def _side(count: int, unit: float) -> float:
    return max(_SMALLEST, round(unit * sqrt(count), 1)) if count else 0.0


def _row(
    each: LevelSets,
    columns: Sequence[float],
    top: float,
    tall: float,
    unit: float,
    size: AreaSize,
) -> AreaRow:
    middle = top + tall / 2
    squares: list[AreaSquare] = []
    labels: list[AreaLabel] = []
    for part, column in enumerate(columns):
        x, side = column + _PADDING, _side(each.parts[part], unit)
        squares += _squares(each, part, x, middle + side / 2, unit)
        labels.append(AreaLabel(_text(each, part), x + side + (4 if side else 0)))
    name_at = middle + 4 if size.left else top - 4
    slug = LEVEL_SLUGS[each.level]
    return AreaRow(each.level, slug, tuple(squares), tuple(labels), name_at, middle + 4)


def _squares(
    each: LevelSets, part: int, x: float, foot: float, unit: float
) -> Iterator[AreaSquare]:
    """The square of a part, and in it the one of what is restricted, or otherwise."""
    textures: tuple[Texture, ...] = ("denied", "same", "free")
    count, inner = each.parts[part], (0, each.bounds_count, each.gained)[part]
    for texture, number in ((textures[part], count), (_HATCHED, inner)):
        if number and (texture != "free" or inner < count):
            side = _side(number, unit)
            yield AreaSquare(texture, x, round(foot - side, 1), side)


def _in_words(sets: Sequence[LevelSets]) -> str:
    return "; ".join(
        f"{each.level}: {each.left:,} only the first, {each.both:,} both, "
        f"{each.right:,} only the second"
        for each in sets
    )
