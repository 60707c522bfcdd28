"""A cell of the picture that is opened: a service at a level, its actions by fifties.

Actions that are part of a risk come first, the most serious ahead; what is denied comes last.
The column of all services that have none by themselves opens too: see `others`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from django.http import QueryDict

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access.power import Texture, textured_grants
from policyhub.catalog.access_levels import GRAVEST_FIRST, LEVEL_SLUGS, LEVELS, Level
from policyhub.catalog.reference.records import ActionInfo
from policyhub.http import quotable
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.workbench.building.choices import TemplateChoices

# What a page and each fragment has of a cell.
AT_ONCE = 50
# The column that services share, in the place of a service; no service has this prefix.
OTHERS = "other"
_MOST_SHOWN = 10_000
_LEVELS: Mapping[str, Level] = {each.lower(): each for each in LEVELS}
# Sorts behind every kind of risk.
HARMLESS = 1_000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class AskedCell:
    """The cell that an address asks to open, and how many of its actions it asks for.

    `level` is None for the whole column that services share.
    """

    service: str
    level: Level | None
    shown: int = AT_ONCE

    @property
    def id(self) -> str:
        """The cell as an address has it, such as `ecs:Write`."""
        return f"{self.service}:{self.level}" if self.level else self.service

    @property
    def beyond_first(self) -> int:
        """How many it asks for, 0 for as many as there are at first."""
        return self.shown if self.shown > AT_ONCE else 0


def asked_cell(given: QueryDict, problems: list[str]) -> AskedCell | None:
    """Read the fields `open` and `shown`; None where no cell is asked for."""
    text, number = given.get("open", "").strip(), given.get("shown", "").strip()
    service, _, level = text.partition(":")
    found = _LEVELS.get(level.lower())
    is_cell = bool(service and found) or text.lower() == OTHERS
    if text and not is_cell:
        problems.append(f"open: `{quotable(text)}` is not a cell: write it as `ecs:Write`")
    is_number = number.isascii() and number.isdigit()
    if number and not is_number:
        problems.append(f"shown: `{quotable(number)}` is not a number")
    if not is_cell:
        return None
    shown = min(int(number[:9]), _MOST_SHOWN) if is_number else AT_ONCE
    return AskedCell(service.lower(), found, max(shown, AT_ONCE))


@dataclass(frozen=True, slots=True)
class OpenedAction:
    """An action of an opened cell: how it is granted, and whether it is chosen."""

    action: ActionInfo
    texture: Texture
    is_dangerous: bool
    is_chosen: bool

    @property
    def in_words(self) -> str:
        """Its level, how it is granted, and whether it is part of a risk."""
        told = (self.action.level, self.texture, "part of a risk" if self.is_dangerous else "")
        return ", ".join(filter(None, told))


@dataclass(frozen=True, slots=True)
class OpenedLevel:
    """A level of the column whose cell is opened, None for all of them."""

    cell: str
    level: Level | None
    count: int
    is_open: bool

    @property
    def name(self) -> str:
        """What it is called."""
        return self.level or "All levels"

    @property
    def slug(self) -> str:
        """The level as CSS classes have it."""
        return LEVEL_SLUGS[self.level] if self.level else ""


@dataclass(frozen=True)
class OpenedPart(Generic[Row]):
    """What a cell is opened to, row by row; `copy` is what the copy grants, None without one."""

    asked: AskedCell
    granted: EffectivePermissions
    choices: TemplateChoices
    copy: EffectivePermissions | None
    is_column: ClassVar = False

    @property
    def id(self) -> str:
        """The cell, such as `ecs:Write`."""
        return self.asked.id

    @property
    def rows(self) -> Sequence[Row]:
        """All of them, in their order."""
        raise NotImplementedError

    @property
    def shown(self) -> Sequence[Row]:
        """As many as are asked for."""
        return self.rows[: self.asked.shown]

    @property
    def last_shown(self) -> Sequence[Row]:
        """Those that come with the last step of what is asked for."""
        return self.rows[self.asked.shown - AT_ONCE : self.asked.shown]

    @property
    def is_longer(self) -> bool:
        """Whether more are shown than at first."""
        return bool(self.asked.beyond_first)

    @property
    def more(self) -> int:
        """How many the next step has."""
        return min(AT_ONCE, max(0, len(self.rows) - self.asked.shown))

    @property
    def next_shown(self) -> int:
        """How many are shown after the next step."""
        return self.asked.shown + AT_ONCE


@dataclass(frozen=True)
class OpenedCell(OpenedPart[OpenedAction]):
    """The actions of a cell; `back` is the part of which it is a row, None for a column's own."""

    template: ClassVar = "workbench/templates/_opened_actions.html"
    back: AskedCell | None = None

    @property
    def rows(self) -> Sequence[OpenedAction]:
        """Its actions."""
        return self.actions

    @cached_property
    def actions(self) -> Sequence[OpenedAction]:
        """All actions of the cell, in their order."""
        gravity = gravity_by_action()
        found = [
            (texture, grant.action)
            for texture, grant in textured_grants(self.granted)
            if grant.action.service == self.asked.service and grant.action.level == self.asked.level
        ]
        found.sort(key=lambda each: (
            each[0] == "denied", gravity.get(each[1].id.lower(), HARMLESS), each[1].name
        ))  # fmt: skip
        return [
            OpenedAction(
                action,
                texture,
                texture != "denied" and action.id.lower() in gravity,
                is_chosen(action, self.choices),
            )
            for texture, action in found
        ]

    @cached_property
    def levels(self) -> list[OpenedLevel]:
        """The levels of the service, the gravest first."""
        counts = Counter(
            grant.action.level
            for _, grant in textured_grants(self.granted)
            if grant.action.service == self.asked.service
        )
        return [
            OpenedLevel(
                f"{self.asked.service}:{each}", each, counts[each], each == self.asked.level
            )
            for each in GRAVEST_FIRST
            if counts[each] or each == self.asked.level
        ]

    @property
    def ticked(self) -> int:
        """How many of its actions are chosen."""
        return sum(each.is_chosen for each in self.actions)

    @cached_property
    def kept(self) -> list[OpenedAction]:
        """Those that the copy grants."""
        granted = {each.action.id for each in self.copy.grants} if self.copy else set()
        return [each for each in self.actions if each.action.id in granted]

    @property
    def shown_kept(self) -> str:
        """The names of those shown that the copy grants, `*` for all, for the picture's script."""
        if len(self.kept) == len(self.actions):
            return "*"
        kept = {each.action.id for each in self.kept}
        return " ".join(each.action.name for each in self.shown if each.action.id in kept)

    @property
    def has_dangerous(self) -> bool:
        """Whether one of those shown is part of a risk."""
        return any(each.is_dangerous for each in self.shown)


def is_chosen(action: ActionInfo, choices: TemplateChoices) -> bool:
    """Whether an action is ticked: by itself, or by its cell."""
    cell = f"{action.service}:{action.level}"
    is_ticked = action.id in choices.actions or cell in choices.cells
    return is_ticked and action.id not in choices.without


def gravity_by_action() -> dict[str, int]:
    """The actions that a path of a risk has, in lower case, with the gravest kind of these."""
    found: dict[str, int] = {}
    for path in rules_of_today().paths:
        for name in path.named:
            found[name] = min(path.kind.gravity, found.get(name, HARMLESS))
    return found
