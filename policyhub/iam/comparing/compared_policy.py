"""A policy as a comparison takes it: its statements by service and action, in a normal form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.proof import Proof, resource_policy
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.statements import CompiledPolicy, CompiledStatement
from policyhub.iam.language.elements import PolicyDocument, Statement

_WILDCARDS = frozenset("*?")
_EVERY_ACTION = ("*", "*:*")


class ComparedPolicy:
    """A policy, prepared for comparisons: its statements by action, and each Allow alone.

    Of a service only the patterns that its actions can match are compiled, when they are needed.
    """

    def __init__(self, policy: PolicyDocument) -> None:
        self.policy = policy
        self._parts: dict[str, _Part] = {}
        self._about: dict[str, tuple[int, ...]] = {}
        self._keys: dict[int, object] = {}
        # By service, "" for any: by place of the statement its patterns, with their order there.
        self._patterns: dict[str, dict[int, list[tuple[int, str]]]] = {}
        for statement in policy.statements:
            for order, action in enumerate(statement.actions):
                of_service = self._patterns.setdefault(service_of_pattern(action), {})
                of_service.setdefault(statement.position, []).append((order, action))

    def part(self, action: str) -> _Part:
        """The statements as far as they can be about actions of an action's service."""
        service = action.partition(":")[0].lower()
        if service not in self._parts:
            self._parts[service] = self._made_part(service)
        return self._parts[service]

    def _made_part(self, service: str) -> _Part:
        named, of_any = (self._patterns.get(each, {}) for each in (service, ""))
        statements = []
        for each in self.policy.statements:
            patterns = [*named.get(each.position, ()), *of_any.get(each.position, ())]
            if patterns or each.not_action:
                actions = tuple(text for _, text in sorted(patterns))
                statements.append(replace(each, actions=actions))
        return _Part(replace(self.policy, statements=tuple(statements)))

    def about(self, action: str) -> tuple[int, ...]:
        """The places of the statements about an action."""
        key = self._alike(action)
        found = self._about.get(key)
        if found is None:
            about = self.part(action).compiled.about(action)
            found = self._about[key] = tuple(each.statement.position for each in about)
        return found

    def _alike(self, action: str) -> str:
        """The action, or its service where no pattern tells its actions apart."""
        service = action.partition(":")[0].lower()
        is_told_apart = service in self._patterns or not self._of_any_are_stars
        return action if is_told_apart else service

    @cached_property
    def _of_any_are_stars(self) -> bool:
        """Whether the patterns of any service match all actions of any."""
        of_any = self._patterns.get("", {}).values()
        return all(text in _EVERY_ACTION for patterns in of_any for _, text in patterns)

    def allows(self, place: int) -> bool:
        """Whether the statement at a place is an Allow."""
        return self.policy.statements[place].effect == "Allow"

    def pattern(self, place: int, action: str) -> str:
        """The pattern by which a statement is about an action; "" for a NotAction."""
        if self.policy.statements[place].not_action:
            return ""
        found = self.part(action).statements[place].actions.find(action)
        return found.text if found else ""

    def meaning(self, places: Iterable[int]) -> frozenset[object]:
        """What some statements say of an action that all are about, however it is written."""
        return frozenset(map(self._key, places))

    def _key(self, place: int) -> object:
        if place not in self._keys:
            self._keys[place] = normal(self.policy.statements[place], self.policy.version)
        return self._keys[place]

    def decide(self, proof: Proof, budget: Budget) -> Decision:
        """What the engine decides of a request. Raises `SpentError`."""
        applied = self.part(proof.request.action).applied
        if proof.resource_policy is not None:
            applied = replace(applied, resource=resource_policy(proof.resource_policy))
        return evaluate(proof.request, applied, budget)


class _Part:
    """The statements of a policy that can be about actions of one service."""

    def __init__(self, policy: PolicyDocument) -> None:
        self.compiled = CompiledPolicy(policy)
        self.applied = applied(self.compiled)
        self.statements = {each.statement.position: each for each in self.compiled.statements}
        self._alone: dict[tuple[int, ...], AppliedPolicies] = {}

    def alone(self, place: int, denies: tuple[int, ...]) -> AppliedPolicies:
        """One Allow statement with some Denies."""
        places = tuple(sorted((place, *denies)))
        known = self._alone.get(places)
        if known is None:
            statements = [self.statements[each] for each in places]
            known = self._alone[places] = applied(self._compiled(statements))
        return known

    def _compiled(self, statements: list[CompiledStatement]) -> CompiledPolicy:
        kept = tuple(each.statement for each in statements)
        return CompiledPolicy(replace(self.compiled.policy, statements=kept), statements)


def service_of_pattern(action: str) -> str:
    """The service of the actions that a pattern matches, in lower case; "" for any service."""
    service, colon, _ = action.partition(":")
    return "" if not colon or _WILDCARDS & set(service) else service.lower()


def applied(compiled: CompiledPolicy) -> AppliedPolicies:
    """The policy as the only one that is attached to a caller."""
    return AppliedPolicies(identity=(AppliedPolicy("compared", compiled),))


def normal(statement: Statement, version: str) -> object:
    """What a statement says besides its actions, regardless of the order of writing."""
    conditions = frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    )
    texts = (*statement.resources, *(text for each in statement.conditions for text in each.values))
    with_variables = version if any("${" in text for text in texts) else ""
    return (
        statement.effect,
        statement.not_resource,
        frozenset(statement.resources),
        conditions,
        with_variables,
    )
