"""What a simulation is about: caller, owner, resources, context and every policy.

Source: IAM API Reference, "SimulateCustomPolicy".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

from policyhub.awsapi.context_entries import read_context
from policyhub.awsapi.errors import invalid_input
from policyhub.awsapi.policy_inputs import (
    RESOURCE_POLICY,
    PolicyInput,
    read_policies,
    read_policy_input,
)
from policyhub.awsapi.resource_names import read_resource_names
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy, Group
from policyhub.iam.deciding.callers import ACCOUNT, UNSPECIFIED, Caller, CallerKind, caller_from_arn
from policyhub.iam.deciding.documents import applied_policy
from policyhub.iam.deciding.request import ACTION, InvalidRequestError, Request, make_request
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Statement, Usage

# Measured: so many comparisons take seconds, and writing a matched statement down takes as
# long as ten of them.
MOST_COMPARISONS = 2_000_000
_COMPARISONS_OF_WRITING = 10
# The caller if none is given: of an account that does not exist.
_NOBODY = Caller(CallerKind.UNSPECIFIED, account="unspecified")

_GROUP = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:group/.+", re.DOTALL)
_BOUNDARY = "PermissionsBoundaryPolicyInputList"
_LEVELS = "OrderedOrganizationPolicyInputList"
_LEVEL = "ServiceControlPolicyInputList"


@dataclass(frozen=True)
class ApiScenario:
    """Everything of a simulation but its actions.

    `requests` has one request a resource, in order, their actions still to be filled in.
    `levels` are service control policies from the root to the account.
    """

    requests: tuple[Request, ...]
    identity: tuple[PolicyInput, ...]
    boundary: tuple[PolicyInput, ...]
    resource: PolicyInput | None
    levels: tuple[tuple[PolicyInput, ...], ...]

    @cached_property
    def policies(self) -> AppliedPolicies:
        """All the policies, as they apply together."""
        return AppliedPolicies(
            identity=_group(self.identity),
            boundaries=_group(self.boundary),
            resource=self.delegating if self.resource is None else self.resource.applied,
            service_control=tuple(map(_group, self.levels)),
        )

    @cached_property
    def delegating(self) -> AppliedPolicy:
        """A resource policy that leaves everything to the caller's identity policies.

        A resource whose own policy is not given is simulated without it, so that the identity
        side decides alone: for keys of KMS and roles to assume too, whose real policies must
        take part. It counts in the caller's own account only: another account's resource is not
        granted without its policy. Source: IAM API Reference, "SimulateCustomPolicy"
        (ResourceArns).
        """
        principal = {"AWS": self.requests[0].caller.account}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        return applied_policy("", text, Usage.RESOURCE)

    @cached_property
    def sources(self) -> Mapping[str, PolicyInput]:
        """The policies that `MatchedStatements` can name, by name."""
        resource = () if self.resource is None else (self.resource,)
        return {each.source_id: each for each in (*self.identity, *resource)}

    @cached_property
    def comparisons(self) -> int:
        """How many comparisons an action takes at the most."""
        policies = chain(self.sources.values(), self.boundary, *self.levels)
        statements = [each for policy in policies for each in policy.policy.statements]
        longest_list = max(
            (len(each.values) for each in self.requests[0].context.values()), default=1
        )
        by_resource = sum(_comparisons_of(each, longest_list) for each in statements)
        return sum(len(each.actions) for each in statements) + by_resource * len(self.requests)


def read_api_scenario(given: Mapping[str, Any]) -> ApiScenario:
    """Read everything but the actions. Raises `ApiError`."""
    scenario = ApiScenario(
        requests=_requests(given),
        identity=read_policies("PolicyInputList", given["PolicyInputList"]),
        boundary=_boundary(given[_BOUNDARY]),
        resource=_resource_policy(given),
        levels=tuple(
            read_policies(f"{_LEVELS}.{place}.{_LEVEL}", level[_LEVEL])
            for place, level in enumerate(given[_LEVELS], 1)
        ),
    )
    if scenario.comparisons > MOST_COMPARISONS:
        raise invalid_input(
            "An action takes too many comparisons: give fewer resources or statements."
        )
    return scenario


def read_action_names(given: Mapping[str, Any]) -> list[str]:
    """The actions to simulate. Raises `ApiError`: an action names its service, without stars."""
    actions: list[str] = given["ActionNames"]
    if not actions:
        raise invalid_input("ActionNames is empty: name at least one action.")
    for action in actions:
        if not ACTION.fullmatch(action):
            raise invalid_input(f"Invalid action {action}: write service:Name, without wildcards.")
    return actions


def _comparisons_of(statement: Statement, given: int) -> int:
    """With `given` values of the context for each condition, as many as a list has at most."""
    values = given * sum(len(each.values) for each in statement.conditions)
    return _COMPARISONS_OF_WRITING + len(statement.resources) + values


def _group(policies: tuple[PolicyInput, ...]) -> Group:
    return tuple(each.applied for each in policies)


def _boundary(texts: list[str]) -> tuple[PolicyInput, ...]:
    if len(texts) > 1:
        raise invalid_input(f"{_BOUNDARY} has {len(texts)} members: give one boundary.")
    return read_policies(_BOUNDARY, texts)


def _resource_policy(given: Mapping[str, Any]) -> PolicyInput | None:
    text = given["ResourcePolicy"]
    if text is None:
        return None
    if given["CallerArn"] is None:
        raise invalid_input("CallerArn is required with ResourcePolicy.")
    return read_policy_input("ResourcePolicy", RESOURCE_POLICY, text, Usage.RESOURCE)


def _requests(given: Mapping[str, Any]) -> tuple[Request, ...]:
    resources = read_resource_names(given["ResourceArns"], given["ResourceHandlingOption"])
    caller, owner = _caller(given["CallerArn"]), _owner(given["ResourceOwner"])
    context = read_context(given["ContextEntries"])
    try:
        return tuple(_request(each, caller, context, owner) for each in resources)
    except InvalidRequestError as error:
        raise invalid_input(f"{error.path}: {error}") from error


def _request(resource: str, caller: Caller, context: Mapping[str, object], owner: str) -> Request:
    """The request for one resource; an ARN that names its account belongs to that."""
    arn = parse_arn(resource)
    named = arn is not None and ACCOUNT.fullmatch(arn.account)
    request = make_request("any:Action", resource, caller, context, "" if named else owner)
    if caller is UNSPECIFIED:
        # Only now, so that no context key is derived from this placeholder.
        return replace(request, caller=_NOBODY, resource_account=_NOBODY.account)
    return request


def _caller(arn: str | None) -> Caller:
    """The simulated caller: a user, group or role. A group acts as anyone of its account."""
    if arn is None:
        return UNSPECIFIED
    caller, parsed = caller_from_arn(arn), parse_arn(arn)
    if caller is not None and caller.kind in (CallerKind.USER, CallerKind.ROLE):
        return caller
    if parsed is None or not _GROUP.fullmatch(arn):
        raise invalid_input(f"Invalid Entity Arn: {arn[:200]}: give a user's, group's or role's.")
    return Caller(CallerKind.UNSPECIFIED, partition=parsed.partition, account=parsed.account)


def _owner(arn: str | None) -> str:
    """The twelve digits of the account that owns the resources, empty for the caller's."""
    if arn is None:
        return ""
    caller = caller_from_arn(arn)
    if caller is None or caller.kind is not CallerKind.ROOT:
        raise invalid_input(
            f"ResourceOwner {arn[:200]} is not an account: give arn:aws:iam::ACCOUNT-ID:root."
        )
    return caller.account
