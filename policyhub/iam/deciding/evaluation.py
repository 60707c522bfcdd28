"""The decision over all the policies that apply to a request, and over whether AWS can be asked.

Source: IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM
entities"; KMS Developer Guide, "Key policies".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import and_, or_
from typing import Generic, TypeVar

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy, Group
from policyhub.iam.deciding.callers import CallerKind
from policyhub.iam.deciding.decision import (
    Deciding,
    Decision,
    DecisionName,
    Grade,
    Layer,
    LocatedProblem,
    Verdict,
)
from policyhub.iam.deciding.formula import Truth
from policyhub.iam.deciding.places import assumes_a_role, is_role
from policyhub.iam.deciding.request import SERVICE_NAMES_LIST, Request
from policyhub.iam.deciding.request_problems import request_problem
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.language.arn import parse_arn

_NEEDS_NO_PERMISSION = "sts:getcalleridentity"
# Grants of a resource policy that limits don't touch, and all that suffice in its account.
# Tuples, because members of an enumeration are slow to hash.
UNLIMITED = (Grade.SELF, Grade.BY_PRINCIPAL_ARN)
SUFFICIENT = (*UNLIMITED, Grade.ROLE, Grade.EVERYONE)
# The layers that must allow too: what identities are granted, or each request.
_LIMITING_IDENTITIES = (Layer.BOUNDARY, Layer.SESSION)
_LIMITING_REQUESTS = (Layer.SERVICE_CONTROL, Layer.ENDPOINT)

# A decision's truths are settled; of a residual they are formulas over what is open.
T = TypeVar("T", bool, Truth)


@dataclass(slots=True)
class Grants(Generic[T]):
    """Who grants a request: identity policies, the resource policy, and what limits identities.

    `identity_limits_allow` says that every permissions boundary and the session policies allow.
    """

    identity: T
    resource: T
    resource_suffices: T
    resource_is_unlimited: T
    identity_limits_allow: T


def is_granted(
    request: Request,
    grants: Grants[T],
    both: Callable[[T, T], T],
    either: Callable[[T, T], T],
) -> T:
    """Whether identity and resource policies together grant the request.

    `both` and `either` join two truths, so that one rule serves a decision (where all is known)
    and what it depends on (where some keys are open).

    In one account either suffices, across accounts both must allow. Permissions boundaries and
    session policies limit the identity side, and what the resource policy grants to less than
    the very user or session.
    """
    caller = request.caller
    if not caller.has_identity_policies:
        return grants.resource
    identity_side = both(either(caller.is_root, grants.identity), grants.identity_limits_allow)
    if not request.is_within_one_account:
        return both(identity_side, grants.resource)
    limited = both(grants.resource_suffices, grants.identity_limits_allow)
    alone = either(grants.resource_is_unlimited, limited)
    if resource_policy_must_take_part(request):
        return either(alone, both(identity_side, grants.resource))
    return either(alone, identity_side)


def needs_no_permission(request: Request) -> bool:
    """Whether the action can't be denied to anyone who signs the request."""
    if request.action.lower() != _NEEDS_NO_PERMISSION:
        return False
    return request.caller.kind is not CallerKind.ANONYMOUS


def resource_policy_must_take_part(request: Request) -> bool:
    """KMS keys and roles to assume: their own policy must name the caller or its account."""
    service = request.service
    if service == "kms":
        arn = parse_arn(request.resource)
        return arn is not None and arn.service == "kms" and arn.resource.startswith("key/")
    return service == "sts" and assumes_a_role(request.action) and is_role(request.resource)


def evaluate(request: Request, policies: AppliedPolicies, budget: Budget = NO_LIMIT) -> Decision:
    """Decide a request. Never "allowed" on account of something that can't be evaluated.

    Raises `SpentError` where deciding takes more work than the budget has.

    A Deny statement that matches wins over every Allow statement:

    >>> from policyhub.iam.deciding.simulation import read_simulation
    >>> allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    >>> deny = {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}
    >>> asked = {
    ...     "action": "s3:DeleteBucket",
    ...     "identityPolicies": [{"Version": "2012-10-17", "Statement": [allow, deny]}],
    ... }
    >>> read = read_simulation(asked)
    >>> evaluate(read.request, read.policies).name
    'explicitDeny'
    """
    return _Evaluation(request, policies, budget).decide()


