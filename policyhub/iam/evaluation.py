"""The decision over all the policies that apply to a request.

Source: IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM
entities"; Organizations User Guide, "SCP evaluation" and "RCP evaluation"; KMS Developer
Guide, "Key policies".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policyhub.iam.arn import parse_arn
from policyhub.iam.callers import CallerKind
from policyhub.iam.matching import CompiledPolicy, CompiledStatement, match_statement
from policyhub.iam.problems import Problem
from policyhub.iam.request import Request
from policyhub.iam.trace import (
    Deciding,
    Decision,
    Grade,
    Layer,
    LocatedProblem,
    Verdict,
)

_NEEDS_NO_PERMISSION = "sts:getcalleridentity"
# Grants of a resource policy that limits don't touch, and all that suffice in its account.
_UNLIMITED = (Grade.SELF, Grade.BY_PRINCIPAL_ARN)
_SUFFICIENT = (*_UNLIMITED, Grade.ROLE, Grade.EVERYONE)
_ASSUMING = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """A policy that applies; `compiled` is None for a document with an error."""

    name: str
    compiled: CompiledPolicy | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedPolicies:
    """Everything that can bear on a request, a field a kind of policy.

    Organization policies are lists by level: root, each OU, account. An empty level allows
    nothing; no levels at all means that no such policies apply.
    """

    identity: tuple[AppliedPolicy, ...] = ()
    boundaries: tuple[AppliedPolicy, ...] = ()
    session: tuple[AppliedPolicy, ...] = ()
    resource: AppliedPolicy | None = None
    service_control: tuple[tuple[AppliedPolicy, ...], ...] = ()
    resource_control: tuple[tuple[AppliedPolicy, ...], ...] = ()
    endpoint: tuple[AppliedPolicy, ...] = ()


@dataclass(slots=True)
class LayerMatches:
    """The statements of one layer that bear on the request."""

    layer: Layer
    allows: list[Deciding] = field(default_factory=list)
    denies: list[Deciding] = field(default_factory=list)
    uncertain_allow: bool = False
    uncertain_deny: bool = False

    def grants(self, *grades: Grade) -> list[Deciding]:
        """The Allow statements that name the caller in one of these ways."""
        return [each for each in self.allows if each.match.grade in grades]


class Evaluation:
    """One request against all policies, while it is being decided."""

    def __init__(self, request: Request, policies: AppliedPolicies) -> None:
        self.request, self.policies = request, policies
        self.missing: dict[str, str] = {}
        self.problems: list[LocatedProblem] = []
        has_limits = request.caller.has_identity_policies and not self._is_root
        boundaries = policies.boundaries if has_limits else ()
        session = policies.session if has_limits else ()
        scps = policies.service_control if self._scps_bind else ()
        rcps = policies.resource_control if self._rcps_bind else ()
        identity = policies.identity if request.caller.has_identity_policies else ()
        self.identity = self._match(Layer.IDENTITY, identity)
        self.boundaries = [self._match(Layer.BOUNDARY, [each]) for each in boundaries]
        self.session = [self._match(Layer.SESSION, session)] if session else []
        resource = [policies.resource] if policies.resource else []
        self.resource = self._match(Layer.RESOURCE, resource)
        self.scps = [self._match(Layer.SERVICE_CONTROL, level) for level in scps]
        self.rcps = [self._match(Layer.RESOURCE_CONTROL, level) for level in rcps]
        endpoint = policies.endpoint
        self.endpoint = [self._match(Layer.ENDPOINT, endpoint)] if endpoint else []

    def layers(self) -> Iterator[LayerMatches]:
        """Every layer that applies, in the order in which answers name them."""
        yield self.identity
        yield self.resource
        for several in (self.boundaries, self.session, self.scps, self.rcps, self.endpoint):
            yield from several

    def decide(self) -> Decision:
        """Deny wins; then every layer must allow; by default nothing is allowed."""
        denies = [deny for layer in self.layers() for deny in layer.denies]
        if self.request.action.lower() == _NEEDS_NO_PERMISSION:
            return Decision("allowed", complete=True)
        if denies:
            return self._decision("explicitDeny", denies, {each.layer for each in denies})
        silent = self._silent_layers()
        if silent:
            return self._decision("implicitDeny", [], silent)
        uncertain = {each.layer for each in self.layers() if each.uncertain_deny}
        if uncertain:
            return self._decision("implicitDeny", [], uncertain)
        return self._decision("allowed", self._granting(), set())

    def _silent_layers(self) -> set[Layer]:
        """The layers whose silence denies: limits that don't allow, or no grant at all."""
        limits = [*self.scps, *self.endpoint]
        silent = {each.layer for each in limits if not each.allows}
        if not self._is_granted():
            silent |= self._layers_without_grant()
        return silent

    def _is_granted(self) -> bool:
        """Whether identity and resource policies together grant the request."""
        delegated = bool(self.resource.allows) and self._identity_side()
        if not self.request.caller.has_identity_policies:
            return bool(self.resource.allows)
        if not self.request.is_within_one_account:
            return delegated
        if self._resource_grants_alone():
            return True
        if self._resource_policy_must_take_part:
            return delegated
        return self._identity_side()

    def _identity_side(self) -> bool:
        """Identity policies allow, and neither boundary nor session policy is silent."""
        return (self._is_root or bool(self.identity.allows)) and self._within_limits()

    def _within_limits(self) -> bool:
        return all(each.allows for each in (*self.boundaries, *self.session))

    def _resource_grants_alone(self) -> bool:
        """A resource policy suffices in its own account, unless it only names the account.

        A grant to the caller itself is not limited by boundary and session policies, nor is
        one to everyone with a condition on aws:PrincipalArn.
        """
        if self.resource.grants(*_UNLIMITED):
            return True
        return bool(self.resource.grants(*_SUFFICIENT)) and self._within_limits()

    def _layers_without_grant(self) -> set[Layer]:
        """The layers that a missing grant can be blamed on."""
        silent: set[Layer] = set()
        has_identity = self.request.caller.has_identity_policies
        suffices = self.request.is_within_one_account and self.resource.grants(*_SUFFICIENT)
        if has_identity and not self._is_root and not self.identity.allows and not suffices:
            silent.add(Layer.IDENTITY)
        needed = (
            self._resource_policy_must_take_part
            or not has_identity
            or not self.request.is_within_one_account
        )
        could_help = self.policies.resource is not None and Layer.IDENTITY in silent
        if (needed or could_help) and not self.resource.allows:
            silent.add(Layer.RESOURCE)
        limits = (*self.boundaries, *self.session)
        return silent | {each.layer for each in limits if not each.allows}

    def _granting(self) -> list[Deciding]:
        """The statements that the grant stands on."""
        limits = (*self.boundaries, *self.session, *self.scps, *self.endpoint)
        grants = [*self.identity.allows, *self.resource.allows]
        return grants + [allow for layer in limits for allow in layer.allows]

    @property
    def _is_root(self) -> bool:
        """The root user is allowed by default and takes no boundary or session policy."""
        return self.request.caller.kind is CallerKind.ROOT

    @property
    def _scps_bind(self) -> bool:
        """SCPs bind callers in the organization's member accounts, service-linked roles aside."""
        caller, management = self.request.caller, self.request.management_account
        account = caller.account or self.request.resource_account
        in_management = bool(management) and account == management
        return caller.has_identity_policies and not caller.is_service_linked and not in_management

    @property
    def _rcps_bind(self) -> bool:
        """RCPs bind whoever calls, service-linked roles and the management account aside."""
        management = self.request.management_account
        in_management = bool(management) and self.request.resource_account == management
        return not self.request.caller.is_service_linked and not in_management

    @property
    def _resource_policy_must_take_part(self) -> bool:
        """KMS keys and roles to assume: their own policy must name the caller or its account."""
        arn, action = parse_arn(self.request.resource), self.request.action.lower()
        if arn is None:
            return False
        if arn.service == "kms" and arn.resource.startswith("key/"):
            return action.startswith("kms:")
        is_role = arn.service == "iam" and arn.resource.startswith("role/")
        return is_role and action.startswith(_ASSUMING)

    def _match(self, layer: Layer, applied: Iterable[AppliedPolicy]) -> LayerMatches:
        """Match the statements about the action; note what can't be told and what is missing."""
        matches = LayerMatches(layer)
        for policy in applied:
            self.problems += [LocatedProblem(policy.name, layer, each) for each in policy.problems]
            if policy.compiled is None:
                matches.uncertain_allow = matches.uncertain_deny = True
                continue
            for statement in policy.compiled.about(self.request.action):
                self._match_statement(matches, policy, statement)
        return matches

    def _match_statement(
        self, matches: LayerMatches, policy: AppliedPolicy, compiled: CompiledStatement
    ) -> None:
        is_deny = compiled.statement.effect == "Deny"
        if matches.layer is Layer.RESOURCE_CONTROL and not is_deny:
            # The full-access RCP is implied: an Allow adds nothing to it.
            return
        match = match_statement(compiled, self.request, bool(self.policies.boundaries))
        unconditioned = match.clauses[: len(match.clauses) - len(compiled.conditions)]
        if any(clause.verdict is Verdict.DOES_NOT_MATCH for clause in unconditioned):
            return
        for key in compiled.missing_keys(self.request.context):
            # Of several spellings one is kept that does not depend on the statements' order.
            self.missing[key.lower()] = min(key, self.missing.get(key.lower(), key))
        if match.verdict is Verdict.CANNOT_TELL:
            matches.uncertain_deny |= is_deny
            matches.uncertain_allow |= not is_deny
        elif match.verdict is Verdict.MATCHES:
            chosen = matches.denies if is_deny else matches.allows
            chosen.append(Deciding(policy.name, matches.layer, match))

    def _decision(self, name: str, decided_by: list[Deciding], blocking: set[Layer]) -> Decision:
        uncertain = any(each.uncertain_allow or each.uncertain_deny for each in self.layers())
        return Decision(
            name=name,  # type: ignore[arg-type]
            complete=not uncertain,
            decided_by=tuple(decided_by),
            blocked_by=tuple(layer for layer in Layer if layer in blocking),
            missing_context=tuple(sorted(self.missing.values())),
            problems=tuple(self.problems),
        )


def evaluate(request: Request, policies: AppliedPolicies) -> Decision:
    """Decide a request. Never "allowed" on account of something that can't be evaluated."""
    return Evaluation(request, policies).decide()
