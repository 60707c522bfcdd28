"""How much two sides differ: their actions counted by access level and by what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.access_levels import GRAVEST_FIRST, Level
from policyhub.compare.matrix import CHANGES, Change

# As the map of a difference names them.
GAINED_RESTRICTED = "gained, restricted"


@dataclass(frozen=True)
class LevelSizes:
    """How many actions of an access level became what; of those gained, how many are restricted."""

    level: Level
    counts: Mapping[Change, int]
    gained_in_bounds: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The sizes as JSON has them."""
        return {"level": self.level, **dict(self.counts.items())}


def sizes(
    changes: Mapping[str, Change], left: EffectivePermissions, right: EffectivePermissions
) -> list[LevelSizes]:
    """How many actions changed how, by access level, the most serious first; all five levels."""
    levels = {each.action.id: each.action.level for side in (left, right) for each in side.grants}
    counted = Counter((levels[action], change) for action, change in changes.items())
    bounded = Counter(levels[action] for action in gained_in_bounds(changes, right))
    return [
        LevelSizes(level, {change: counted[level, change] for change in CHANGES}, bounded[level])
        for level in GRAVEST_FIRST
    ]


def gained_in_bounds(changes: Mapping[str, Change], right: EffectivePermissions) -> set[str]:
    """The actions that are gained on some resources or under a condition alone."""
    free = {each.action.id for each in right.grants if each.freedom == "free"}
    return {action for action, change in changes.items() if change == "gained"} - free


_BOUNDS_CHANGED: tuple[tuple[Change, str], ...] = (
    ("wider", "has wider bounds for"),
    ("narrower", "has narrower bounds for"),
    ("different", "has other bounds for"),
)


def by_service_and_level(
    changes: Mapping[str, Change], left: EffectivePermissions, right: EffectivePermissions
) -> dict[str, dict[Level, dict[str, list[str]]]]:
    """The actions by service, access level and what became of them.

    Those that are gained and restricted are apart from others that are gained.
    """
    infos = {each.action.id: each.action for side in (left, right) for each in side.grants}
    bounded = gained_in_bounds(changes, right)
    found: dict[str, dict[Level, dict[str, list[str]]]] = {}
    for action in sorted(changes):
        info = infos[action]
        cells = found.setdefault(info.service, {}).setdefault(info.level, {})
        change = GAINED_RESTRICTED if action in bounded else changes[action]
        cells.setdefault(change, []).append(action)
    return found


def sizes_in_words(found: Sequence[LevelSizes], right: str) -> str:
    """How much one side gained and lost against another, in a clause about it."""
    if not found:
        return "Finding out which actions differ takes longer than one request may"
    parts = [f"{right} gains {_count(found, 'gained')}"]
    for change, words in _BOUNDS_CHANGED:
        if any(each.counts[change] for each in found):
            parts.append(f"{words} {_count(found, change)}")
    parts.append(f"loses {_count(found, 'lost')}")
    if any(each.counts["undecided"] for each in found):
        parts.append(f"{_count(found, 'undecided')} undecided")
    return ", ".join(parts)


def _count(found: Sequence[LevelSizes], change: Change) -> str:
    """So many actions, with their levels."""
    counts = [(each.level, each.counts[change]) for each in found if each.counts[change]]
    total = sum(count for _, count in counts)
    noun = "action" if total == 1 else "actions"
    if not counts:
        return "none"
    if len(counts) == 1:
        return f"{total:,} {counts[0][0]} {noun}"
    return f"{total:,} {noun} ({', '.join(f'{count:,} {level}' for level, count in counts)})"
