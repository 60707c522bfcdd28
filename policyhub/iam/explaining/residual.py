"""What a decision depends on: the conditions, over the keys a request leaves open, under which it
is allowed, or denied explicitly.

Exact: whatever values the open keys are given, or none, the residual's truth is the decision.
Only what the conditions' own wording settles is simplified away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import and_, or_
from typing import NamedTuple

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies, Group
from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import DecisionName, Grade, Layer, Verdict
from policyhub.iam.deciding.evaluation import (
    SUFFICIENT,
    UNLIMITED,
    Grants,
    is_granted,
    needs_no_permission,
)
from policyhub.iam.deciding.formula import (
    MOST_COMPARED,
    Literal,
    Truth,
    all_of,
    any_of,
    holds,
    negation,
)
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledStatement, ResourcePattern
from policyhub.iam.explaining.facts import DependsOn, GivenAsList, ResourceCovered, holds_of
from policyhub.iam.language.conditions import presence

# Lists of resources of which is kept what they cover together.
_CACHED_LISTS = 512


@dataclass(frozen=True, slots=True)
class Residual:
    """When a request is allowed, and when it is denied explicitly; else nothing allows it.

    Both truths are about the open keys alone and are never true together.
    """

    allowed: Truth
    denied: Truth

    @property
    def is_settled(self) -> bool:
        """Whether the decision is the same whatever the open keys are given."""
        return isinstance(self.allowed, bool) and isinstance(self.denied, bool)

    @property
    def keys(self) -> tuple[str, ...]:
        """The open keys on which the decision depends, as written, sorted."""
        names: dict[str, str] = {}
        for atom in (*atoms_of(self.allowed), *atoms_of(self.denied)):
            for key in atom.keys:
                names[key.lower()] = min(key, names.get(key.lower(), key))
        return tuple(sorted(names.values()))

    def decision(self, request: Request) -> DecisionName:
        """The decision on the request with everything that was open settled."""
        if holds(self.denied, request):
            return "explicitDeny"
        return "allowed" if holds(self.allowed, request) else "implicitDeny"


def atoms_of(truth: Truth) -> Iterator[DependsOn]:
    """Every fact that a truth of a residual is made of, perhaps several times."""
    if not isinstance(truth, bool):
        yield from truth.atoms()  # type: ignore[misc]


def residual(
    request: Request,
    policies: AppliedPolicies,
    absent: Collection[str] = (),
    any_resource: bool = False,
    budget: Budget = NO_LIMIT,
) -> Residual:
    """What the decision depends on: all keys that the request lacks are open.

    Keys named in `absent` are settled: they are taken to be missing. With `any_resource` the
    resource is open too: any of the account of the request's, and any key or role where the
    request asks for one. Raises `SpentError`.

    >>> from policyhub.iam.deciding.simulation import read_simulation
    >>> in_ireland = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    >>> allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": in_ireland}
    >>> read = read_simulation(
    ...     {
    ...         "action": "s3:GetObject",
    ...         "identityPolicies": [{"Version": "2012-10-17", "Statement": [allow]}],
    ...     }
    ... )
    >>> found = residual(read.request, read.policies)
    >>> found.allowed.atom.condition, found.denied
    (Condition(operator='StringEquals', key='aws:RequestedRegion', values=('eu-west-1',)), False)
    """
    ruled_out = _is_ruled_out(request, policies, any_resource)
    if needs_no_permission(request) and not ruled_out:
        return Residual(allowed=True, denied=False)
    question = open_request(request, policies, absent, any_resource, budget)
    groups = [question.truths_of(layer, group) for layer, group in policies.binding(request)]
    denied = any_of((group.denies for group in groups), budget)
    granted = is_granted(
        request,
        _grants(groups, budget),
        lambda *truths: _joined(all_of, True, truths, budget),
        lambda *truths: _joined(any_of, False, truths, budget),
    )
    allowed = _joined(
        all_of,
        True,
        [
            not ruled_out,
            granted,
            *_all_allow(groups, Layer.SERVICE_CONTROL),
            *_all_allow(groups, Layer.ENDPOINT),
            negation(denied),
            negation(any_of((group.doubtful_deny for group in groups), budget)),
        ],
        budget,
    )
    return Residual(allowed, denied)


def _joined(
    join: Callable[[Iterable[Truth], Budget], Truth],
    neutral: bool,
    truths: Sequence[Truth],
    budget: Budget,
) -> Truth:
    """Truths joined; where all but one count for nothing, that one as it is."""
    counting = [each for each in truths if each is not neutral]
    return counting[0] if len(counting) == 1 else join(counting, budget)


def decides_alone(request: Request, policies: AppliedPolicies, any_resource: bool) -> bool:
    """Whether an only identity policy decides: what its statements say is all that counts.

    Then the request is allowed where an Allow of it matches, and no Deny does or might. Otherwise
    it is not possible, needs no permission, or needs another policy's.
    """
    if needs_no_permission(request) or _is_ruled_out(request, policies, any_resource):
        return False
    return all(
        is_granted(request, Grants(allows, False, False, False, True), and_, or_) is allows
        for allows in (True, False)
    )


def _is_ruled_out(request: Request, policies: AppliedPolicies, any_resource: bool) -> bool:
    possibility = None if any_resource else policies.possibility(request)
    return possibility is not None and possibility.blocks


@lru_cache(maxsize=_CACHED_LISTS)
def _one_covers(entries: tuple[ResourceCovered, ...]) -> Truth:
    return any_of(map(Literal, entries))


def open_request(
    request: Request,
    policies: AppliedPolicies,
    absent: Collection[str] = (),
    any_resource: bool = False,
    budget: Budget = NO_LIMIT,
    simplify: bool = True,
) -> OpenRequest:
    """The request with everything open that it lacks; parameters as of `residual`.

    Without `simplify` the truths are as statements say them, which takes less time.
    """
    settled = {key.lower() for key in absent}

    def is_open(key: str) -> bool:
        return key.lower() not in request.context and key.lower() not in settled

    attached = policies.attach_a_boundary(request)
    return OpenRequest(request, attached, is_open, any_resource, budget, policies.facts, simplify)


class StatementTruths(NamedTuple):
    """When a statement about the action matches, and how it names the caller.

    `doubts` says when it is not known whether a Deny matches, since a condition of it can't be
    evaluated.
    """

    grade: Grade
    is_deny: bool
    matches: Truth
    doubts: Truth


@dataclass(slots=True)
class GroupTruths:
    """What one group of policies says, as truths over the open keys."""

    layer: Layer
    budget: Budget
    allows: dict[Grade, list[Truth]] = field(default_factory=dict)
    deny: list[Truth] = field(default_factory=list)
    doubts: list[Truth] = field(default_factory=list)

    def add(self, said: StatementTruths) -> None:
        """Add what a statement says."""
        if said.is_deny:
            self.deny.append(said.matches)
            self.doubts.append(said.doubts)
        else:
            self.allows.setdefault(said.grade, []).append(said.matches)

    def allow(self, grades: Collection[Grade] = tuple(Grade)) -> Truth:
        """That an Allow statement matches that names the caller in one of these ways."""
        allows = (truth for grade in grades for truth in self.allows.get(grade, ()))
        return any_of(allows, self.budget)

    @property
    def denies(self) -> Truth:
        """That one of the Deny statements matches."""
        return any_of(self.deny, self.budget)

    @property
    def doubtful_deny(self) -> Truth:
        """That a policy might deny which can't be read."""
        return any_of(self.doubts, self.budget)


