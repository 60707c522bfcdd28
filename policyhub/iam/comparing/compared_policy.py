"""A policy as a comparison takes it: its statements by service and action, in a normal form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain, groupby

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.containment import Saying, saying_of
from policyhub.iam.comparing.proof import Proof, resource_policy
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledPolicy, CompiledStatement
from policyhub.iam.language.elements import PolicyDocument

_WILDCARDS = frozenset("*?")
_EVERY_ACTION = ("*", "*:*")
_CACHED_PATTERNS = 32_768
_CACHED_LISTS = 512
# Two policies and their Denies: in a history each version is compared with both its neighbours.
_KEPT = 4

# Action patterns of one service in one statement, each with its place there.
Patterns = Sequence[tuple[int, str]]


class ComparedPolicy:
    """A policy, prepared for comparisons: its statements by action, and each Allow alone.

    Of a service only the patterns that its actions can match are compiled, when they are needed.
    """

    def __init__(self, policy: PolicyDocument) -> None:
        self.policy = policy
        self._parts: dict[str, _Part] = {}
        self._about: dict[str, tuple[int, ...]] = {}
        self._known_actions: dict[ServiceFacts, frozenset[str]] = {}
        self._said: dict[int, Saying] = {}
        # By service, "" for any: by place of the statement its patterns, with their order there.
        self._patterns: dict[str, dict[int, Patterns]] = {}
        for statement in policy.statements:
            for service, patterns in patterns_by_service(statement.actions).items():
                self._patterns.setdefault(service, {})[statement.position] = patterns

    def part(self, action: str) -> _Part:
        """The statements as far as they can be about actions of an action's service."""
        service = action.partition(":")[0].lower()
        found = self._parts.get(service)
        if found is None:
            found = self._parts[service] = self._made_part(service)
        return found

    def _made_part(self, service: str) -> _Part:
        named, of_any = (self._patterns.get(each, {}) for each in (service, ""))
        statements = []
        for place in sorted({*named, *of_any, *self._by_exception}):
            patterns = sorted([*named.get(place, ()), *of_any.get(place, ())])
            statement = self.policy.statements[place]
            if len(patterns) < len(statement.actions):
                statement = replace(statement, actions=tuple(text for _, text in patterns))
            statements.append(statement)
        return _Part(replace(self.policy, statements=tuple(statements)))

    @cached_property
    def _by_exception(self) -> Collection[int]:
        """The places of the statements about all actions but some."""
        return [each.position for each in self.policy.statements if each.not_action]

    def about(self, action: str) -> tuple[int, ...]:
        """The places of the statements about an action."""
        found = self._about.get(action)
        if found is None:
            key = self._alike(action)
            found = self._about.get(key)
            if found is None:
                about = self.part(action).compiled.about(action)
                found = self._about[key] = tuple(each.statement.position for each in about)
            self._about[action] = found
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

    def known_actions(self, facts: ServiceFacts) -> Collection[str] | None:
        """Of the actions that are known, those that an Allow is about; None where all may be."""
        if self._allows_by_exception:
            return None
        if facts not in self._known_actions:
            patterns = (
                pattern
                for each in self.policy.statements
                if each.effect == "Allow"
                for pattern in each.actions
            )
            named = map(facts.actions_matching, patterns)
            self._known_actions[facts] = frozenset(chain.from_iterable(named))
        return self._known_actions[facts]

    @property
    def _allows_by_exception(self) -> bool:
        """Whether an Allow is about all actions but some."""
        return any(each.not_action and each.effect == "Allow" for each in self.policy.statements)

    def pattern(self, place: int, action: str) -> str:
        """The pattern by which a statement is about an action; "" for a NotAction."""
        if self.policy.statements[place].not_action:
            return ""
        return self.part(action).statements[place].actions.find(action) or ""

    def meaning(self, places: Iterable[int]) -> frozenset[Saying]:
        """What some statements say of an action that all are about, however it is written."""
        return frozenset(map(self.saying, places))

    def saying(self, place: int) -> Saying:
        """What the statement at a place says of the actions that it is about."""
        if place not in self._said:
            statement = self.policy.statements[place]
            self._said[place] = saying_of(statement, self.policy.version)
        return self._said[place]

    def decide(self, proof: Proof, budget: Budget) -> Decision:
        """What the engine decides of a request. Raises `SpentError`."""
        applied = self.part(proof.request.action).applied
        if proof.resource_policy is not None:
            applied = replace(applied, resource=resource_policy(proof.resource_policy))
        return evaluate(proof.request, applied, budget)


