"""The statements of a document as parts of its picture: each with marks of what it grants.

A mark is as in the blast map, half as tall: a level's height and colour, as long as the square
root of the number of actions. All statements of a document have one scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policyhub.blast_map.counted import cells_in_words
from policyhub.blast_map.wide import ROWS, LevelRow, PowerMark, drawn
from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access.power import Cells, GrantCount, cells_by_statement
from policyhub.iam.language.elements import Statement

_UNIT, _SMALLER, _SMALLEST_UNIT = 2.4, 0.8, 0.05
_LONGEST, _GAP = 96, 2
# Next to the name of a service there is less room.
LONGEST_OF_SERVICE = 56
# So short that Sids have room next to marks.
_MOST_WITH_SIDS = 12


@dataclass(frozen=True)
class StandingMarks:
    """What cells of several levels are drawn as: marks on one foot, the gravest level first."""

    cells: Cells
    marks: tuple[PowerMark, ...]

    @property
    def width(self) -> int:
        """As far as its marks reach."""
        return max((round(each.x + each.width) for each in self.marks), default=0)

    @property
    def height(self) -> int:
        """As tall as the gravest mark of all."""
        return max(row.height for row in _STANDING)

    @property
    def label(self) -> str:
        """The number of its actions, or the gravest one and how many more."""
        whole = sum(self.cells.values(), GrantCount())
        named = next((each.named for each in self.cells.values() if each.named), "")
        return GrantCount(whole.free, whole.bounded, whole.denied, named).label

    @property
    def in_words(self) -> str:
        """What is granted or denied, by level."""
        return cells_in_words(self.cells) or "no known actions"


@dataclass(frozen=True)
class StatementPart(StandingMarks):
    """A statement of the picture with its marks."""

    statement: Statement

    @property
    def number(self) -> int:
        """Its position as people count."""
        return self.statement.position + 1


@dataclass(frozen=True)
class StatementParts:
    """All statements of a document, in its order."""

    parts: Sequence[StatementPart]

    @property
    def has_sids(self) -> bool:
        """Whether they are so few that their Sids have room next to them."""
        return len(self.parts) <= _MOST_WITH_SIDS


def statement_parts(permissions: EffectivePermissions) -> StatementParts:
    """Draw the statements of a document."""
    cells, statements = cells_by_statement(permissions), permissions.policy.statements
    drawn_cells = standing_marks([cells.get(each.position, {}) for each in statements])
    return StatementParts(
        [
            StatementPart(each.cells, each.marks, statement)
            for each, statement in zip(drawn_cells, statements, strict=True)
        ]
    )


def standing_marks(rows: Sequence[Cells], longest: int = _LONGEST) -> list[StandingMarks]:
    """Draw each of some rows of cells, on the usual scale if the longest has room at it."""
    unit = _UNIT
    found = _at_scale(rows, unit)
    while unit > _SMALLEST_UNIT and max((each.width for each in found), default=0) > longest:
        unit *= _SMALLER
        found = _at_scale(rows, unit)
    return found


def _standing(rows: Iterable[LevelRow]) -> tuple[LevelRow, ...]:
    """The rows of all levels half as tall, on one foot."""
    halves = [row._replace(height=row.height // 2) for row in rows]
    tallest = max(row.height for row in halves)
    return tuple(row._replace(top=tallest - row.height) for row in halves)


_STANDING = _standing(ROWS)


def _at_scale(rows: Iterable[Cells], unit: float) -> list[StandingMarks]:
    return [StandingMarks(each, _marks(each, unit)) for each in rows]


def _marks(cells: Cells, unit: float) -> tuple[PowerMark, ...]:
    marks: list[PowerMark] = []
    for row in _STANDING:
        if row.level in cells:
            x = marks[-1].x + marks[-1].width + _GAP if marks else 0
            marks.extend(drawn(row, cells[row.level], x, 0, unit).marks)
    return tuple(marks)
