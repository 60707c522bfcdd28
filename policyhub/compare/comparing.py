"""The answer to a comparison: verdicts, evidence, the matrix of actions, statements, text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, groupby
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from cachetools import LRUCache

from policyhub.catalog.permissions import ActionGrant, EffectivePermissions, effective_permissions
from policyhub.catalog.reference import get_reference
from policyhub.compare.sides import Side
from policyhub.compare.text import Line, differences
from policyhub.http import LONGEST_ADDRESS
from policyhub.iam.alignment import Pair, align
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparison import Comparison, Verdict, Witness, compare
from policyhub.iam.elements import Policy, Statement
from policyhub.iam.wording import Words, given_in_words

_SENTENCES: dict[Verdict, str] = {
    "equivalent": "{left} and {right} allow the same.",
    "left_subset": "{right} allows all that {left} does, and more.",
    "right_subset": "{left} allows all that {right} does, and more.",
    "disjoint": "{left} and {right} have nothing in common.",
    "overlapping": "Neither of {left} and {right} contains the other.",
    "undecided": "Which of {left} and {right} allows more is undecided.",
}
SIGNS: dict[Verdict, str] = {
    "equivalent": "=",
    "left_subset": "⊂",
    "right_subset": "⊃",
    "disjoint": "∅",
    "overlapping": "∩",
    "undecided": "?",
}


# How many pairs of lines are held against each other in the time of one step.
_LINES_A_STEP = 20


def _compared(left: Policy, right: Policy, budget: Budget) -> Comparison:
    return compare(left, right, (action.id for action in get_reference().actions), budget)


_kept: LRUCache[tuple[Policy, Policy], Comparison] = LRUCache(maxsize=128)
_keeping = Lock()


def _compared_and_kept(left: Policy, right: Policy, budget: Budget) -> Comparison:
    """Compare managed policies alone: nothing that is pasted is kept, and nothing half done."""
    with _keeping:
        found = _kept.get((left, right))
    if found is None:
        found = _compared(left, right, budget)
        if found.is_whole:
            with _keeping:
                _kept[left, right] = found
    return found


@dataclass(frozen=True)
class Evidence:
    """A request that one side allows and the other doesn't, with links that decide it again."""

    witness: Witness
    allowed_by: Side
    other: Side

    @property
    def statement(self) -> Statement:
        """The statement that allows it."""
        return self.allowed_by.policy.statements[self.witness.statement]

    @property
    def request(self) -> dict[str, Any]:
        """The request as a simulation has it."""
        return self.witness.to_dict()

    @property
    def context(self) -> list[tuple[str, Words]]:
        """The context keys, each with what its value is: a list is never like a single one."""
        return [
            (key, given_in_words(value, True))
            if isinstance(value, list)
            else (key, given_in_words([value], False))
            for key, value in self.request["context"].items()
        ]

    @property
    def links(self) -> list[tuple[str, str]]:
        """Each side with the query of the simulator that decides the request there.

        There is none to a document that no address can hold.
        """
        sides = (self.allowed_by, self.other)
        if any(len(side.simulated) > LONGEST_ADDRESS for side in sides):
            return []
        return [(side.label, self._query(side)) for side in sides]

    def _query(self, side: Side) -> str:
        return urlencode([("policy", side.simulated)]) + "&" + self.request_query

    @property
    def request_query(self) -> str:
        """The request alone as the simulator's query."""
        request = self.request
        pairs = [("action", request["action"])]
        if request["resource"] != "*":
            pairs.append(("resource", request["resource"]))
        for key, value in request["context"].items():
            values, name = (value, f"{key}[]") if isinstance(value, list) else ([value], key)
            pairs += (("context", f"{name}={each}") for each in values)
        if "resourcePolicy" in request:
            pairs.append(("principal", request["principal"]))
            pairs.append(("resource-policy", json.dumps(request["resourcePolicy"])))
        return urlencode(pairs)


