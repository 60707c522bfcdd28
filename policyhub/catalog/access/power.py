"""How much power a document gives: its actions by service, access level and freedom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from policyhub.catalog.access.permissions import ActionGrant, EffectivePermissions
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.resources import on_all_resources

Texture = Literal["free", "bounded", "denied"]
TEXTURES: tuple[Texture, ...] = ("free", "bounded", "denied")
# Shown by its name: one such action outweighs a hundred others of its level.
_NAMED = frozenset({"iam:PassRole"})
# More have no room in the smallest picture of it.
_MOST_COLUMNS = 48

#: What is kept of some services: how many there are, then the numbers of free, bounded and
#: denied actions of each level, the gravest first.
PowerColumn = Sequence[int]


@dataclass(frozen=True)
class GrantCount:
    """How many actions of one level there are in a service, by how they are granted."""

    free: int = 0
    bounded: int = 0
    denied: int = 0
    named: str = ""

    @property
    def count(self) -> int:
        """All that the cell's number stands for."""
        return self.free + self.bounded + self.denied

    @property
    def parts(self) -> Iterator[tuple[Texture, int]]:
        """The marks of the cell from the left, without those of no action."""
        counts = (self.free, self.bounded, self.denied)
        return ((texture, count) for texture, count in zip(TEXTURES, counts, strict=True) if count)

    @property
    def label(self) -> str:
        """What stands next to the mark: the number, or the gravest action and how many more."""
        if not self.named:
            return f"{self.count:,}"
        return self.named if self.count == 1 else f"{self.named} +{self.count - 1:,}"

    @property
    def in_words(self) -> str:
        """The numbers by texture, as a reader of the picture's title hears them."""
        return ", ".join(f"{count:,} {texture}" for texture, count in self.parts)

    def __add__(self, other: GrantCount) -> GrantCount:
        """Both together, without a name."""
        return GrantCount(
            self.free + other.free, self.bounded + other.bounded, self.denied + other.denied
        )


Cells = Mapping[Level, GrantCount]
Key = TypeVar("Key", str, int)


def cells_by_service(permissions: EffectivePermissions) -> dict[str, Cells]:
    """The actions of each service that a document grants or denies some of, counted."""
    return _counted(
        (grant.action.service, texture, grant) for texture, grant in textured_grants(permissions)
    )


def cells_by_statement(permissions: EffectivePermissions) -> dict[int, Cells]:
    """The actions that each statement grants or denies, counted, by its position.

    An action that several statements grant counts for each of them. What an Allow alone would
    grant in bounds is bounded there, however freely another one grants it.
    """
    return _counted(_by_statement(permissions))


def _counted(rows: Iterable[tuple[Key, Texture, ActionGrant]]) -> dict[Key, Cells]:
    cells: dict[Key, dict[Level, _Count]] = {}
    for key, texture, grant in rows:
        by_level = cells.setdefault(key, {})
        by_level.setdefault(grant.action.level, _Count()).add(texture, grant)
    return {
        key: {level: count.cell for level, count in by_level.items()}
        for key, by_level in cells.items()
    }


def _by_statement(
    permissions: EffectivePermissions,
) -> Iterator[tuple[int, Texture, ActionGrant]]:
    for grant in permissions.grants:
        for allow in grant.allowed_by:
            is_free = grant.freedom == "free" and not _is_bounded(allow)
            yield allow.position, "free" if is_free else "bounded", grant
    for grant in (*permissions.grants, *permissions.denied):
        for deny in grant.denied_by:
            yield deny.position, "denied", grant


def _is_bounded(allow: Statement) -> bool:
    return bool(allow.conditions) or not on_all_resources(allow)


@dataclass
class _Count:
    """A cell while it is counted."""

    counts: dict[Texture, int] = field(default_factory=lambda: dict.fromkeys(TEXTURES, 0))
    named: str = ""

    def add(self, texture: Texture, grant: ActionGrant) -> None:
        self.counts[texture] += 1
        if grant.action.id in _NAMED and texture != "denied":
            self.named = grant.action.name

    @property
    def cell(self) -> GrantCount:
        return GrantCount(**self.counts, named=self.named)


def textured_grants(permissions: EffectivePermissions) -> Iterator[tuple[Texture, ActionGrant]]:
    """Every action that a document grants or denies, with how a picture draws it."""
    for grant in permissions.grants:
        yield ("free" if grant.freedom == "free" else "bounded"), grant
    for grant in permissions.denied:
        yield "denied", grant


def weight_of(cells: Cells) -> tuple[bool, int, int, int]:
    """For sorting, what weighs most first: names, the gravest level granted freely, free power,
    all actions."""
    free = [level for level in GRAVEST_FIRST if level in cells and cells[level].free]
    gravest = GRAVEST_FIRST.index(free[0]) if free else len(GRAVEST_FIRST)
    everything = sum(cell.count for cell in cells.values())
    is_named = any(cell.named for cell in cells.values())
    return not is_named, gravest, -cells.get("Write", GrantCount()).free, -everything


def power_columns(permissions: EffectivePermissions) -> list[list[int]]:
    """What is kept of a document for its smallest picture: services, what weighs most first.

    All that have no room are one column.
    """
    services = cells_by_service(permissions)
    order = sorted(services, key=lambda prefix: (*weight_of(services[prefix]), prefix))
    columns = [_column(services[prefix]) for prefix in order]
    kept, others = columns[:_MOST_COLUMNS], columns[_MOST_COLUMNS:]
    return [*kept, [sum(counts) for counts in zip(*others, strict=True)]] if others else kept


def _column(cells: Cells) -> list[int]:
    found = [cells.get(level, GrantCount()) for level in GRAVEST_FIRST]
    return [1, *(count for each in found for count in (each.free, each.bounded, each.denied))]


def cells_of_column(column: PowerColumn) -> Cells:
    """The cells of a kept column, those without actions left out."""
    width = len(TEXTURES)
    cells = {
        level: _grant_count(column[1 + place * width :])
        for place, level in enumerate(GRAVEST_FIRST)
    }
    return {level: cell for level, cell in cells.items() if cell.count}


def actions_granted(columns: Iterable[PowerColumn]) -> int:
    """How many actions kept columns grant, in any bounds."""
    cells = (cell for each in columns for cell in cells_of_column(each).values())
    return sum(cell.free + cell.bounded for cell in cells)


def _grant_count(counts: Sequence[int]) -> GrantCount:
    free, bounded, denied, *_ = counts
    return GrantCount(free, bounded, denied)
