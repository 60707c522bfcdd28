"""A policy as a comparison takes it: its statements compiled, in a normal form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.proof import Proof, resource_policy
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import (
    evaluate,
)
from policyhub.iam.deciding.statements import ActionList, CompiledPolicy
from policyhub.iam.language.elements import PolicyDocument, Statement


class ComparedPolicy:
    """A policy, prepared for comparisons: its statements by action, and each Allow alone."""

    def __init__(self, policy: PolicyDocument) -> None:
        self.policy = policy
        self.compiled = CompiledPolicy(policy)
        self.applied = applied(self.compiled)
        self._alone: dict[tuple[int, ...], AppliedPolicies] = {}
        self._lists = [ActionList(each.actions) for each in policy.statements]
        self._keys = [normal(each, policy.version) for each in policy.statements]

    def about(self, action: str) -> tuple[int, ...]:
        """The places of the statements about an action."""
        return tuple(each.statement.position for each in self.compiled.about(action))

    def allows(self, place: int) -> bool:
        """Whether the statement at a place is an Allow."""
        return self.policy.statements[place].effect == "Allow"

    def pattern(self, place: int, action: str) -> str:
        """The pattern by which a statement is about an action; "" for a NotAction."""
        if self.policy.statements[place].not_action:
            return ""
        found = self._lists[place].find(action)
        return found.text if found else ""

    def meaning(self, places: Iterable[int]) -> frozenset[object]:
        """What some statements say of an action that all are about, however it is written."""
        return frozenset(self._keys[place] for place in places)

    def alone(self, place: int, denies: tuple[int, ...]) -> AppliedPolicies:
        """One Allow statement with some Denies."""
        places = tuple(sorted((place, *denies)))
        known = self._alone.get(places)
        if known is None:
            kept = tuple(self.policy.statements[each] for each in places)
            policy = PolicyDocument(self.policy.version, self.policy.id, kept)
            compiled = CompiledPolicy(policy, [self.compiled.statements[each] for each in places])
            known = self._alone[places] = applied(compiled)
        return known

    def decide(self, proof: Proof, budget: Budget) -> Decision:
        """What the engine decides of a request. Raises `SpentError`."""
        applied = self.applied
        if proof.resource_policy is not None:
            applied = replace(applied, resource=resource_policy(proof.resource_policy))
        return evaluate(proof.request, applied, budget)


def applied(compiled: CompiledPolicy) -> AppliedPolicies:
    """The policy as the only one that is attached to a caller."""
    return AppliedPolicies(identity=(AppliedPolicy("compared", compiled),))


def normal(statement: Statement, version: str) -> object:
    """What a statement says besides its actions, regardless of the order of writing."""
    conditions = frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    )
    with_variables = version if "${" in repr((statement.resources, conditions)) else ""
    return (
        statement.effect,
        statement.not_resource,
        frozenset(statement.resources),
        conditions,
        with_variables,
    )
