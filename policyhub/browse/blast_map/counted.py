"""What the blast map shows: services, their actions by access level and by how they are granted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from policyhub.catalog.access.permissions import ActionGrant, EffectivePermissions
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level

Texture = Literal["free", "bounded", "denied"]
TEXTURES: tuple[Texture, ...] = ("free", "bounded", "denied")
# Shown by its name: one such action outweighs a hundred others of its level.
_NAMED = frozenset({"iam:PassRole"})
# Sorts behind every number of a risk.
_NO_RISK = 1_000


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


class RiskMark(NamedTuple):
    """The number of a risk in a verdict, and whether nothing limits it."""

    number: int
    is_free: bool


@dataclass(frozen=True)
class MappedService:
    """A service with its cells by level; `count` services where it stands for several.

    `risks` are those that an action of it is part of.
    """

    prefix: str
    cells: Mapping[Level, GrantCount]
    count: int = 1
    risks: tuple[RiskMark, ...] = ()

    @property
    def in_words(self) -> str:
        """What the column shows, in words."""
        rows = (
            f"{level}: {self.cells[level].in_words}"
            for level in GRAVEST_FIRST
            if level in self.cells
        )
        return f"{self.title}. {'; '.join(rows)}"

    @property
    def title(self) -> str:
        """The prefix, or how many services the column stands for."""
        if not self.prefix:
            return f"{self.count:,} other service{'s' if self.count > 1 else ''}"
        return self.prefix

    @property
    def weight(self) -> tuple[object, ...]:
        """For sorting: risks, names, the gravest level granted freely, free power, all actions."""
        free = [level for level in GRAVEST_FIRST if self._cell(level).free]
        gravest = GRAVEST_FIRST.index(free[0]) if free else len(GRAVEST_FIRST)
        everything = sum(cell.count for cell in self.cells.values())
        is_named = any(cell.named for cell in self.cells.values())
        risk = self.risks[0].number if self.risks else _NO_RISK
        return risk, not is_named, gravest, -self._cell("Write").free, -everything, self.prefix

    def _cell(self, level: Level) -> GrantCount:
        return self.cells.get(level, GrantCount())


def mapped_services(
    permissions: EffectivePermissions, risks: Mapping[str, tuple[RiskMark, ...]] | None = None
) -> tuple[MappedService, ...]:
    """The services that a document grants or denies actions of, what weighs most first.

    `risks` are those of a verdict by service.
    """
    marks = risks or {}
    cells: dict[str, dict[Level, _Count]] = {}
    for texture, grant in _textured(permissions):
        by_level = cells.setdefault(grant.action.service, {})
        by_level.setdefault(grant.action.level, _Count()).add(texture, grant)
    services = (
        MappedService(
            prefix,
            {level: count.cell for level, count in by_level.items()},
            risks=marks.get(prefix, ()),
        )
        for prefix, by_level in cells.items()
    )
    return tuple(sorted(services, key=lambda service: service.weight))


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


def _textured(permissions: EffectivePermissions) -> Iterator[tuple[Texture, ActionGrant]]:
    for grant in permissions.grants:
        yield ("free" if grant.freedom == "free" else "bounded"), grant
    for grant in permissions.denied:
        yield "denied", grant


def map_in_words(services: Iterable[MappedService]) -> str:
    """The whole picture in a sentence for each level."""
    services = tuple(services)
    whole = together(services)
    if whole is None:
        return "No actions."
    rows = (
        f"{level}: {whole.cells[level].in_words}" for level in GRAVEST_FIRST if level in whole.cells
    )
    return f"{'. '.join(rows)}. In {len(services):,} service{'s' if len(services) != 1 else ''}."


def together(services: Sequence[MappedService]) -> MappedService | None:
    """Services as one column; None for none."""
    if not services:
        return None
    cells: dict[Level, GrantCount] = {}
    for service in services:
        for level, cell in service.cells.items():
            cells[level] = cells.get(level, GrantCount()) + cell
    return MappedService("", cells, len(services))
