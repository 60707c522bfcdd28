"""The blast map of what a document grants with parts so large that a finger meets one of them.

Marks are ticked. On a wide page a number opens what it counts; on a phone the end of a line does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from policyhub.blast_map.counted import MappedService, mapped_services
from policyhub.blast_map.phone import PhoneMap, phone_map
from policyhub.blast_map.statements import StatementParts, statement_parts
from policyhub.blast_map.wide import (
    ROWS,
    TARGET,
    BlastMap,
    MapColumn,
    PowerMark,
    blast_map,
    drawn,
    level_rows,
)
from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access.power import TEXTURES, GrantCount, Texture
from policyhub.catalog.access_levels import Level

_PITCHES = (28, 26, 26, 26, 26)
_ROWS = level_rows(_PITCHES)
# At the end of a line of a phone, for what opens it.
_ROOM = TARGET + 4
_ACTION = 8


@dataclass(frozen=True)
class TickableMap:
    """What a document grants and denies, for a wide page and for a phone, and its statements.

    Each part is drawn when it is asked for. Both pictures have the same services by name.
    """

    permissions: EffectivePermissions

    @cached_property
    def _mapped(self) -> tuple[MappedService, ...]:
        return mapped_services(self.permissions)

    @cached_property
    def wide(self) -> BlastMap:
        """The picture for a wide page."""
        return blast_map(self._mapped, _ROWS, TARGET)

    @cached_property
    def phone(self) -> PhoneMap:
        """The picture for a phone."""
        return phone_map(self._mapped, TARGET, _ROOM, len(self.services))

    @cached_property
    def statements(self) -> StatementParts:
        """The statements."""
        return statement_parts(self.permissions)

    @cached_property
    def services(self) -> list[MapColumn]:
        """The columns of services that have one by themselves."""
        return [column for column in self.wide.columns if column.service.prefix]

    @property
    def others(self) -> tuple[MappedService, ...]:
        """The services of the last column, which they share, what weighs most first."""
        return self._mapped[len(self.services) :]


@dataclass(frozen=True)
class ActionMark:
    """One action as a mark, half as tall as in the map."""

    marks: tuple[PowerMark, ...]
    width: int
    height: int


def action_mark(level: Level, texture: Texture) -> ActionMark:
    """Draw an action of a level."""
    row = next(row for row in ROWS if row.level == level)
    small = row._replace(top=0, height=row.height // 2)
    free, bounded, denied = (int(each == texture) for each in TEXTURES)
    marks = drawn(small, GrantCount(free, bounded, denied), 0, 0, _ACTION).marks
    return ActionMark(marks, round(marks[0].width), small.height)