def compared_policy(policy: PolicyDocument) -> ComparedPolicy:
    """A policy prepared for comparisons; the same object that was compared just now is so already.

    A whole document is not looked up by what it says: its hash takes longer than many a comparison.
    """
    return _prepared(_Same(policy))


class _Same:
    """A policy as the object that it is."""

    def __init__(self, policy: PolicyDocument) -> None:
        self.policy = policy

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.policy is self.policy


@lru_cache(maxsize=_KEPT)
def _prepared(same: _Same) -> ComparedPolicy:
    return ComparedPolicy(same.policy)


class _Part:
    """The statements of a policy that can be about actions of one service."""

    def __init__(self, policy: PolicyDocument) -> None:
        self.compiled = CompiledPolicy(policy)
        self.applied = as_identity_policy(self.compiled)
        self.statements = {each.statement.position: each for each in self.compiled.statements}
        self._alone: dict[object, AppliedPolicies] = {}

    def alone(
        self, place: int, denies: tuple[int, ...], kept: Collection[str] | None = None
    ) -> AppliedPolicies:
        """One Allow statement with some Denies, if asked only with some of its resources."""
        key = place, denies, kept
        known = self._alone.get(key)
        if known is None:
            statements = [self.statements[each] for each in denies]
            statements.append(self._keeping(self.statements[place], kept))
            statements.sort(key=lambda each: each.statement.position)
            known = self._alone[key] = as_identity_policy(self._compiled(statements))
        return known

    def _keeping(
        self, compiled: CompiledStatement, kept: Collection[str] | None
    ) -> CompiledStatement:
        statement = compiled.statement
        if kept is None or statement.not_resource or len(kept) == len(compiled.resources):
            return compiled
        resources = tuple(each for each in statement.resources if each in kept)
        version = self.compiled.policy.version
        return CompiledStatement(replace(statement, resources=resources), version)

    def _compiled(self, statements: list[CompiledStatement]) -> CompiledPolicy:
        kept = tuple(each.statement for each in statements)
        return CompiledPolicy(replace(self.compiled.policy, statements=kept), statements)


@lru_cache(maxsize=_CACHED_LISTS)
def patterns_by_service(actions: tuple[str, ...]) -> Mapping[str, Patterns]:
    """The patterns of a statement by service, "" for any, each with its place in the list."""
    found: dict[str, list[tuple[int, str]]] = {}
    place = 0
    # Nearly always the actions of a service follow one another.
    for service, run in groupby(actions, service_of_pattern):
        numbered = list(enumerate(run, place))
        found.setdefault(service, []).extend(numbered)
        place += len(numbered)
    return {service: tuple(patterns) for service, patterns in found.items()}


@lru_cache(maxsize=_CACHED_PATTERNS)
def service_of_pattern(action: str) -> str:
    """The service of the actions that a pattern matches, in lower case; "" for any service."""
    service, colon, _ = action.partition(":")
    return "" if not colon or _WILDCARDS & set(service) else service.lower()


def as_identity_policy(compiled: CompiledPolicy) -> AppliedPolicies:
    """The policy as the only one that is attached to a caller."""
    return AppliedPolicies(identity=(AppliedPolicy("compared", compiled),))
