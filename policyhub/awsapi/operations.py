"""The operations, by name: what goes in and what answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from policyhub.awsapi import inputs
from policyhub.awsapi.context_keys import get_context_keys_for_custom_policy
from policyhub.awsapi.errors import ApiError, validation_error
from policyhub.awsapi.managed_policies import (
    get_policy,
    get_policy_version,
    list_policies,
    list_policy_versions,
)
from policyhub.awsapi.parameters import Tree
from policyhub.awsapi.shapes import Structure, read_input
from policyhub.awsapi.simulating import simulate_custom_policy

VERSION = "2010-05-08"


class Operation(NamedTuple):
    """The shape of the input, and what answers it with a result."""

    shape: Structure
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]


OPERATIONS = {
    "SimulateCustomPolicy": Operation(inputs.SIMULATE_CUSTOM_POLICY, simulate_custom_policy),
    "GetContextKeysForCustomPolicy": Operation(
        inputs.GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY, get_context_keys_for_custom_policy
    ),
    "ListPolicies": Operation(inputs.LIST_POLICIES, list_policies),
    "GetPolicy": Operation(inputs.GET_POLICY, get_policy),
    "GetPolicyVersion": Operation(inputs.GET_POLICY_VERSION, get_policy_version),
    "ListPolicyVersions": Operation(inputs.LIST_POLICY_VERSIONS, list_policy_versions),
}


def perform(parameters: Tree) -> tuple[str, Mapping[str, Any]]:
    """Do what the parameters ask: the operation's name and its result. Raises `ApiError`."""
    given = dict(parameters)
    name, version = given.pop("Action", None), given.pop("Version", VERSION)
    if name is None:
        raise ApiError("MissingAction", "The request has no Action: name an operation.")
    if not (isinstance(name, str) and isinstance(version, str)):
        raise validation_error("Action and Version have one value each.")
    operation = OPERATIONS.get(name) if version == VERSION else None
    if operation is None:
        message = f"Could not find operation {name[:100]} for version {version[:100]}"
        raise ApiError("InvalidAction", message)
    return name, operation.answer(read_input(operation.shape, given))
