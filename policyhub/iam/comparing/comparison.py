"""What one identity policy allows that another does not, each difference proved by a request.

All action names fall into cells that the two documents treat alike. For each cell and each Allow
statement about it, the condition under which one side allows and the other doesn't is a formula
over resource and context; a solver finds values that make it true, or proves that none do. What
is found is checked by the engine before it is reported; what takes longer than is allowed is
`undecided`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, zip_longest
from typing import Literal as OneOf

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.action_cells import action_cells
from policyhub.iam.comparing.assignments import Model
from policyhub.iam.comparing.automaton import TooManyStatesError
from policyhub.iam.comparing.compared_policy import ComparedPolicy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.proof import Proof, Witness, proof_of
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import (
    needs_no_permission,
)
from policyhub.iam.deciding.formula import Truth, all_of, negation
from policyhub.iam.deciding.request import ACTION, Request
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.elements import PolicyDocument, Statement

Relation = OneOf[
    "equivalent", "left_subset", "right_subset", "disjoint", "overlapping", "undecided"
]
# Bounds, so that an answer never takes long; beyond them it is `undecided`.
_MODELS_TRIED = 32
_MOST_SIMPLIFIED = 60
_MOST_CELLS = 60_000
_MOST_DOUBTS = 50


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two policies, with the witnesses of each side and what is undecided.

    `is_whole` is false where the budget was spent: with a larger one more may be found.
    """

    verdict: Relation
    only_left: tuple[Witness, ...]
    only_right: tuple[Witness, ...]
    undecided: tuple[str, ...] = ()
    is_whole: bool = True


def compare(
    left: PolicyDocument,
    right: PolicyDocument,
    known_actions: Iterable[str] = (),
    budget: Budget = NO_LIMIT,
    contexts: Contexts = ANY_CONTEXT,
) -> Comparison:
    """Compare what two identity policies allow: any action, any resource, in some contexts.

    `known_actions` are preferred where a difference is shown by example. Once the budget is
    spent, what was not looked at is undecided; the differences found until then are reported.

    A difference is shown by a request that one of the policies allows and the other does not:

    >>> import json
    >>> from policyhub.iam.reading.document import parse_policy
    >>> def allowing(action):
    ...     statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    ...     return parse_policy(json.dumps({"Statement": [statement]})).policy
    >>> found = compare(allowing("s3:*"), allowing("s3:Get*"), ["s3:PutObject"])
    >>> found.verdict, found.only_left[0].action, found.only_right
    ('right_subset', 's3:PutObject', ())
    """
    statements = (*left.statements, *right.statements)
    try:
        budget.spend(sum(len(each.actions) + len(each.resources) for each in statements))
        cells = list(islice(_cells(statements, known_actions, budget), _MOST_CELLS + 1))
        if len(cells) > _MOST_CELLS:
            raise UndecidedError(f"more than {_MOST_CELLS:,} groups of actions")
    except (TooManyStatesError, UndecidedError, SpentError) as error:
        reason = str(error) or "the action patterns have too many combinations"
        is_whole = not isinstance(error, SpentError)
        return Comparison("undecided", (), (), (reason,), is_whole)
    one, other = ComparedPolicy(left), ComparedPolicy(right)
    only_left = Difference(one, other, budget, contexts)
    only_right = Difference(other, one, budget, contexts)
    # In turns, so that a budget that is spent leaves neither side without an answer.
    for _ in zip_longest(only_left.seek(cells), only_right.seek(cells)):
        pass
    common = _Common(one, other, cells, budget, contexts)
    verdict = _verdict(only_left, only_right, common)
    doubts = only_left.doubts | only_right.doubts | common.doubts
    is_whole = not (only_left.is_cut_short or only_right.is_cut_short or common.is_cut_short)
    return Comparison(verdict, only_left.witnesses, only_right.witnesses, _told(doubts), is_whole)


def _told(doubts: Iterable[str]) -> tuple[str, ...]:
    """The first doubts, and how many there are besides."""
    told = list(doubts)
    more = len(told) - _MOST_DOUBTS
    return tuple(told) if more <= 0 else (*told[:_MOST_DOUBTS], f"and {more:,} more like these")


def _cells(
    statements: Sequence[Statement], known_actions: Iterable[str], budget: Budget
) -> Iterator[str]:
    """The groups of actions, without what can't be asked for or what no policy can deny."""
    return (
        each
        for each in action_cells(statements, known_actions, budget)
        if ACTION.fullmatch(each) and not needs_no_permission(Request(each))
    )


def _verdict(only_left: Difference, only_right: Difference, common: _Common) -> Relation:
    if only_left.is_empty and only_right.is_empty:
        return "equivalent"
    if only_left.is_empty and only_right.witnesses:
        return "left_subset"
    if only_right.is_empty and only_left.witnesses:
        return "right_subset"
    if not (only_left.witnesses and only_right.witnesses):
        return "undecided"
    if common.found:
        return "overlapping"
    return "undecided" if common.doubts else "disjoint"


