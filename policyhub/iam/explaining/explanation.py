"""Everything that an answer is based on, as data: statements, what is open, what is near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Layer, StatementMatch, place_of_statement
from policyhub.iam.deciding.formula import AllOf, Literal, Truth, _Compound
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import match_statement
from policyhub.iam.explaining.answers_in_words import (
    changes_in_words,
    clause_in_words,
    near_miss_in_words,
    residual_in_words,
)
from policyhub.iam.explaining.changes import Change, smallest_changes
from policyhub.iam.explaining.facts import ConditionHolds, DependsOn, GivenAsList
from policyhub.iam.explaining.near_misses import NearMiss, near_misses
from policyhub.iam.explaining.residual import Residual, residual
from policyhub.iam.former_codes import former_code
from policyhub.iam.language.wording import plain

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """A statement of one policy of one layer, matched in full.

    `binds` says whether the layer limits or helps this caller at all.
    """

    policy: str
    layer: Layer
    match: StatementMatch
    binds: bool
    place: str = ""

    def to_dict(self, request: Request) -> dict[str, Any]:
        """The trace as JSON has it."""
        return {
            **place_of_statement(self.policy, self.place, self.layer, self.match.statement),
            "binds": self.binds,
            "verdict": self.match.verdict.value,
            "clauses": [
                {
                    "element": clause.element,
                    "verdict": clause.verdict.value,
                    "reason": str(clause.reason),
                    **former_code(clause.reason),
                    "explanation": clause_in_words(clause, request),
                }
                for clause in self.match.clauses
            ],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a request was decided so, and what would have it decided otherwise.

    `undecided` says what is missing where it took more work than the answer may: then
    `depends_on` may be None, and the lists incomplete.
    """

    request: Request
    statements: tuple[StatementTrace, ...]
    depends_on: Residual | None
    near_misses: tuple[NearMiss, ...]
    smallest_changes: tuple[tuple[Change, ...], ...]
    undecided: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The explanation as JSON has it, each part of it in words too."""
        depends_on = self.depends_on
        return {
            "statements": [each.to_dict(self.request) for each in self.statements],
            "dependsOn": None if depends_on is None else residual_to_dict(depends_on),
            "nearMisses": [self._near_miss(each) for each in self.near_misses],
            "smallestChanges": [
                {
                    "changes": [each.to_dict() for each in changes],
                    "explanation": plain(changes_in_words(changes)),
                }
                for changes in self.smallest_changes
            ],
            **({"undecided": list(self.undecided)} if self.undecided else {}),
        }

    def _near_miss(self, near: NearMiss) -> dict[str, Any]:
        return {
            **place_of_statement(near.policy, near.place, near.layer, near.match.statement),
            "reason": str(near.clause.reason),
            **former_code(near.clause.reason),
            "change": near.change.to_dict() if near.change else None,
            "explanation": plain(near_miss_in_words(near, self.request)),
        }


def explain(request: Request, policies: AppliedPolicies, budget: Budget = NO_LIMIT) -> Explanation:
    """Explain a decision: every statement, what is open, what is near, what would flip it.

    Once the budget is spent the rest is undecided, and said to be.
    """
    undecided: list[str] = []

    def sought(what: str, find: Callable[[], T]) -> T | None:
        try:
            return find()
        except SpentError as error:
            undecided.append(f"{what}: {error}")
            return None

    statements = sought("every statement", lambda: trace(request, policies, budget))
    depends_on = sought(
        "what the decision depends on", lambda: residual(request, policies, budget=budget)
    )
    near = sought("near misses", lambda: near_misses(request, policies, budget=budget))
    smallest = sought("smallest changes", lambda: smallest_changes(request, policies, budget))
    return Explanation(
        request, statements or (), depends_on, near or (), smallest or (), tuple(undecided)
    )


def trace(
    request: Request, policies: AppliedPolicies, budget: Budget = NO_LIMIT
) -> tuple[StatementTrace, ...]:
    """Match every statement of every policy given, those included that do not bind the caller.

    Raises `SpentError`.
    """
    binding = {layer for layer, _ in policies.binding(request)}
    attached = policies.attach_a_boundary(request)
    found: list[StatementTrace] = []
    for layer, group in policies.groups():
        for policy in group:
            for each in policy.compiled.statements if policy.compiled else ():
                budget.spend(each.work(request.context))
                match = match_statement(each, request, attached)
                binds = layer in binding
                found.append(StatementTrace(policy.name, layer, match, binds, policy.place))
    return tuple(found)


def residual_to_dict(depends_on: Residual) -> dict[str, Any]:
    """What a decision depends on, as JSON: truths are `true`, `false`, or nested facts."""
    return {
        "keys": list(depends_on.keys),
        "allowedWhen": truth_to_dict(depends_on.allowed),
        "deniedWhen": truth_to_dict(depends_on.denied),
        "explanation": [plain(each) for each in residual_in_words(depends_on)],
    }


def truth_to_dict(truth: Truth) -> Any:
    """A truth as JSON: a boolean, `allOf`, `anyOf`, `not`, or one fact."""
    if isinstance(truth, bool):
        return truth
    if isinstance(truth, Literal):
        fact = _fact_to_dict(truth.atom)  # type: ignore[arg-type]
        return {"not": fact} if truth.negative else fact
    parts = truth.parts if isinstance(truth, _Compound) else ()
    name = "allOf" if isinstance(truth, AllOf) else "anyOf"
    return {name: [truth_to_dict(each) for each in parts]}


def _fact_to_dict(fact: DependsOn) -> dict[str, Any]:
    if isinstance(fact, ConditionHolds):
        condition = fact.condition
        values = list(condition.values)
        return {"operator": condition.operator, "key": condition.key, "values": values}
    if isinstance(fact, GivenAsList):
        return {"givenAsList": fact.name}
    covered = {"covers": fact.resource} if fact.resource else {}
    return {"pattern": fact.text, **covered}
