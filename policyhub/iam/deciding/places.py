"""The places of a simulation's documents: the kind of policy at each, and what people call it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.policy_kinds import KINDS

# The keys of a simulation that contain documents, with the kind of policy that these are.
LISTS: Mapping[str, Usage] = {
    "identityPolicies": Usage.IDENTITY,
    "permissionBoundaries": Usage.BOUNDARY,
    "sessionPolicies": Usage.SESSION,
    "endpointPolicies": Usage.ENDPOINT,
}
LEVELS: Mapping[str, Usage] = {
    "serviceControlPolicies": Usage.SERVICE_CONTROL,
    "resourceControlPolicies": Usage.RESOURCE_CONTROL,
}
RESOURCE_POLICY = "resourcePolicy"
_ASSUMING = "sts:assumerole"
# What else a caller may need of the role that it assumes.
_WHILE_ASSUMING = ("sts:tagsession", "sts:setsourceidentity")
_NUMBER = re.compile(r"\[(\d+)\]")


def is_role(resource: str) -> bool:
    """Whether an ARN is that of a role of IAM."""
    arn = parse_arn(resource)
    return arn is not None and arn.service == "iam" and arn.resource.startswith("role/")


def assumes_a_role(action: str) -> bool:
    """Whether an action is one of assuming a role, or goes with it."""
    lowered = action.lower()
    return lowered.startswith(_ASSUMING) or lowered in _WHILE_ASSUMING


def kind_of_resource_policy(action: str, resource: str) -> Usage:
    """A role has no policy but its trust policy, and only that is asked about assuming it."""
    is_about_a_role = is_role(resource) or (resource == "*" and assumes_a_role(action))
    return Usage.TRUST if is_about_a_role else Usage.RESOURCE


def kind_at(place: str, simulation: Mapping[str, Any]) -> Usage:
    """The kind of policy at a place, such as `serviceControlPolicies[1][0]`, of a simulation."""
    key = place.partition("[")[0]
    if key != RESOURCE_POLICY:
        return LISTS.get(key) or LEVELS[key]
    action, resource = simulation.get("action", ""), simulation.get("resource", "*")
    if not isinstance(action, str) or not isinstance(resource, str):
        return Usage.RESOURCE
    return kind_of_resource_policy(action, resource)


def pasted_name(place: str, simulation: Mapping[str, Any]) -> str:
    """What people call a document given in the simulation itself, by its kind and its number.

    `place` is such as `serviceControlPolicies[1][0]`. Numbers count from 1 and are left out
    where there is only one: "permissions boundary, pasted"; "service control policy 2 of
    level 1, pasted".
    """
    key = place.partition("[")[0]
    name = KINDS[kind_at(place, simulation)].name.partition(" ")[2]
    siblings = simulation.get(key)
    numbers = [int(each) for each in _NUMBER.findall(place)]
    if len(numbers) == 1:
        name += _number(numbers[0], siblings)
    elif numbers and isinstance(siblings, list):
        level, number = numbers
        number_in_level = _number(number, siblings[level])
        several_levels = len(siblings) > 1
        link = " of" if number_in_level else ","
        name += number_in_level + (f"{link} level {level + 1}" if several_levels else "")
    return f"{name}, pasted"


def _number(index: int, siblings: Any) -> str:
    return f" {index + 1}" if isinstance(siblings, list) and len(siblings) > 1 else ""
