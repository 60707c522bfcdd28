"""The matrix of actions: how each side grants each, in which bounds, and how that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, sqrt
from typing import Any, Literal

from policyhub.catalog.access.permissions import ActionGrant, EffectivePermissions
from policyhub.catalog.facts.services import get_service_facts
from policyhub.compare.sides import Side
from policyhub.iam.budget import Budget
from policyhub.iam.comparing.action_changes import ActionChanges
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.evidence import bounds_in_words, place_in_words
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import Words, plain

Change = Literal["same", "gained", "wider", "different", "narrower", "lost", "undecided"]
CHANGES: tuple[Change, ...] = (
    "gained", "wider", "different", "narrower", "lost", "undecided", "same",
)  # fmt: skip


# Steps of heat, and how many actions the first one is for: 6, 24, 54, 96 and more.
_HEAT_STEPS, _HEAT_UNIT = 5, 6

# How many of the bounds that all sides have are spelled out in a cell of the matrix.
_SHARED_SHOWN = 6

# Of each side of an action so many statements are spelled, and the others counted.
MOST_BOUNDS = 20
# Of so many sets of statements: beyond, all are counted.
MOST_SPELLED = 500


@dataclass(frozen=True)
class Bound:
    """A statement that allows an action, or denies a part of it: on what and when."""

    statement: Statement
    words: Words

    @property
    def place(self) -> str:
        """The statement by its number and Sid."""
        return place_in_words(self.statement)

    @property
    def is_deny(self) -> bool:
        """Whether it takes something away."""
        return self.statement.effect == "Deny"

    def to_dict(self) -> dict[str, Any]:
        """The bound as JSON has it."""
        return {
            "statement": self.statement.position,
            "sid": self.statement.sid,
            "effect": self.statement.effect,
            "words": plain(self.words).strip(),
        }


@dataclass(frozen=True)
class Cell:
    """How one side grants an action, as the matrix shows it; `freedom` is None where it doesn't.

    `change` is None on the first side; `own` are the bounds that not every side with the action
    has, `shared` the first of the others, of which there are `more_shared` beyond. `more` counts
    the statements whose bounds are not spelled at all.
    """

    freedom: str | None
    change: Change | None
    own: list[Bound]
    shared: list[Bound]
    more_shared: int
    more: int = 0

    @property
    def tone(self) -> str:
        """The change in the words of the change log, which its colours go by."""
        return _TONES.get(self.change or "same", "none")


_TONES: dict[Change, str] = {
    "gained": "widened",
    "wider": "widened",
    "different": "both",
    "narrower": "narrowed",
    "lost": "narrowed",
}


@dataclass(frozen=True)
class ComparedAction:
    """An action with how each side grants it; None where a side does not.

    `changes` say for each side except the first how the action changed there.
    """

    action: str
    level: str
    grants: tuple[ActionGrant | None, ...]
    changes: tuple[Change, ...]
    versions: tuple[str, ...]
    spelled: SpelledBounds = field(
        default_factory=lambda: SpelledBounds(), compare=False, repr=False
    )

    @property
    def freedoms(self) -> list[str | None]:
        """How freely each side grants it."""
        return [None if each is None else each.freedom for each in self.grants]

    @property
    def differs(self) -> bool:
        """Whether any side allows it in other cases than the first."""
        return any(each != "same" for each in self.changes)

    @property
    def bounds(self) -> list[list[Bound] | None]:
        """In which bounds each side grants it, the first of many; None where a side does not."""
        return [
            None if grant is None else self.spelled.of(grant, version)
            for grant, version in zip(self.grants, self.versions, strict=True)
        ]

    @property
    def more_bounds(self) -> list[int]:
        """How many statements of each side are not among its bounds."""
        return [
            0 if grant is None else _count_of(grant) - len(side or ())
            for grant, side in zip(self.grants, self.bounds, strict=True)
        ]

    @property
    def cells(self) -> list[Cell]:
        """What the matrix shows of each side."""
        none: list[list[Bound] | None] = [None] * len(self.grants)
        bounds = self.bounds if self.differs else none
        unspelled = self.more_bounds if self.differs else [0] * len(self.grants)
        told = [{(each.is_deny, each.words) for each in side} for side in bounds if side]
        # Where not all were spelled, which ones every side has is not known.
        is_whole = not any(unspelled)
        common = set.intersection(*told) if len(told) > 1 and is_whole else set()
        # Free on the only side that has it: the chip says all that there is to say.
        if len(told) == 1 and "free" in self.freedoms:
            bounds = none
        cells = []
        sides = zip(self.freedoms, (None, *self.changes), bounds, unspelled, strict=True)
        for freedom, change, side, more in sides:
            own = [each for each in side or () if (each.is_deny, each.words) not in common]
            shared = [each for each in side or () if (each.is_deny, each.words) in common]
            few = shared[:_SHARED_SHOWN]
            unseen = len(shared) - len(few)
            cells.append(Cell(freedom, change, own, few, unseen, 0 if side is None else more))
        return cells

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it, the bounds only where they differ; of too many their number."""
        made: dict[str, Any] = {
            "action": self.action,
            "level": self.level,
            "grants": self.freedoms,
        }
        if len(self.changes) == 1:
            made["change"] = self.changes[0]
        else:
            made["changes"] = list(self.changes)
        if self.differs and any(self.more_bounds):
            made["boundCounts"] = [
                None if each is None else _count_of(each) for each in self.grants
            ]
        elif self.differs:
            made["bounds"] = [
                None if side is None else [each.to_dict() for each in side] for side in self.bounds
            ]
        return made