@dataclass
class Difference:
    """What one side allows and the other doesn't."""

    side: ComparedPolicy
    against: ComparedPolicy
    budget: Budget
    contexts: Contexts = ANY_CONTEXT
    doubts: dict[str, None] = field(default_factory=dict)
    is_cut_short: bool = False
    _found: dict[object, Witness] = field(default_factory=dict)
    _joined: dict[tuple[object, ...], tuple[Truth, ...]] = field(default_factory=dict)
    _not_its: dict[tuple[int, ...], Truth] = field(default_factory=dict)
    _last: dict[tuple[object, ...], Model] = field(default_factory=dict)

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.budget, self.contexts)

    @property
    def is_empty(self) -> bool:
        """Whether for certain nothing is allowed by this side alone."""
        return not self.witnesses and not self.doubts

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """One request for each reason, which is what the other side lacks or denies."""
        return tuple(self._found.values())

    def seek(self, cells: Sequence[str]) -> Iterator[None]:
        """Look for witnesses, one group of actions a turn, until the budget is spent."""
        asked: set[object] = set()
        for number, action in enumerate(cells):
            try:
                self._seek(action, asked)
            except SpentError as error:
                self._doubt(f"{error}: {number:,} of {len(cells):,} groups of actions were decided")
                self.is_cut_short = True
                return
            yield

    def _seek(self, action: str, asked: set[object]) -> None:
        about, others = self.side.about(action), self.against.about(action)
        self.budget.spend(1 + len(about) + len(others))
        if self.side.meaning(about) == self.against.meaning(others):
            return
        for place in filter(self.side.allows, about):
            pattern = self.side.pattern(place, action.lower())
            if (place, pattern, others) not in asked:
                witness = self._witness(action, about, place, others)
                if witness is not None:
                    asked.add((place, pattern, others))
                    # The other side's Denies, where these make the difference; else what it lacks.
                    self._found.setdefault(witness.denied_by or (place, pattern, others), witness)

    def of_action(self, action: str) -> bool | None:
        """Whether this side allows an action where the other doesn't; None where undecided.

        Raises `SpentError` once the budget is spent.
        """
        about, others = self.side.about(action), self.against.about(action)
        self.budget.spend(1 + len(about) + len(others))
        before, self.doubts = self.doubts, {}
        try:
            allowing = filter(self.side.allows, about)
            found = any(self._witness(action, about, place, others) for place in allowing)
            return None if self.doubts and not found else found
        finally:
            self.doubts = before

    def _witness(
        self, action: str, about: tuple[int, ...], place: int, others: tuple[int, ...]
    ) -> Witness | None:
        denies = tuple(each for each in about if not self.side.allows(each))
        pattern = self.side.pattern(place, action.lower())
        try:
            for model in islice(self._models(action, place, denies, others), _MODELS_TRIED):
                proof = proof_of(action, model)
                one = self.side.decide(proof, self.budget)
                other = self.against.decide(proof, self.budget)
                if one.is_allowed and not other.is_allowed:
                    self._last[place, denies, others] = model
                    absent = tuple(dict.fromkeys((*one.missing_context, *other.missing_context)))
                    return Witness(proof, place, pattern, others, _denying(other), absent)
                self._doubt(f"no request that was tried proves a difference about {action}")
        except UndecidedError as error:
            self._doubt(f"{action}: {error}")
        return None

    def _models(
        self, action: str, place: int, denies: tuple[int, ...], others: tuple[int, ...]
    ) -> Iterator[Model]:
        """The model that proved the same difference of another action, then all others."""
        key = place, denies, others
        if key in self._last:
            yield self._last[key]
        yield from self._solver.models(self._truths(action, *key))

    def _doubt(self, reason: str) -> None:
        self.doubts[reason] = None

    def _truths(
        self, action: str, place: int, denies: tuple[int, ...], others: tuple[int, ...]
    ) -> tuple[Truth, ...]:
        """That the statement allows it and no Deny forbids it, and that the other side does not.

        Simplified together unless that would cost more than to solve them.
        """
        key = place, denies, others
        if key not in self._joined:
            asked = Request(action)
            mine = self._allowed(asked, self.side.alone(place, denies))
            if others not in self._not_its:
                self._not_its[others] = negation(self._allowed(asked, self.against.applied))
            apart = mine, self._not_its[others]
            is_simple = len(others) <= _MOST_SIMPLIFIED
            self._joined[key] = (all_of(apart, self.budget),) if is_simple else apart
        return self._joined[key]

    def _allowed(self, asked: Request, policies: AppliedPolicies) -> Truth:
        return residual(asked, policies, any_resource=True, budget=self.budget).allowed


def _denying(decision: Decision) -> tuple[int, ...]:
    """The places of the Deny statements that a decision rests on."""
    if decision.name != "explicitDeny":
        return ()
    return tuple(each.statement.position for each in decision.decided_by)


@dataclass
class _Common:
    """Whether anything is allowed by both sides."""

    one: ComparedPolicy
    other: ComparedPolicy
    cells: Sequence[str]
    budget: Budget
    contexts: Contexts
    doubts: dict[str, None] = field(default_factory=dict)
    is_cut_short: bool = False

    @cached_property
    def found(self) -> Proof | None:
        """A request that both allow; None if there is none, or with `doubts` perhaps one."""
        solver, tried = Solver(self.budget, self.contexts), set()
        for action in self.cells:
            about = self.one.about(action), self.other.about(action)
            if about in tried or not all(about):
                continue
            tried.add(about)
            try:
                proof = self._sought(action, solver)
            except UndecidedError as error:
                self.doubts[f"{action}: {error}"] = None
            except SpentError as error:
                self.doubts[f"{error}: whether both allow any request was not decided"] = None
                self.is_cut_short = True
                return None
            else:
                if proof is not None:
                    return proof
        return None

    def _sought(self, action: str, solver: Solver) -> Proof | None:
        sides, asked = (self.one, self.other), Request(action)
        truths = [
            residual(asked, side.applied, any_resource=True, budget=self.budget).allowed
            for side in sides
        ]
        for model in islice(solver.models(truths), _MODELS_TRIED):
            proof = proof_of(action, model)
            if all(side.decide(proof, self.budget).is_allowed for side in sides):
                return proof
            self.doubts[f"no request tried proves that both allow {action}"] = None
        return None
