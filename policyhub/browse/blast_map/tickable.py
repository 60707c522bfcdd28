"""The blast map of what a document grants with parts so large that a finger meets one of them."""

from __future__ import annotations

from dataclasses import dataclass

from policyhub.browse.blast_map.counted import mapped_services
from policyhub.browse.blast_map.phone import PhoneMap, phone_map
from policyhub.browse.blast_map.statements import StatementParts, statement_parts
from policyhub.browse.blast_map.wide import (
    TARGET,
    BlastMap,
    MapColumn,
    blast_map,
    level_rows,
)
from policyhub.catalog.access.permissions import EffectivePermissions

_PITCHES = (28, 26, 26, 26, 26)
_ROWS = level_rows(_PITCHES)


@dataclass(frozen=True)
class TickableMap:
    """The picture for a wide page and for a phone, and the statements, which both have."""

    wide: BlastMap
    phone: PhoneMap
    statements: StatementParts

    @property
    def services(self) -> list[MapColumn]:
        """The columns of services that either has by name."""
        return [column for column in self.wide.columns if column.service.prefix]


def tickable_map(permissions: EffectivePermissions) -> TickableMap:
    """Draw what a document grants and denies."""
    services = mapped_services(permissions)
    return TickableMap(
        blast_map(services, _ROWS), phone_map(services, TARGET), statement_parts(permissions)
    )
