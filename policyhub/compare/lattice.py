"""Which of several sides allows all that another does: what is proved, and what is nearly so.

Sides that allow the same are one node. What follows from other lines has no line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from policyhub.catalog.access.power import PowerColumn, actions_granted, power_columns
from policyhub.catalog.access.power_maps import power_of_named
from policyhub.compare.comparing import ComparedSides
from policyhub.compare.sides import Side
from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.comparing.comparison import Relation

# Of the actions of a side so many may be missing in another that nearly has all of them.
_NEARLY = 0.1


@dataclass(frozen=True, eq=False)
class LatticeNode:
    """Sides that allow the same; `layer` counts the nodes above it on the longest way up.

    `power` is what its smallest picture shows, `actions` are the names of what it grants in
    whatever bounds: None where it takes too long to expand them.
    """

    sides: tuple[Side, ...]
    layer: int
    power: Sequence[PowerColumn] | None
    actions: frozenset[str] | None

    @property
    def label(self) -> str:
        """The names of its sides."""
        return " = ".join(each.label for each in self.sides)

    @property
    def action_count(self) -> int:
        """How many actions it grants."""
        return actions_granted(self.power or ())


@dataclass(frozen=True)
class Containment:
    """Proved: the upper node allows all that the lower one does, and more."""

    upper: LatticeNode
    lower: LatticeNode


@dataclass(frozen=True)
class NearContainment:
    """By names of actions alone: all but some of those of `part` are among those of `whole`."""

    part: LatticeNode
    whole: LatticeNode
    missing: int

    @property
    def words(self) -> str:
        """How many are missing."""
        return f"all but {self.missing:,}" if self.missing else "all names"


@dataclass(frozen=True)
class Lattice:
    """Nodes by layer, the proved lines between them, and those that are nearly so.

    Of `undecided` pairs it is not known whether one contains the other.
    """

    nodes: tuple[LatticeNode, ...]
    proved: tuple[Containment, ...]
    nearly: tuple[NearContainment, ...]
    undecided: int = 0

    @property
    def layers(self) -> list[list[LatticeNode]]:
        """The nodes of each layer, those with the most actions first."""
        deepest = max(each.layer for each in self.nodes)
        return [[each for each in self.nodes if each.layer == at] for at in range(deepest + 1)]


def lattice(compared: ComparedSides) -> Lattice:
    """What the comparison of each two sides amounts to, counting requests that are possible."""
    places = list(combinations(range(len(compared.sides)), 2))
    verdicts = {
        place: pair.possible_verdict for place, pair in zip(places, compared.pairs, strict=True)
    }
    groups = _groups(len(compared.sides), verdicts)
    below = _below(groups, verdicts)
    members: dict[int, list[Side]] = {}
    for side, group in zip(compared.sides, groups, strict=True):
        members.setdefault(group, []).append(side)
    kept = power_of_named({side.policy_name for side in compared.sides if side.policy_name})
    nodes = {
        group: _node(sides, _layer(group, below), kept, compared.budget)
        for group, sides in members.items()
    }
    proved = tuple(
        Containment(nodes[upper], nodes[lower])
        for upper, lowers in below.items()
        for lower in sorted(lowers)
        if not any(lower in below[between] for between in lowers)
    )
    ordered = sorted(nodes.values(), key=lambda each: (each.layer, -each.action_count))
    undecided = sum(verdict == "undecided" for verdict in verdicts.values())
    return Lattice(tuple(ordered), proved, tuple(_nearly(nodes, below)), undecided)


def _node(
    sides: Sequence[Side],
    layer: int,
    kept: Mapping[tuple[str, str], Sequence[PowerColumn]],
    budget: Budget,
) -> LatticeNode:
    """A node with what is kept of its policy, or else is found out in time."""
    power = kept.get((sides[0].policy_name, sides[0].version_id))
    try:
        granted = sides[0].granted(budget)
    except SpentError:
        return LatticeNode(tuple(sides), layer, power, None)
    actions = frozenset(each.action.id for each in granted.grants)
    return LatticeNode(tuple(sides), layer, power or power_columns(granted), actions)


def _groups(count: int, verdicts: Mapping[tuple[int, int], Relation]) -> list[int]:
    """The number of the group of each side, one for all sides that allow the same."""
    groups = list(range(count))
    for (left, right), verdict in verdicts.items():
        if verdict == "equivalent":
            joined, other = groups[left], groups[right]
            groups = [joined if group == other else group for group in groups]
    return groups


def _below(
    groups: Sequence[int], verdicts: Mapping[tuple[int, int], Relation]
) -> dict[int, set[int]]:
    """The groups that each group contains."""
    below: dict[int, set[int]] = {group: set() for group in groups}
    for (left, right), verdict in verdicts.items():
        if verdict == "left_subset" and groups[left] != groups[right]:
            below[groups[right]].add(groups[left])
        elif verdict == "right_subset" and groups[left] != groups[right]:
            below[groups[left]].add(groups[right])
    return below


def _layer(group: int, below: Mapping[int, set[int]]) -> int:
    above = [other for other, lowers in below.items() if group in lowers]
    return 1 + max(_layer(each, below) for each in above) if above else 0


def _nearly(
    nodes: Mapping[int, LatticeNode], below: Mapping[int, set[int]]
) -> list[NearContainment]:
    """What is nearly contained, by names; of what contains such a whole there is no line."""
    found = []
    for part in nodes:
        apart = [each for each in nodes if each not in below[part] and part not in below[each]]
        missing = {each: _missing(nodes[part], nodes[each]) for each in apart if each != part}
        near = {each: count for each, count in missing.items() if count is not None}
        found += [
            NearContainment(nodes[part], nodes[whole], count)
            for whole, count in near.items()
            if not below[whole] & near.keys()
        ]
    return found


def _missing(part: LatticeNode, whole: LatticeNode) -> int | None:
    """How many names are missing, if few are; None where it is not known."""
    if part.actions is None or whole.actions is None:
        return None
    missing = len(part.actions - whole.actions)
    return missing if missing < _NEARLY * len(part.actions) else None
