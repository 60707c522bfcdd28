"""The column of the picture that services share, opened: its services at a level, by fifties.

Services with an action that is part of a risk come first, the most serious ahead; then what
weighs most. Those of which everything is denied come last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

from policyhub.blast_map.counted import MappedService
from policyhub.blast_map.statements import (
    LONGEST_OF_SERVICE,
    StandingMarks,
    standing_marks,
)
from policyhub.blast_map.tickable import TickableMap
from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access.power import weight_of
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level
from policyhub.workbench.building.choices import TemplateChoices
from policyhub.workbench.choosing.opened import (
    AT_ONCE,
    HARMLESS,
    OTHERS,
    AskedCell,
    OpenedCell,
    OpenedLevel,
    OpenedPart,
    gravity_by_action,
    is_chosen,
)


@dataclass(frozen=True, slots=True)
class OtherService:
    """A service of an opened column: its actions at the level, and how many are ticked.

    `level` is None for all levels; `opens` is the cell that has its actions.
    """

    prefix: str
    level: Level | None
    opens: str
    drawn: StandingMarks
    granted: int
    ticked: int
    is_dangerous: bool
    is_ticked: bool

    @property
    def cell(self) -> str:
        """The service at the level, "" for all levels."""
        return f"{self.prefix}:{self.level}" if self.level else ""

    @property
    def count(self) -> int:
        """How many of its actions are granted or denied."""
        return sum(each.count for each in self.drawn.cells.values())

    @property
    def label(self) -> str:
        """What its number says, which opens its actions."""
        return f"{self.count:,}: open the actions of {self.opens.replace(':', ', ')}"

    @property
    def is_ticked_in_part(self) -> bool:
        """Whether some of its actions are ticked, and not all."""
        return bool(self.ticked) and not self.is_ticked

    @property
    def in_words(self) -> str:
        """What is granted or denied of it, and whether some of that is part of a risk."""
        return f"{self.drawn.in_words}{', part of a risk' if self.is_dangerous else ''}"


@dataclass(frozen=True)
class OpenedOthers(OpenedPart[OtherService]):
    """The services of the column at a level, or at all levels."""

    template: ClassVar = "workbench/templates/_opened_services.html"
    is_column: ClassVar = True
    back: ClassVar = None
    others: Sequence[MappedService]

    @cached_property
    def rows(self) -> Sequence[OtherService]:
        """Its services."""
        cells = {
            each.prefix: {
                found: cell for found, cell in each.cells.items() if self._is_asked(found)
            }
            for each in self.others
        }
        gravity = self._gravity
        order = sorted(
            (prefix for prefix in cells if cells[prefix]),
            key=lambda prefix: (
                not self._counted[0][prefix],
                gravity.get(prefix, HARMLESS),
                *weight_of(cells[prefix]),
                prefix,
            ),
        )
        drawn = standing_marks([cells[prefix] for prefix in order], LONGEST_OF_SERVICE)
        return [self._row(*each) for each in zip(order, drawn, strict=True)]

    def _row(self, prefix: str, drawn: StandingMarks) -> OtherService:
        granted, ticked = (counts[prefix] for counts in self._counted)
        level = self.asked.level
        gravest = level or next(each for each in GRAVEST_FIRST if each in drawn.cells)
        is_ticked = ticked == granted > 0 if level else prefix in self.choices.services
        return OtherService(
            prefix, level, f"{prefix}:{gravest}", drawn, granted, ticked,
            prefix in self._gravity, is_ticked,
        )  # fmt: skip

    @cached_property
    def _counted(self) -> tuple[Counter[str], Counter[str]]:
        """How many actions of each service are granted at the level, and how many are ticked."""
        found = [each.action for each in self.granted.grants if self._is_asked(each.action.level)]
        return (
            Counter(each.service for each in found),
            Counter(each.service for each in found if is_chosen(each, self.choices)),
        )

    @cached_property
    def _gravity(self) -> dict[str, int]:
        """The services with an action that is part of a risk, with the gravest kind of these."""
        found: dict[str, int] = {}
        by_action = gravity_by_action()
        for action in (each.action for each in self.granted.grants):
            if self._is_asked(action.level) and action.id.lower() in by_action:
                gravest = min(by_action[action.id.lower()], found.get(action.service, HARMLESS))
                found[action.service] = gravest
        return found

    def _is_asked(self, level: Level) -> bool:
        return self.asked.level in (None, level)

    @cached_property
    def levels(self) -> list[OpenedLevel]:
        """All levels together, then each, the gravest first."""
        counts: Counter[Level] = Counter()
        for each in self.others:
            counts.update({level: cell.count for level, cell in each.cells.items()})
        asked = self.asked.level
        whole = OpenedLevel(OTHERS, None, counts.total(), asked is None)
        return [
            whole,
            *(
                OpenedLevel(f"{OTHERS}:{each}", each, counts[each], each == asked)
                for each in GRAVEST_FIRST
                if counts[each] or each == asked
            ),
        ]

    @property
    def ticked(self) -> int:
        """How many of its services are ticked."""
        return sum(each.is_ticked for each in self.rows)

    @property
    def ticked_in_part(self) -> int:
        """Of how many of its services some actions are ticked."""
        return sum(each.is_ticked_in_part for each in self.rows)

    @cached_property
    def kept(self) -> list[OtherService]:
        """Those of which the copy grants something."""
        grants = self.copy.grants if self.copy else ()
        kept = {each.action.service for each in grants if self._is_asked(each.action.level)}
        return [each for each in self.rows if each.prefix in kept]

    @property
    def has_dangerous(self) -> bool:
        """Whether one of those shown has an action that is part of a risk."""
        return any(each.is_dangerous for each in self.shown)

    def step_of(self, prefix: str) -> int:
        """How many are shown once a service is, that of the first step where it is no row."""
        place = next((place for place, each in enumerate(self.rows) if each.prefix == prefix), 0)
        return (place // AT_ONCE + 1) * AT_ONCE


def opened_part(
    asked: AskedCell,
    picture: TickableMap,
    choices: TemplateChoices,
    copy: EffectivePermissions | None,
) -> OpenedCell | OpenedOthers:
    """Open what is asked for: the actions of a service, or the services of the column."""
    granted = picture.permissions
    column = replace(asked, service=OTHERS)
    others = OpenedOthers(column, granted, choices, copy, picture.others)
    if asked.service == OTHERS:
        return others
    if asked.service not in (each.prefix for each in picture.others):
        return OpenedCell(asked, granted, choices, copy)
    back = replace(others.asked, shown=others.step_of(asked.service))
    return OpenedCell(asked, granted, choices, copy, back)
