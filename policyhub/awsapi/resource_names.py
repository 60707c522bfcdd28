"""The resources of a simulation: ARN formats, and the scenarios that ask for certain ones.

Source: IAM API Reference, "EvaluationResult" (EvalResourceName) and "SimulateCustomPolicy"
(ResourceHandlingOption).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from policyhub.awsapi.errors import invalid_input
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.request import ANY_RESOURCE
from policyhub.iam.language.arn import parse_arn
from policyhub.iam.language.patterns import compile_pattern

MOST_RESOURCES = 1_000
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_INSTANCE = ("instance", "image", "security-group", "network-interface")
_SCENARIOS = {
    "EC2-VPC-InstanceStore": _INSTANCE,
    "EC2-VPC-InstanceStore-Subnet": (*_INSTANCE, "subnet"),
    "EC2-VPC-EBS": (*_INSTANCE, "volume"),
    "EC2-VPC-EBS-Subnet": (*_INSTANCE, "subnet", "volume"),
}


def read_resource_names(arns: Sequence[str], scenario: str | None) -> list[str]:
    """The resources to simulate, `*` by default. Raises `ApiError`."""
    if len(arns) > MOST_RESOURCES:
        message = f"ResourceArns has {len(arns):,} members: give at most {MOST_RESOURCES:,}."
        raise invalid_input(message)
    for arn in arns:
        if arn != ANY_RESOURCE and parse_arn(arn) is None:
            raise invalid_input(f"Resource {arn[:200]} must be in ARN format or *.")
    if scenario is not None:
        _check_scenario(scenario, arns)
    return list(arns) or [ANY_RESOURCE]


def arn_format(action: str, resources: Sequence[str]) -> str:
    """The ARN format of the action's resource type that all the resources have, else `*`."""
    known = get_reference().action(action)
    if known is None or ANY_RESOURCE in resources:
        return ANY_RESOURCE
    names = {each.name for each in known.resource_types}
    types = [each for each in get_reference().resource_types(known.service) if each.name in names]
    formats = chain.from_iterable(each.formats for each in types)
    fitting = [each for each in formats if _all_have(each, resources)]
    # A bucket's format fits its objects' ARNs too: the longest says most.
    return max(fitting, key=len, default=ANY_RESOURCE)


def _all_have(arn: str, resources: Sequence[str]) -> bool:
    pattern = compile_pattern(_PLACEHOLDER.sub("*", arn))
    return all(map(pattern.matches, resources))


def _check_scenario(scenario: str, arns: Sequence[str]) -> None:
    needed = _SCENARIOS.get(scenario)
    if needed is None:
        known = ", ".join(_SCENARIOS)
        raise invalid_input(f"ResourceHandlingOption {scenario} is not known; known: {known}.")
    parsed = [arn for arn in map(parse_arn, arns) if arn is not None and arn.service == "ec2"]
    given = {arn.resource.partition("/")[0] for arn in parsed}
    missing = [each for each in needed if each not in given]
    if missing:
        raise invalid_input(
            f"ResourceHandlingOption {scenario} needs resources of type {', '.join(missing)}."
        )