class _GroupMatches:
    """The statements of one group of policies that affect the request."""

    __slots__ = ("allows", "denies", "doubtful_allow", "doubtful_deny", "layer")

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.allows: list[Deciding] = []
        self.denies: list[Deciding] = []
        self.doubtful_allow = self.doubtful_deny = False


class _Evaluation:
    """One request against all policies, while it is being decided."""

    __slots__ = (
        "boundary_attached",
        "budget",
        "groups",
        "missing",
        "open_to_everyone",
        "policies",
        "possibility",
        "problems",
        "request",
    )

    def __init__(self, request: Request, policies: AppliedPolicies, budget: Budget) -> None:
        self.request, self.policies, self.budget = request, policies, budget
        self.boundary_attached = policies.attach_a_boundary(request)
        self.missing: dict[str, str] = {}
        self.problems: list[LocatedProblem] = []
        self.open_to_everyone = False
        self.possibility = policies.possibility(request)
        self.groups = [self._match(*each) for each in policies.binding(request)]
        self._note_exemptions()

    def decide(self) -> Decision:
        """Deny wins; then every layer must allow; by default nothing is allowed.

        What AWS is never asked is not allowed, whatever the policies say.
        """
        ruled_out = self.possibility is not None and self.possibility.blocks
        if needs_no_permission(self.request) and not ruled_out:
            return Decision("allowed", complete=True, possibility=self.possibility)
        denies = [deny for group in self.groups for deny in group.denies]
        if denies:
            return self._decision("explicitDeny", denies, [each.layer for each in denies])
        blocking = self._silent_layers() or [
            each.layer for each in self.groups if each.doubtful_deny
        ]
        if ruled_out:
            blocking.append(Layer.REFERENCE)
            self.open_to_everyone = False
        elif self.open_to_everyone:
            self._note_open_grant()
        if blocking:
            return self._decision("implicitDeny", [], blocking)
        granting = [allow for group in self.groups for allow in group.allows]
        return self._decision("allowed", granting, [])

    def _silent_layers(self) -> list[Layer]:
        """The layers whose silence denies: limits that don't allow, or no grant at all."""
        silent = [
            each.layer
            for each in self.groups
            if each.layer in _LIMITING_REQUESTS and not each.allows
        ]
        grants = self._grants()
        if not is_granted(self.request, grants, and_, or_):
            unlimited = replace(grants, resource_is_unlimited=self._is_granted_to_everyone())
            self.open_to_everyone = not silent and is_granted(self.request, unlimited, and_, or_)
            silent += self._layers_without_grant(grants)
        return silent

    def _is_granted_to_everyone(self) -> bool:
        """Whether the resource policy grants it to everyone, without naming callers by ARN."""
        return any(
            allow.grade is Grade.EVERYONE
            for group in self.groups
            if group.layer is Layer.RESOURCE
            for allow in group.allows
        )

    def _grants(self) -> Grants[bool]:
        grants = Grants(False, False, False, False, True)
        for group in self.groups:
            if group.layer is Layer.IDENTITY:
                grants.identity = bool(group.allows)
            elif group.layer in _LIMITING_IDENTITIES:
                grants.identity_limits_allow &= bool(group.allows)
            elif group.layer is Layer.RESOURCE:
                for allow in group.allows:
                    grants.resource = True
                    grants.resource_suffices |= allow.grade in SUFFICIENT
                    grants.resource_is_unlimited |= allow.grade in UNLIMITED
        return grants

    def _layers_without_grant(self, grants: Grants[bool]) -> list[Layer]:
        """The layers that a missing grant can be blamed on."""
        caller, within = self.request.caller, self.request.is_within_one_account
        silent = [
            each.layer
            for each in self.groups
            if each.layer in _LIMITING_IDENTITIES and not each.allows
        ]
        owes_identity = caller.has_identity_policies and not caller.is_root
        if owes_identity and not grants.identity and not (within and grants.resource_suffices):
            silent.append(Layer.IDENTITY)
        needed = (
            not caller.has_identity_policies
            or not within
            or resource_policy_must_take_part(self.request)
        )
        could_help = self.policies.resource is not None and Layer.IDENTITY in silent
        if (needed or could_help) and not grants.resource:
            silent.append(Layer.RESOURCE)
        return silent

    def _match(self, layer: Layer, policies: Group) -> _GroupMatches:
        """Match the statements about the action; note what can't be decided and what is missing."""
        matches = _GroupMatches(layer)
        for policy in policies:
            if policy.problems:
                self.problems.extend(
                    LocatedProblem(policy.name, layer, each, policy.place)
                    for each in policy.problems
                )
            if policy.compiled is None:
                matches.doubtful_allow = matches.doubtful_deny = True
                continue
            for statement in policy.compiled.about(self.request.action):
                self._match_statement(matches, policy, statement)
        return matches

    def _match_statement(
        self, matches: _GroupMatches, policy: AppliedPolicy, compiled: CompiledStatement
    ) -> None:
        if matches.layer is Layer.RESOURCE_CONTROL and not compiled.is_deny:
            # The full-access RCP is implied: an Allow adds nothing to it.
            return
        self.budget.spend(compiled.work(self.request.context))
        grade = compiled.names(self.request, self.boundary_attached)
        if grade is None or not compiled.is_about_resource(self.request):
            return
        self._note_missing(compiled.missing_keys(self.request.context))
        if self.request.caller.kind is CallerKind.SERVICE:
            self._note_regional_names(compiled)
        verdict = compiled.conditions_hold(self.request.context)
        if verdict is Verdict.MATCHES:
            chosen = matches.denies if compiled.is_deny else matches.allows
            chosen.append(
                Deciding(policy.name, matches.layer, compiled.statement, grade, policy.place)
            )
        elif verdict is Verdict.CANNOT_TELL and compiled.is_deny:
            matches.doubtful_deny = True
        elif verdict is Verdict.CANNOT_TELL:
            matches.doubtful_allow = True

    def _note(self, code: str, layer: Layer, place: str, **named: str) -> None:
        """Note something about the request as a whole, once."""
        found = LocatedProblem("the request", layer, request_problem(code, **named), place)
        if found not in self.problems:
            self.problems.append(found)

    def _note_exemptions(self) -> None:
        """Note what is odd about the request, and which policies are passed over for it."""
        request, policies = self.request, self.policies
        if self.possibility is not None and self.possibility.noted is not None:
            self.problems.append(self.possibility.noted)
        if not policies.reached_by_resource_control(request):
            layer, place = Layer.RESOURCE_CONTROL, "resourceControlPolicies"
            self._note("rcp-does-not-reach", layer, place, action=request.action)
        organization = policies.service_control or policies.resource_control
        if organization and request.caller.is_service_linked_by_name:
            name = request.caller.name
            self._note("service-linked-by-name", Layer.SERVICE_CONTROL, "principal", name=name)

    def _note_unknown_keys(self) -> None:
        """Note the keys that the request has, or that statements ask for, and nobody knows."""
        facts = self.policies.facts
        if facts is None or not (self.request.context or self.missing):
            return
        given = (each.name for each in self.request.context.values())
        for name in (*given, *self.missing.values()):
            if facts.condition_key(name) is None:
                layer, place = Layer.REFERENCE, f"context.{name}"
                self._note("unknown-condition-key", layer, place, key=name)

    def _note_open_grant(self) -> None:
        """Note that AWS does not say whether a grant to everyone passes over silent limits."""
        silent = [each.layer for each in self.groups if not each.allows]
        limits = " and ".join(str(each) for each in _LIMITING_IDENTITIES if each in silent)
        layer, place = Layer.RESOURCE, "resourcePolicy"
        self._note("everyone-against-silence", layer, place, limits=limits)

    def _note_regional_names(self, compiled: CompiledStatement) -> None:
        """Note that a list of service names, derived from the caller, may hold more."""
        if self.request.has_derived(SERVICE_NAMES_LIST) and any(
            each.key == SERVICE_NAMES_LIST.lower() for each in compiled.conditions
        ):
            name, place = self.request.caller.name, f"context.{SERVICE_NAMES_LIST}"
            self._note("regional-service-names", Layer.REFERENCE, place, name=name)

    def _note_missing(self, keys: Iterable[str]) -> None:
        """Of several spellings one is kept that does not depend on the statements' order."""
        for key in keys:
            self.missing[key.lower()] = min(key, self.missing.get(key.lower(), key))

    def _decision(
        self, name: DecisionName, decided_by: list[Deciding], blocking: list[Layer]
    ) -> Decision:
        self._note_unknown_keys()
        complete = self.possibility is None or self.possibility.is_complete
        complete &= not self.open_to_everyone
        for group in self.groups:
            complete &= not (group.doubtful_allow or group.doubtful_deny)
        return Decision(
            name,
            complete,
            tuple(decided_by),
            tuple(layer for layer in Layer if layer in blocking) if blocking else (),
            tuple(sorted(self.missing.values())) if self.missing else (),
            tuple(self.problems),
            self.possibility,
        )
