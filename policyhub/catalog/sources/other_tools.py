"""JSON of other tools that contains policies: Terraform, CloudFormation, AWS Organizations.

Managed policies of Terraform and CloudFormation are read where their text is in the file; of
everything else it is said what the file is, and which command gives the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.iam_shapes import document_text, policy_from_detail
from policyhub.catalog.sources.items import (
    Item,
    Origin,
    Rejection,
    Skipped,
    SourcePolicy,
    UnusableSourceError,
    quoted,
)

Json = Any

_YAML_TEMPLATE = re.compile(r"^Resources:\s*$", re.MULTILINE)
_HCL = re.compile(r'^\s*(?:resource|data)\s+"aws_\w+"\s+"', re.MULTILINE)
_MANAGED = "aws_iam_policy"
_DEPLOYED = (
    "`aws iam get-account-authorization-details --filter LocalManagedPolicy` gives the policies "
    "as they are deployed"
)
_ORGANIZATIONS = {
    "SERVICE_CONTROL_POLICY": "service control policy",
    "RESOURCE_CONTROL_POLICY": "resource control policy",
}


def text_of_another_tool(text: str) -> str:
    """Why a text that is not JSON can't be imported, where it is one of these tools; else ""."""
    if _YAML_TEMPLATE.search(text) and "AWS::" in text:
        return f"a CloudFormation template in YAML, of which only JSON is read: {_DEPLOYED}"
    if _HCL.search(text):
        return (
            "Terraform's own language: give the output of `terraform show -json`, of a plan file "
            "or of the state"
        )
    return ""


def policies_of_other_tools(value: dict[str, Json], origin: Origin) -> list[Item]:
    """The policies in JSON of another tool, or what it is; nothing where it is of none."""
    if "terraform_version" in value:
        return list(_of_terraform(value, origin))
    resources = value.get("Resources")
    if isinstance(resources, dict) and any(map(_is_of_cloudformation, resources.values())):
        return list(_of_cloudformation(resources, origin))
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
    found = [each for each in _blocks(value) if each.get("type") == _MANAGED]
    made = [attributes for each in found for attributes in _attributes(each)]
    for attributes in made:
        yield _terraform_policy(attributes, origin)
    if not made:
        yield Rejection(
            origin.place,
            f"a Terraform state or plan without a resource {_MANAGED} whose values are known: give "
            f"the output of `terraform show -json` after applying; {_DEPLOYED}",
        )


def _blocks(value: Json) -> Iterator[dict[str, Json]]:
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


def _attributes(block: dict[str, Json]) -> Iterator[dict[str, Json]]:
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
    return _made(name, values.get("arn"), document, replace(origin, place=place))


def _is_of_cloudformation(resource: Json) -> bool:
    return isinstance(resource, dict) and str(resource.get("Type", "")).startswith("AWS::")


def _is_managed(resource: Json) -> bool:
    return isinstance(resource, dict) and resource.get("Type") == "AWS::IAM::ManagedPolicy"


def _of_cloudformation(resources: dict[str, Json], origin: Origin) -> Iterator[Item]:
    others = 0
    for logical_id, resource in resources.items():
        if not _is_of_cloudformation(resource):
            continue
        if not _is_managed(resource):
            others += resource["Type"].startswith("AWS::IAM::")
            continue
        here = replace(origin, place=f"{origin.place} {logical_id}")
        yield _cloudformation_policy(resource.get("Properties"), here)
    if others:
        yield Skipped(
            origin.place,
            f"{others:,} other IAM resources of a CloudFormation template: only managed policies "
            "are imported",
        )
    elif not any(_is_managed(each) for each in resources.values()):
        yield Rejection(
            origin.place, f"a CloudFormation template without a managed policy: {_DEPLOYED}"
        )


def _cloudformation_policy(properties: Json, origin: Origin) -> Item:
    place, properties = origin.place, properties if isinstance(properties, dict) else {}
    functions = sorted(set(_functions(properties)))
    if functions:
        return Rejection(
            place,
            f"CloudFormation's functions in it ({', '.join(functions)}) get their values when it "
            f"is deployed: {_DEPLOYED}",
        )
    name, document = properties.get("ManagedPolicyName"), properties.get("PolicyDocument")
    if not isinstance(name, str) or document is None:
        return Rejection(
            place,
            "without `ManagedPolicyName` its name is made when it is deployed: set it, or "
            f"use what is there: {_DEPLOYED}",
        )
    try:
        text = document_text(document)
    except UnusableSourceError as error:
        return Rejection(place, str(error))
    return _made(name, None, text, origin)


def _functions(value: Json) -> Iterator[str]:
    """The names of CloudFormation's functions in a value."""
    if isinstance(value, list):
        for each in value:
            yield from _functions(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name.startswith("Fn::") or (name == "Ref" and len(value) == 1):
                yield name
            else:
                yield from _functions(each)


def _made(name: str, arn: Json, document: str, origin: Origin) -> SourcePolicy | Rejection:
    version = {"Document": document, "IsDefaultVersion": True}
    detail = {"PolicyName": name, "Arn": arn or "", "PolicyVersionList": [version]}
    try:
        policy = policy_from_detail(detail, origin, None)
    except UnusableSourceError as error:
        return Rejection(origin.place, str(error))
    return replace(policy, source=PolicyVersion.Source.FILE)


def _list(value: dict[str, Json], name: str) -> list[Json]:
    found = value.get(name)
    return found if isinstance(found, list) else []
