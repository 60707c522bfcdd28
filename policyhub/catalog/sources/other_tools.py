"""Texts of other tools that contain policies: Terraform, CloudFormation, AWS Organizations.

Managed policies of Terraform and CloudFormation are read where their text is in the file; of
everything else it is said what the file is, and which command gives the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policyhub.catalog.sources.cloudformation import (
    DEPLOYED,
    is_template,
    is_yaml_template,
    policies_of_template,
    policies_of_yaml_template,
    policy_of_name,
)
from policyhub.catalog.sources.items import Item, Origin, Rejection, quoted

Json = Any

_HCL = re.compile(r'^\s*(?:resource|data)\s+"aws_\w+"\s+"', re.MULTILINE)
_MANAGED = "aws_iam_policy"
_ORGANIZATIONS = {
    "SERVICE_CONTROL_POLICY": "service control policy",
    "RESOURCE_CONTROL_POLICY": "resource control policy",
}


def items_of_another_tool(text: str, origin: Origin) -> list[Item]:
    """The policies in a text that is not JSON, or what it is; nothing where it is of no tool."""
    if is_yaml_template(text):
        return list(policies_of_yaml_template(text, origin))
    if _HCL.search(text):
        reason = (
            "Terraform's own language: give the output of `terraform show -json`, of a plan file "
            "or of the state"
        )
        return [Rejection(origin.place, reason)]
    return []


def policies_of_other_tools(value: dict[str, Json], origin: Origin) -> list[Item]:
    """The policies in JSON of another tool, or what it is; nothing where it is of none."""
    if "terraform_version" in value:
        return list(_of_terraform(value, origin))
    resources = value.get("Resources")
    if isinstance(resources, dict) and is_template(resources):
        return list(policies_of_template(resources, origin))
    policy = value.get("Policy")
    if isinstance(policy, dict) and isinstance(policy.get("PolicySummary"), dict):
        return [_of_organizations(policy["PolicySummary"], origin)]
    return []


def _of_organizations(summary: dict[str, Json], origin: Origin) -> Rejection:
    kind = _ORGANIZATIONS.get(str(summary.get("Type")), "policy")
    return Rejection(
        origin.place,
        f"the {kind} {quoted(summary.get('Name'))} of AWS Organizations: only IAM's managed "
        "policies are imported; `aws organizations describe-policy --policy-id ID --query "
        "Policy.Content --output text` gives its document, which simulations take",
    )


def _of_terraform(value: dict[str, Json], origin: Origin) -> Iterator[Item]:
    """The managed policies of a state or a plan."""
    found = [each for each in terraform_blocks(value) if each.get("type") == _MANAGED]
    made = [attributes for each in found for attributes in attributes_of(each)]
    for attributes in made:
        yield _terraform_policy(attributes, origin)
    if not made:
        yield Rejection(
            origin.place,
            f"a Terraform state or plan without a resource {_MANAGED} whose values are known: give "
            f"the output of `terraform show -json` after applying; {DEPLOYED}",
        )


def terraform_blocks(value: Json) -> Iterator[dict[str, Json]]:
    """The resources of a state, or of the modules of what `terraform show -json` prints."""
    if "planned_values" in value or "values" in value:
        pending = [(value.get("planned_values") or value.get("values") or {}).get("root_module")]
    else:
        pending = [value]
    while pending:
        module = pending.pop(0)
        if isinstance(module, dict):
            yield from (each for each in _list(module, "resources") if isinstance(each, dict))
            pending += _list(module, "child_modules")


def attributes_of(block: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """The values of a resource of Terraform's, once for each of its instances."""
    if block.get("mode", "managed") != "managed":
        return
    if isinstance(block.get("values"), dict):
        yield block["values"]
    for instance in _list(block, "instances"):
        if isinstance(instance, dict) and isinstance(instance.get("attributes"), dict):
            yield instance["attributes"]


def _terraform_policy(values: dict[str, Json], origin: Origin) -> Item:
    name, document = values.get("name"), values.get("policy")
    place = f"{origin.place} {_MANAGED} {name or ''}".rstrip()
    if not isinstance(document, str) or not isinstance(name, str):
        return Rejection(
            place,
            "its name or its document is known only after applying: give the state after that",
        )
    return policy_of_name(name, values.get("arn"), document, replace(origin, place=place))


def _list(value: dict[str, Json], name: str) -> list[Json]:
    found = value.get(name)
    return found if isinstance(found, list) else []