@dataclass(frozen=True)
class ServiceRows:
    """A service's actions that any side grants."""

    prefix: str
    rows: tuple[ComparedAction, ...]

    @property
    def counts(self) -> list[int]:
        """How many actions each side grants."""
        sides = zip(*(each.grants for each in self.rows), strict=True)
        return [sum(each is not None for each in side) for side in sides]

    @property
    def heat(self) -> list[tuple[int, int]]:
        """Each count with its step of heat: by its root, as lengths in pictures are."""
        return [(count, min(_HEAT_STEPS, ceil(sqrt(count / _HEAT_UNIT)))) for count in self.counts]


def action_changes(
    left: Side,
    right: Side,
    budget: Budget,
    contexts: Contexts = ANY_CONTEXT,
    service: str | None = None,
    before: Mapping[str, Change] | None = None,
) -> dict[str, Change]:
    """What became of each action that either side grants, or of those of a service, by its id.

    Actions that the same statements grant on both sides share the answer. What is in `before`
    was found out already; once the budget is spent, the rest is undecided. Raises `SpentError`
    where it takes too long to find out which actions those are.
    """
    changes = ActionChanges(left.policy, right.policy, budget, contexts, get_service_facts())
    granted = left.granted(budget), right.granted(budget)
    one, other = map(_grants, granted)
    found = dict(before or {})
    groups: dict[object, list[str]] = {}
    for action in one.keys() | other.keys():
        if action not in found and service in (None, prefix_of(action)):
            key = *(_statements_key(each.grant(action)) for each in granted), changes.kind(action)
            groups.setdefault(key, []).append(action)
    for alike in groups.values():
        change: Change = "undecided"
        if not budget.is_spent:
            action = alike[0]
            change = _change_of_grant(changes.of(action), action in one, action in other)
        found |= dict.fromkeys(alike, change)
    return found


def _grants(granted: EffectivePermissions) -> dict[str, ActionGrant]:
    """What a side grants, without what its Denies remove completely."""
    return {each.action.id: each for each in granted.grants if each.freedom != "blocked"}


def _statements_key(grant: ActionGrant | None) -> object:
    """A key for the statements of a grant, which those of the same document share."""
    return grant and (id(grant.allowed_by), id(grant.denied_by))


def _change_of_grant(change: Change, was_granted: bool, is_granted: bool) -> Change:
    if change == "wider" and not was_granted:
        return "gained"
    return "lost" if change == "narrower" and not is_granted else change


def compared_actions(
    sides: Sequence[EffectivePermissions],
    versions: Sequence[str],
    changes: Sequence[Mapping[str, Change]],
) -> list[ComparedAction]:
    """The matrix by service and name; `changes` are those of the first side to each other.

    `versions` are those of the policy language that the sides are written in.
    """
    granted = [_grants(side) for side in sides]
    spelled = SpelledBounds()
    actions = {name: grant.action for each in granted for name, grant in each.items()}
    return [
        ComparedAction(
            name,
            actions[name].level,
            tuple(each.get(name) for each in granted),
            # What neither of two grants is the same on both.
            tuple(each.get(name, "same") for each in changes),
            tuple(versions),
            spelled,
        )
        for name in sorted(actions)
    ]


def by_service(rows: Iterable[ComparedAction]) -> Iterator[ServiceRows]:
    """The rows of each service together."""
    for prefix, of_service in groupby(rows, lambda row: prefix_of(row.action)):
        yield ServiceRows(prefix, tuple(of_service))


def prefix_of(action: str) -> str:
    """The prefix of an action's service."""
    return action.partition(":")[0]


def _count_of(grant: ActionGrant) -> int:
    return len(grant.allowed_by) + len(grant.denied_by)


class SpelledBounds:
    """The bounds spelled so far: actions that the same statements grant share them."""

    def __init__(self) -> None:
        self._of_grants: dict[object, list[Bound]] = {}
        # By identity: statements live as long as the comparison, and are costly to hash.
        self._of_statements: dict[tuple[int, str], Bound] = {}

    def of(self, grant: ActionGrant, version: str) -> list[Bound]:
        """The first bounds of a grant; none once too many were spelled."""
        key = _statements_key(grant), version
        if key not in self._of_grants:
            if len(self._of_grants) == MOST_SPELLED:
                return []
            statements = (*grant.allowed_by, *grant.denied_by)[:MOST_BOUNDS]
            self._of_grants[key] = [self._bound(each, version) for each in statements]
        return self._of_grants[key]

    def _bound(self, statement: Statement, version: str) -> Bound:
        key = id(statement), version
        if key not in self._of_statements:
            self._of_statements[key] = Bound(statement, bounds_in_words(statement, version))
        return self._of_statements[key]