def _grants(groups: list[GroupTruths], budget: Budget) -> Grants[Truth]:
    grants: Grants[Truth] = Grants(False, False, False, False, True)
    grants.identity_limits_allow = all_of(
        (*_all_allow(groups, Layer.BOUNDARY), *_all_allow(groups, Layer.SESSION)), budget
    )
    for group in groups:
        if group.layer is Layer.IDENTITY:
            grants.identity = group.allow()
        elif group.layer is Layer.RESOURCE:
            grants.resource = group.allow()
            grants.resource_suffices = group.allow(SUFFICIENT)
            grants.resource_is_unlimited = group.allow(UNLIMITED)
    return grants


def _all_allow(groups: list[GroupTruths], layer: Layer) -> Iterator[Truth]:
    return (group.allow() for group in groups if group.layer is layer)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request of which some is open, put to one group of policies after the other."""

    request: Request
    boundary_attached: bool
    is_open: Callable[[str], bool]
    any_resource: bool
    budget: Budget
    facts: ServiceFacts | None = None
    simplify: bool = True

    def truths_of(self, layer: Layer, group: Group) -> GroupTruths:
        """What a group of policies says about the request."""
        truths = GroupTruths(layer, self.budget)
        for policy in group:
            if policy.compiled is None:
                truths.doubts.append(True)
                continue
            for statement in policy.compiled.about(self.request.action):
                said = self.said_by(statement)
                if said is not None:
                    truths.add(said)
        return truths

    def said_by(self, statement: CompiledStatement) -> StatementTruths | None:
        """What a statement about the action says; None where it names another caller.

        Raises `SpentError`.
        """
        grade = statement.names(self.request, self.boundary_attached)
        if grade is None:
            return None
        about = self._resource_truth(statement)
        matches = self._matches(statement, about)
        doubts: Truth = False
        if statement.is_deny:
            doubts = any_of(map(self._doubt, statement.conditions), self.budget, self.simplify)
            doubts = all_of((about, doubts), self.budget, self.simplify)
        return StatementTruths(grade, statement.is_deny, matches, doubts)

    def matches(self, statement: CompiledStatement) -> Truth:
        """That a statement about the action matches; never where it names another caller.

        Raises `SpentError`.
        """
        if statement.names(self.request, self.boundary_attached) is None:
            return False
        return self._matches(statement, self._resource_truth(statement))

    def _matches(self, statement: CompiledStatement, about: Truth) -> Truth:
        self.budget.spend(statement.work(self.request.context))
        conditions = map(self._condition_truth, statement.conditions)
        return all_of((about, *conditions), self.budget, self.simplify)

    def _resource_truth(self, statement: CompiledStatement) -> Truth:
        """That the statement is about the request's resource."""
        varies = any(self.is_open(key) for entry in statement.resources for key in entry.needs)
        if statement.on_all_resources or not (varies or self.any_resource):
            return statement.is_about_resource(self.request)
        covered = self._covered_truth(statement)
        return negation(covered) if statement.statement.not_resource else covered

    def _covered_truth(self, statement: CompiledStatement) -> Truth:
        """That one of the statement's entries covers the resource."""
        if not self.any_resource or self.facts is not None:
            covered = map(self._entry_truth, statement.resources)
            return any_of(covered, self.budget, self.simplify)
        # Alike for every action, and mostly in the next version of a policy too.
        entries = tuple(ResourceCovered(each.text, "", each) for each in statement.resources)
        self.budget.spend(len(entries) * (1 + min(len(entries), MOST_COMPARED) // 2))
        return _one_covers(entries)

    def _entry_truth(self, entry: ResourcePattern) -> Truth:
        if self.any_resource:
            facts = self.facts
            if facts is not None and not facts.meets(self.request.action, entry.widest):
                return False
            return Literal(ResourceCovered(entry.text, "", entry))
        if any(map(self.is_open, entry.needs)):
            return Literal(ResourceCovered(entry.text, self.request.resource, entry))
        return entry.matches(self.request.resource, self.request.context) is True

    def _condition_truth(self, condition: CompiledCondition) -> Truth:
        """That a condition is true; one that can't be evaluated is not."""
        if condition.use.operator is not None and any(map(self.is_open, condition.needs)):
            return Literal(holds_of(condition))
        return condition.match(self.request.context).verdict is Verdict.MATCHES

    def _doubt(self, condition: CompiledCondition) -> Truth:
        """That a condition can't be evaluated."""
        use = condition.use
        can_doubt = use.operator is not None and use.operator is not presence.NULL
        if can_doubt and not use.qualifier and self.is_open(condition.key):
            return Literal(GivenAsList(condition.key, condition.condition.key))
        return condition.match(self.request.context).verdict is Verdict.CANNOT_TELL
