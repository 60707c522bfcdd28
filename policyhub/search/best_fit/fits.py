"""The best fit: which managed policies, the fewest of them, grant some actions and little else.

What a policy grants beyond the actions asked for is its excess, an action weighing the more the
more its access level lets its holder do. For each number of policies the search finds those
with the least excess together: by branch and bound over the actions that are not covered yet,
the one that fewest policies grant first. A limit on its steps keeps it short; where it was
reached, the answer says that it may not be the best.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import Any

from policyhub.catalog.access import bits
from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.verdicts import FREEDOMS, Freedom
from policyhub.catalog.access_levels import LEVELS, WEIGHTS, Level
from policyhub.catalog.models import Policy
from policyhub.catalog.reference.in_memory import Reference
from policyhub.catalog.retired import retired_policy

MOST_POLICIES = 4
MOST_STEPS = 20_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy with what it covers of the actions asked for, and all that it grants.

    `covered` has a bit an action asked for, `granted` a bit a place in `Reference.actions`.
    """

    name: str
    version_id: str
    covered: int
    granted: int
    freedoms: Mapping[str, Freedom]


@dataclass(frozen=True)
class Fit:
    """Some policies that together cover all that can be covered, and what else they grant."""

    policies: tuple[Candidate, ...]
    excess: int
    excess_counts: Mapping[Level, int]

    @property
    def names(self) -> tuple[str, ...]:
        """The policies' names."""
        return tuple(each.name for each in self.policies)

    @property
    def excess_total(self) -> int:
        """How many actions they grant in addition to those asked for."""
        return sum(self.excess_counts.values())

    @cached_property
    def bounded(self) -> tuple[tuple[str, str, Freedom], ...]:
        """The actions that they grant only with restrictions: (action, policy, how), the freest "
        "way."""
        found = []
        for action in sorted({action for each in self.policies for action in each.freedoms}):
            ways = [
                (FREEDOMS.index(freedom), each.name, freedom)
                for each in self.policies
                if (freedom := each.freedoms.get(action))
            ]
            _, name, freedom = min(ways)
            if freedom != "free":
                found.append((action, name, freedom))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The fit as JSON has it."""
        return {
            "policies": [
                {"policy": each.name, "versionId": each.version_id} for each in self.policies
            ],
            "excess": self.excess,
            "excessActions": dict(self.excess_counts),
            "inBounds": [
                {"action": action, "policy": name, "freedom": freedom}
                for action, name, freedom in self.bounded
            ],
        }


@dataclass(frozen=True)
class BestFits:
    """The answer for one way of counting what is covered.

    `fits` has the best for each number of policies, as long as another policy lessens the
    excess; `singles` the single policies that cover everything, the least excess first.
    `is_proven` is false where a search was cut short: there may be better ones.
    """

    fits: tuple[Fit, ...]
    singles: tuple[Fit, ...]
    uncovered: tuple[str, ...]
    is_proven: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON has it."""
        return {
            "fits": [each.to_dict() for each in self.fits],
            "singles": [each.to_dict() for each in self.singles],
            "uncovered": list(self.uncovered),
            "proven": self.is_proven,
        }


@dataclass
class _Search:
    """The search for the least excess with at most so many policies."""

    candidates: Sequence[Candidate]
    wanted: int
    excess: _Excess
    steps: int = 0
    best: int = -1
    chosen: tuple[Candidate, ...] = ()
    by_action: dict[int, list[Candidate]] = field(default_factory=dict)

    def run(self, most: int) -> None:
        """Find the best of at most `most` policies; `chosen` stays empty if there is none."""
        remaining, place = self.wanted, 0
        while remaining:
            if remaining & 1:
                self.by_action[place] = [
                    each for each in self.candidates if each.covered >> place & 1
                ]
            remaining, place = remaining >> 1, place + 1
        self._choose((), self.wanted, 0, most)

    def _choose(self, taken: tuple[Candidate, ...], missing: int, granted: int, left: int) -> None:
        if not missing:
            excess = self.excess.of(granted)
            if self.best < 0 or excess < self.best:
                self.best, self.chosen = excess, taken
            return
        if not left:
            return
        rarest = min(
            (place for place in self.by_action if missing >> place & 1),
            key=lambda place: len(self.by_action[place]),
        )
        ways = [(self.excess.of(granted | each.granted), each) for each in self.by_action[rarest]]
        self.steps += len(ways)
        for excess, each in sorted(ways, key=lambda way: (way[0], way[1].name)):
            if self.steps > MOST_STEPS or (self.best >= 0 and excess >= self.best):
                return
            self._choose((*taken, each), missing & ~each.covered, granted | each.granted, left - 1)


class _Excess:
    """Weighs what is granted beyond the actions asked for."""

    def __init__(self, asked: int, masks: Mapping[Level, int]) -> None:
        self._masks = {level: mask & ~asked for level, mask in masks.items()}

    def counts(self, granted: int) -> dict[Level, int]:
        """How many actions beyond those asked for, by level."""
        return {level: (granted & mask).bit_count() for level, mask in self._masks.items()}

    def of(self, granted: int) -> int:
        """Their weight."""
        return sum(
            WEIGHTS[level] * (granted & mask).bit_count() for level, mask in self._masks.items()
        )


