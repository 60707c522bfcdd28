"""What the actions of a copy also need, and the copy does not allow.

Source: Service Authorization Reference, "Actions defined by" each service, dependent actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions


@dataclass(frozen=True, slots=True)
class MissingNeed:
    """An action that is kept, one that it needs, and whether the original allows that."""

    action: str
    needs: str
    was_allowed: bool

    def to_dict(self) -> dict[str, Any]:
        """The need as JSON has it."""
        return {"action": self.action, "needs": self.needs, "inOriginal": self.was_allowed}


def missing_needs(copy: EffectivePermissions, original: EffectivePermissions) -> list[MissingNeed]:
    """The needs that a copy leaves open, what the original allowed first."""
    granted, before = (
        {grant.action.id.lower() for grant in each.grants} for each in (copy, original)
    )
    found = [
        MissingNeed(action, needs, needs.lower() in before)
        for action, needs in _needs(copy)
        if needs.lower() not in granted
    ]
    return sorted(found, key=lambda each: not each.was_allowed)


def _needs(permissions: EffectivePermissions) -> Iterator[tuple[str, str]]:
    for grant in permissions.grants:
        info = grant.action
        of_types = (each for one in info.resource_types for each in one.dependent_actions)
        for needs in dict.fromkeys((*info.dependent_actions, *of_types)):
            yield info.id, needs
