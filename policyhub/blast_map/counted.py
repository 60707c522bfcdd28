"""What the blast map shows: services, their actions by access level and by how they are granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access.power import (
    Cells,
    GrantCount,
    PowerColumn,
    cells_by_service,
    cells_of_column,
    weight_of,
)
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level

# Sorts behind every number of a risk.
_NO_RISK = 1_000


class RiskMark(NamedTuple):
    """The number of a risk in a verdict, and whether nothing limits it."""

    number: int
    is_free: bool


def title_of_column(prefix: str, count: int) -> str:
    """The prefix of a service, or how many others a column without one stands for."""
    return prefix or f"{count:,} other service{'s' if count > 1 else ''}"


def cells_in_words(cells: Cells) -> str:
    """What cells show, in words, the gravest level first; "" for none."""
    rows = (f"{level}: {cells[level].in_words}" for level in GRAVEST_FIRST if level in cells)
    return "; ".join(rows)


@dataclass(frozen=True)
class MappedService:
    """A service with its cells by level; `count` services where it stands for several.

    `risks` are those that an action of it is part of.
    """

    prefix: str
    cells: Cells
    count: int = 1
    risks: tuple[RiskMark, ...] = ()

    @property
    def in_words(self) -> str:
        """What the column shows, in words."""
        return f"{self.title}. {cells_in_words(self.cells)}"

    @property
    def title(self) -> str:
        """The prefix, or how many services the column stands for."""
        return title_of_column(self.prefix, self.count)

    @property
    def weight(self) -> tuple[object, ...]:
        """For sorting: risks, then as `catalog.access.power` weighs services."""
        risk = self.risks[0].number if self.risks else _NO_RISK
        return risk, *weight_of(self.cells), self.prefix


def mapped_services(
    permissions: EffectivePermissions, risks: Mapping[str, tuple[RiskMark, ...]] | None = None
) -> tuple[MappedService, ...]:
    """The services that a document grants or denies actions of, what weighs most first.

    `risks` are those of a verdict by service.
    """
    marks = risks or {}
    services = (
        MappedService(prefix, cells, risks=marks.get(prefix, ()))
        for prefix, cells in cells_by_service(permissions).items()
    )
    return tuple(sorted(services, key=lambda service: service.weight))


def kept_services(columns: Iterable[PowerColumn]) -> tuple[MappedService, ...]:
    """The services of columns that are kept, without their names."""
    return tuple(MappedService("", cells_of_column(each), each[0]) for each in columns)


def map_in_words(services: Iterable[MappedService]) -> str:
    """The whole picture in a sentence for each level."""
    services = tuple(services)
    whole = together(services)
    if whole is None:
        return "No actions."
    rows = (
        f"{level}: {whole.cells[level].in_words}" for level in GRAVEST_FIRST if level in whole.cells
    )
    return f"{'. '.join(rows)}. In {whole.count:,} service{'s' if whole.count != 1 else ''}."


def together(services: Sequence[MappedService]) -> MappedService | None:
    """Services as one column; None for none."""
    if not services:
        return None
    cells: dict[Level, GrantCount] = {}
    for service in services:
        for level, cell in service.cells.items():
            cells[level] = cells.get(level, GrantCount()) + cell
    return MappedService("", cells, sum(service.count for service in services))