class BestFit:
    """Answers for one list of actions."""

    def __init__(
        self,
        catalogue: Catalogue,
        reference: Reference,
        actions: Sequence[str],
        any_policy: bool = False,
    ) -> None:
        self.actions = tuple(actions)
        self._catalogue = catalogue
        self._reference = reference
        places = {action.id.lower(): place for place, action in enumerate(reference.actions)}
        asked = sum(1 << places[each.lower()] for each in set(actions) if each.lower() in places)
        self._excess = _Excess(asked, _level_masks(reference))
        self._all = self._candidates(None if any_policy else _attachable())

    def _candidates(self, allowed: set[str] | None) -> list[Candidate]:
        covered: dict[str, dict[str, Freedom]] = {}
        versions: dict[str, str] = {}
        for action in self.actions:
            for granting in self._catalogue.granting(action):
                if granting.freedom != "blocked" and (allowed is None or granting.name in allowed):
                    covered.setdefault(granting.name, {})[action] = granting.freedom
                    versions[granting.name] = granting.version_id
        granted = self._catalogue.granted_by(covered.keys())
        return [
            Candidate(
                name,
                versions[name],
                self._bits(freedoms),
                bits.of_places(granted[name], len(self._reference.actions)),
                freedoms,
            )
            for name, freedoms in covered.items()
        ]

    def _bits(self, actions: Iterable[str]) -> int:
        kept = set(actions)
        return sum(1 << place for place, each in enumerate(self.actions) if each in kept)

    def freely(self) -> BestFits:
        """Counting an action as covered where it is granted on everything, unconditionally."""
        candidates = [
            Candidate(
                each.name,
                each.version_id,
                self._bits(a for a, freedom in each.freedoms.items() if freedom == "free"),
                each.granted,
                each.freedoms,
            )
            for each in self._all
        ]
        return self._best([each for each in candidates if each.covered])

    def in_bounds(self) -> BestFits:
        """Counting an action as covered also under conditions or on some resources."""
        return self._best(self._all)

    def _best(self, candidates: list[Candidate]) -> BestFits:
        every = (1 << len(self.actions)) - 1
        wanted = 0
        for each in candidates:
            wanted |= each.covered
        uncovered = tuple(
            each for place, each in enumerate(self.actions) if not wanted >> place & 1
        )
        if not wanted:
            return BestFits((), (), uncovered)
        alone = [each for each in candidates if each.covered == every]
        singles = sorted((self._fit((each,)) for each in alone), key=_by_excess)
        least, is_proven, fits = -1, True, []
        kept = _undominated(_lasting(candidates, wanted))
        for number in range(1, MOST_POLICIES + 1):
            search = _Search(kept, wanted, self._excess, best=least)
            search.run(number)
            is_proven = is_proven and search.steps <= MOST_STEPS
            if search.chosen:
                least = search.best
                fits.append(self._fit(search.chosen))
        return BestFits(tuple(fits), tuple(singles[:SHOWN]), uncovered, is_proven)

    def _fit(self, policies: tuple[Candidate, ...]) -> Fit:
        granted = 0
        for each in policies:
            granted |= each.granted
        ordered = tuple(sorted(policies, key=lambda each: each.name))
        return Fit(ordered, self._excess.of(granted), self._excess.counts(granted))

    def to_dict(self) -> dict[str, Any]:
        """The whole answer as JSON has it."""
        return {
            "actions": list(self.actions),
            "weights": dict(WEIGHTS),
            "freely": self.freely().to_dict(),
            "inBounds": self.in_bounds().to_dict(),
        }


def _by_excess(fit: Fit) -> tuple[bool, int, tuple[str, ...]]:
    """Those that AWS has deprecated come last."""
    return any(map(retired_policy, fit.names)), fit.excess, fit.names


def _lasting(candidates: Sequence[Candidate], wanted: int) -> Sequence[Candidate]:
    """Without those that AWS has deprecated, as long as the others cover as much."""
    lasting = [each for each in candidates if not retired_policy(each.name)]
    covered = reduce(or_, (each.covered for each in lasting), 0)
    return lasting if covered & wanted == wanted else candidates


def _undominated(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without the policies in whose place another one covers as much and grants less."""
    kept: list[Candidate] = []
    for each in sorted(candidates, key=lambda one: (one.granted.bit_count(), one.name)):
        is_dominated = any(
            each.covered & ~other.covered == 0 and other.granted & ~each.granted == 0
            for other in kept
        )
        if not is_dominated:
            kept.append(each)
    return kept


def _attachable() -> set[str]:
    return set(Policy.objects.filter(attachable=True).values_list("key", flat=True))


def _level_masks(reference: Reference) -> dict[Level, int]:
    places: dict[Level, list[int]] = {level: [] for level in LEVELS}
    for place, action in enumerate(reference.actions):
        places[action.level].append(place)
    return {level: bits.of_places(each, len(reference.actions)) for level, each in places.items()}