@dataclass(frozen=True)
class PairOfSides:
    """Two sides and what their comparison found."""

    left: Side
    right: Side
    budget: Budget = NO_LIMIT

    @cached_property
    def found(self) -> Comparison:
        """The comparison."""
        are_managed = self.left.policy_name and self.right.policy_name
        find = _compared_and_kept if are_managed else _compared
        return find(self.left.policy, self.right.policy, self.budget)

    @property
    def verdict(self) -> Verdict:
        """The verdict's name."""
        return self.found.verdict

    @property
    def sign(self) -> str:
        """The verdict's sign, left side first."""
        return SIGNS[self.verdict]

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        return _SENTENCES[self.verdict].format(left=self.left.label, right=self.right.label)

    @property
    def evidence(self) -> list[tuple[Side, list[Evidence]]]:
        """Each side with what it alone allows."""
        left, right = self.left, self.right
        return [
            (left, [Evidence(each, left, right) for each in self.found.only_left]),
            (right, [Evidence(each, right, left) for each in self.found.only_right]),
        ]

    @cached_property
    def statements(self) -> tuple[Pair, ...]:
        """The statements, paired."""
        return align(self.left.policy, self.right.policy, self.budget)

    @property
    def changed_statements(self) -> int:
        """How many statements are more than written differently."""
        return sum(each.change not in ("same", "cosmetic", "moved") for each in self.statements)

    @cached_property
    def text(self) -> list[Line] | None:
        """The difference of the documents line by line, their order aside.

        None where it would take too long: that grows with the product of their lengths.
        """
        pairs_of_lines = len(self.left.lines) * len(self.right.lines)
        try:
            self.budget.spend(pairs_of_lines // _LINES_A_STEP)
        except SpentError:
            return None
        return differences(self.left.policy, self.right.policy, self.statements)

    @property
    def same_text(self) -> bool:
        """Whether both documents are written alike, white space aside."""
        return self.left.lines == self.right.lines


@dataclass(frozen=True)
class ActionRow:
    """An action with how each side grants it; None where a side does not."""

    action: str
    level: str
    grants: tuple[ActionGrant | None, ...]

    @property
    def freedoms(self) -> list[str | None]:
        """How freely each side grants it."""
        return [None if each is None else each.freedom for each in self.grants]

    @property
    def differs(self) -> bool:
        """Whether the sides grant it differently, as far as the freedom tells."""
        return len(set(self.freedoms)) > 1


@dataclass(frozen=True)
class ServiceRows:
    """A service's actions that any side grants."""

    prefix: str
    rows: tuple[ActionRow, ...]

    @property
    def counts(self) -> list[int]:
        """How many actions each side grants."""
        sides = zip(*(each.grants for each in self.rows), strict=True)
        return [sum(each is not None for each in side) for side in sides]

    @property
    def differs(self) -> bool:
        """Whether any action is granted differently."""
        return any(each.differs for each in self.rows)


class ComparedSides:
    """Two sides or more, compared."""

    def __init__(self, sides: Sequence[Side], budget: Budget = NO_LIMIT) -> None:
        self.sides = tuple(sides)
        self.budget = budget
        pairs = combinations(self.sides, 2)
        self.pairs = [PairOfSides(left, right, budget) for left, right in pairs]

    @property
    def only_pair(self) -> PairOfSides | None:
        """The pair, where there are two sides."""
        return self.pairs[0] if len(self.sides) == 2 else None

    @property
    def against_first(self) -> list[PairOfSides]:
        """The pairs of the first side with each other one."""
        return [pair for pair in self.pairs if pair.left is self.sides[0]]

    @cached_property
    def rows(self) -> tuple[ActionRow, ...] | None:
        """The matrix of actions that any side grants, by service and name.

        None where it takes too long to find out.
        """
        try:
            granted = [
                effective_permissions(side.policy, budget=self.budget) for side in self.sides
            ]
        except SpentError:
            return None
        actions = {grant.action.id: grant.action for each in granted for grant in each.grants}
        return tuple(
            ActionRow(name, actions[name].level, tuple(_grant(each, name) for each in granted))
            for name in sorted(actions)
        )

    def services(self, only_differences: bool = False) -> Iterator[ServiceRows]:
        """The matrix by service, only what differs if asked."""
        rows = (each for each in self.rows or () if each.differs or not only_differences)
        for prefix, of_service in groupby(rows, lambda row: row.action.partition(":")[0]):
            yield ServiceRows(prefix, tuple(of_service))

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it; of more than two sides each pair by itself."""
        made: dict[str, Any] = {
            "policies": [side.to_dict() for side in self.sides],
            "actions": [
                {"action": row.action, "level": row.level, "grants": row.freedoms}
                for row in self.rows or ()
            ],
            **({"actionsUndecided": True} if self.rows is None else {}),
        }
        if self.only_pair is None:
            verdicts = [
                {"left": each.left.label, "right": each.right.label, **pair_to_dict(each)}
                for each in self.pairs
            ]
            return made | {"verdicts": verdicts}
        return pair_to_dict(self.only_pair) | made


def pair_to_dict(pair: PairOfSides) -> dict[str, Any]:
    """The verdict with its evidence and the paired statements."""
    return {
        "verdict": pair.verdict,
        "sentence": pair.sentence,
        "undecided": list(pair.found.undecided),
        "onlyLeft": [each.to_dict() for each in pair.found.only_left],
        "onlyRight": [each.to_dict() for each in pair.found.only_right],
        "statements": [
            {
                "left": _statement(each.left),
                "right": _statement(each.right),
                "change": each.change,
                "clauses": list(each.clauses),
                "decided": each.is_decided,
            }
            for each in pair.statements
        ],
    }


def _statement(statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    return {"statement": statement.position, "sid": statement.sid, "effect": statement.effect}


def _grant(permissions: EffectivePermissions, action: str) -> ActionGrant | None:
    found = permissions.grant(action)
    return found if found is not None and found.freedom != "blocked" else None
