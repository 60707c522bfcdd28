"""The policies that apply to a request, and which of them bind it.

Source: IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM
entities"; Organizations User Guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policyhub.iam.deciding.callers import CallerKind
from policyhub.iam.deciding.decision import Layer, Possibility
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.reading.problems import Problem


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """A policy that applies; `compiled` is None for a document with an error.

    `name` is for people; `place` says where in a simulation the document is, such as
    `serviceControlPolicies[1][0]`, "" for one that comes from elsewhere.
    """

    name: str
    compiled: CompiledPolicy | None
    problems: tuple[Problem, ...] = ()
    place: str = ""


Group = tuple[AppliedPolicy, ...]


@dataclass(frozen=True, slots=True)
class AppliedPolicies:
    """Everything that can affect a request, with a field for each kind of policy.

    Organization policies are lists by level: root, each OU, account. An empty level allows
    nothing; no levels at all means that no such policies apply. `facts` say what AWS can be
    asked, and what RCPs reach; None leaves that aside.
    """

    identity: Group = ()
    boundaries: Group = ()
    session: Group = ()
    resource: AppliedPolicy | None = None
    service_control: tuple[Group, ...] = ()
    resource_control: tuple[Group, ...] = ()
    endpoint: Group = ()
    facts: ServiceFacts | None = None

    def groups(self) -> Iterator[tuple[Layer, Group]]:
        """Every policy, in groups of which one policy suffices to allow."""
        yield Layer.IDENTITY, self.identity
        if self.resource is not None:
            yield Layer.RESOURCE, (self.resource,)
        yield from ((Layer.BOUNDARY, (each,)) for each in self.boundaries)
        if self.session:
            yield Layer.SESSION, self.session
        yield from ((Layer.SERVICE_CONTROL, level) for level in self.service_control)
        yield from ((Layer.RESOURCE_CONTROL, level) for level in self.resource_control)
        if self.endpoint:
            yield Layer.ENDPOINT, self.endpoint

    def attach_a_boundary(self, request: Request) -> bool:
        """Whether the caller has a permissions boundary; the root user takes none."""
        return bool(self.boundaries) and not request.caller.is_root

    def binding(self, request: Request) -> Iterator[tuple[Layer, Group]]:
        """The groups that bind this request's caller and resource."""
        free = _layers_that_do_not_bind(request)
        if not self.reached_by_resource_control(request):
            free.append(Layer.RESOURCE_CONTROL)
        return (each for each in self.groups() if each[0] not in free) if free else self.groups()

    def reached_by_resource_control(self, request: Request) -> bool:
        """Whether RCPs have a say about the action, as far as the facts tell."""
        if self.facts is None or not self.resource_control:
            return True
        return self.facts.rcps_reach(request.action)

    def possibility(self, request: Request) -> Possibility | None:
        """Whether AWS can be asked the request; None where the facts are left aside."""
        if self.facts is None:
            return None
        return self.facts.possibility(request.action, request.resource)


# Services, federated and anonymous callers act in no account: nothing there binds them.
_OF_ACCOUNTS = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SERVICE_CONTROL)


def _layers_that_do_not_bind(request: Request) -> list[Layer]:
    caller = request.caller
    free = [] if caller.has_identity_policies else list(_OF_ACCOUNTS)
    if caller.is_root:
        free.append(Layer.BOUNDARY)
    if caller.kind is CallerKind.ROOT:
        free.append(Layer.SESSION)
    if caller.is_service_linked or _in_management(request, caller.account):
        free.append(Layer.SERVICE_CONTROL)
    if caller.is_service_linked or _in_management(request, request.resource_account):
        free.append(Layer.RESOURCE_CONTROL)
    return free


def _in_management(request: Request, account: str) -> bool:
    """Whether an account is the organization's management account, which SCPs do not restrict."""
    management = request.management_account
    return bool(management) and (account or request.resource_account) == management
