"""The five access levels of actions: one row for each, with everything that is known about a level.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["List", "Read", "Write", "Permissions management", "Tagging"]


@dataclass(frozen=True, slots=True)
class AccessLevel:
    """An access level.

    `key` is its short name, as columns have it; `weight` and `height` are judgements, not AWS's:
    how much one action counts as excess, and how tall its step in a bar is.
    `has_power` says that its actions change something other than a label.
    """

    name: Level
    key: str
    weight: int
    height: int
    has_power: bool = False

    @property
    def slug(self) -> str:
        """The level as addresses and CSS classes have it, such as `permissions-management`."""
        return self.name.lower().replace(" ", "-")

    @property
    def count_column(self) -> str:
        """The column that counts what is granted of it."""
        return f"{self.key}_count"

    @property
    def free_column(self) -> str:
        """The column that counts what is granted freely of it."""
        return f"free_{self.key}_count"


ACCESS_LEVELS = (
    AccessLevel("List", "list", weight=1, height=4),
    AccessLevel("Read", "read", weight=2, height=6),
    AccessLevel("Write", "write", weight=5, height=10, has_power=True),
    AccessLevel("Permissions management", "permissions", weight=20, height=14, has_power=True),
    AccessLevel("Tagging", "tagging", weight=2, height=8),
)
LEVELS: tuple[Level, ...] = tuple(each.name for each in ACCESS_LEVELS)
_GRAVEST_FIRST = sorted(ACCESS_LEVELS, key=lambda each: -each.height)
# What a reviewer looks for before all else comes first.
GRAVEST_FIRST: tuple[Level, ...] = tuple(each.name for each in _GRAVEST_FIRST)
# Of these a grant is power over something, not only a look at it or a label on it.
POWER: tuple[Level, ...] = tuple(each.name for each in _GRAVEST_FIRST if each.has_power)
LEVEL_SLUGS: Mapping[Level, str] = {each.name: each.slug for each in ACCESS_LEVELS}
COUNT_COLUMNS: Mapping[Level, str] = {each.name: each.count_column for each in ACCESS_LEVELS}
FREE_COLUMNS: Mapping[Level, str] = {each.name: each.free_column for each in ACCESS_LEVELS}
# How much one action of a level counts as excess, the least first.
WEIGHTS: Mapping[Level, int] = {
    each.name: each.weight for each in sorted(ACCESS_LEVELS, key=lambda each: each.weight)
}
