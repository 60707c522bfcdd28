"""An event of CloudTrail as the requests that were decided when it was recorded.

Source: CloudTrail User Guide, "CloudTrail record contents".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.records import ActionInfo
from policyhub.iam.deciding.callers import caller_from_arn
from policyhub.iam.language.arn import parse_arn
from policyhub.workbench.building.passing import PASSING, services_by_action
from policyhub.workbench.building.recorded.operations import UnknownCallError, action_of_call
from policyhub.workbench.building.recorded.resources import CallSite, arn_of_type, resources_of

Json = Any
_BY_SERVICE = ("AwsServiceEvent", "AwsConsoleSignIn", "AwsConsoleAction", "AwsCloudTrailInsight")
_ROLE_PARAMETERS = ("rolearn", "role", "executionrolearn", "taskrolearn", "iamrolearn",
                    "servicerolearn", "servicerole")  # fmt: skip


def requests_of_event(
    event: Mapping[str, Json], facts: ReferenceFacts
) -> Iterator[dict[str, Json]]:
    """The requests as simulations have them. Raises `UnknownCallError`."""
    kind = event.get("eventType")
    if kind in _BY_SERVICE:
        raise UnknownCallError(f"an event of the type {kind} is not a caller's request")
    source, name = str(event.get("eventSource", "")), str(event.get("eventName", ""))
    action = facts.reference.action(action_of_call(source, name, facts))
    assert action is not None  # noqa: S101 (only known actions are answered)
    site = _site(event)
    resources = resources_of(action, site, facts)
    if not resources:
        raise UnknownCallError(f"the event does not say on which resource {action.id} was asked")
    shared = {**_principal(event), "context": _context(event, action, site, facts)}
    for resource in resources:
        yield {"action": action.id, "resource": resource, **shared}
    yield from _passing(action, site, shared)


def _site(event: Mapping[str, Json]) -> CallSite:
    identity = _mapping(event.get("userIdentity"))
    caller = parse_arn(str(identity.get("arn", "")))
    account = event.get("recipientAccountId") or identity.get("accountId") or ""
    listed = event.get("resources")
    arns = [
        str(arn)
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and (arn := each.get("ARN") or each.get("arn"))
    ]
    return CallSite(
        caller.partition if caller else "aws",
        str(event.get("awsRegion", "")),
        str(account),
        _mapping(event.get("requestParameters")),
        tuple(arns),
        _mapping(event.get("responseElements")),
    )


def _principal(event: Mapping[str, Json]) -> dict[str, Json]:
    """The caller, where the event names one that a simulation takes."""
    arn = _mapping(event.get("userIdentity")).get("arn")
    is_known = isinstance(arn, str) and caller_from_arn(arn) is not None
    return {"principal": arn} if is_known else {}


def _context(
    event: Mapping[str, Json], action: ActionInfo, site: CallSite, facts: ReferenceFacts
) -> dict[str, Json]:
    """The condition keys whose values the event says."""
    found: dict[str, Json] = {}
    if region := event.get("awsRegion"):
        found["aws:RequestedRegion"] = str(region)
    if _is_address(event.get("sourceIPAddress")):
        found["aws:SourceIp"] = str(event["sourceIPAddress"])
    if endpoint := event.get("vpcEndpointId"):
        found["aws:SourceVpce"] = str(endpoint)
    session = _mapping(_mapping(event.get("userIdentity")).get("sessionContext"))
    with_mfa = _mapping(session.get("attributes")).get("mfaAuthenticated")
    if with_mfa in ("true", "false"):
        found["aws:MultiFactorAuthPresent"] = with_mfa
    return found | dict(_keys_of_types(action, site, facts))


def _keys_of_types(
    action: ActionInfo, site: CallSite, facts: ReferenceFacts
) -> Iterator[tuple[str, str]]:
    """Keys such as `ecs:cluster`, which are named as a resource type, from the parameters."""
    types = {f"{each.service}:{each.name}": each
             for each in facts.reference.resource_types(action.service)}  # fmt: skip
    of_types = (key for one in action.resource_types for key in one.condition_keys)
    for key in dict.fromkeys((*action.condition_keys, *of_types)):
        if key in types:
            given = site.parameters.get(types[key].name)
            is_arn = isinstance(given, str) and given.startswith("arn:")
            if arn := str(given) if is_arn else arn_of_type(types[key], site, facts):
                yield key, arn


def _passing(
    action: ActionInfo, site: CallSite, shared: Mapping[str, Json]
) -> Iterator[dict[str, Json]]:
    """The role that the call passes to a service, where its parameters name one."""
    services = services_by_action().get(action.id, ())
    of_types = (each for one in action.resource_types for each in one.dependent_actions)
    if PASSING not in (*action.dependent_actions, *of_types) and not services:
        return
    for role in dict.fromkeys(_roles(site.parameters)):
        context = {"iam:PassedToService": services[0]} if len(services) == 1 else {}
        yield {"action": PASSING, "resource": role, **shared, "context": context}


def _roles(value: Json, depth: int = 0) -> Iterator[str]:
    """The ARNs of roles in parameters that are about the role to use."""
    if not isinstance(value, Mapping) or depth > 4:
        return
    for key, each in value.items():
        is_role = key.lower() in _ROLE_PARAMETERS and isinstance(each, str)
        if is_role and ":role/" in each and each.startswith("arn:"):
            yield each
        else:
            yield from _roles(each, depth + 1)


def _is_address(value: Json) -> bool:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return True


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
