"""GetContextKeysForCustomPolicy: the context keys that documents refer to.

Source: IAM API Reference, "GetContextKeysForCustomPolicy".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policyhub.awsapi.policy_inputs import IAM_POLICY, read_policy_input
from policyhub.iam.language.elements import PolicyDocument, Statement, Usage
from policyhub.iam.language.variables import find_variables, keys_of_variables, variables_work


def get_context_keys_for_custom_policy(given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of conditions and variables, each in its first spelling. Raises `ApiError`."""
    keys: dict[str, str] = {}
    for place, text in enumerate(given["PolicyInputList"], 1):
        # Here documents of any kind are read, resource policies too.
        policy = read_policy_input(f"PolicyInputList.{place}", IAM_POLICY, text, Usage.ANY).policy
        for key in _keys_of_policy(policy):
            keys.setdefault(key.lower(), key)
    return {"ContextKeyNames": list(keys.values())}


def _keys_of_policy(policy: PolicyDocument) -> Iterator[str]:
    with_variables = variables_work(policy.version)
    for statement in policy.statements:
        yield from _keys_of_statement(statement, with_variables)


def _keys_of_statement(statement: Statement, with_variables: bool) -> Iterator[str]:
    for resource in statement.resources if with_variables else ():
        yield from keys_of_variables(find_variables(resource))
    for condition in statement.conditions:
        yield condition.key
        for value in condition.values if with_variables else ():
            yield from keys_of_variables(find_variables(value))
