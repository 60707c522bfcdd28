"""Managed policies in CloudFormation templates, in JSON or in YAML.

A policy is read where its name and its document are in the template. What gets its value only
when the template is deployed is named, with the command that gives the policies as deployed.
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
)

Json = Any

DEPLOYED = (
    "`aws iam get-account-authorization-details --filter LocalManagedPolicy` gives the policies "
    "as they are deployed"
)
_YAML_RESOURCES = re.compile(r"^(?:Resources|\"Resources\"|'Resources'):\s*(?:#.*)?$", re.MULTILINE)
# What stands in a `Fn::Sub` for a value; `${!Literal}` stands for itself without the mark.
_OPEN = re.compile(r"\$\{(?!!)")
_LITERAL = re.compile(r"\$\{!")
_JOINED = 2
# What CloudFormation takes at most, in bytes.
LARGEST_TEMPLATE = 1024 * 1024


def is_yaml_template(text: str) -> bool:
    """Whether a text that is not JSON is a CloudFormation template by its look."""
    return "AWS::" in text and _YAML_RESOURCES.search(text) is not None


def is_template(resources: dict[str, Json]) -> bool:
    """Whether `Resources` of a JSON object are those of a CloudFormation template."""
    return any(map(_is_of_cloudformation, resources.values()))


def policies_of_yaml_template(text: str, origin: Origin) -> Iterator[Item]:
    """The policies of a template in YAML, or what is wrong with it."""
    # Imported where there is YAML to read, which is seldom.
    from policyhub.catalog.sources.yaml_text import YamlProblemError, read_yaml

    try:
        value = read_yaml(text)
    except YamlProblemError as error:
        yield Rejection(origin.place, f"a CloudFormation template in YAML; {error}")
        return
    resources = value.get("Resources") if isinstance(value, dict) else None
    if not isinstance(resources, dict) or not is_template(resources):
        what = "a CloudFormation template in YAML without a resource in `Resources`"
        yield Rejection(origin.place, f"{what}: give a complete template")
        return
    yield from policies_of_template(resources, origin)


def policies_of_template(resources: dict[str, Json], origin: Origin) -> Iterator[Item]:
    """The policies of a template, and how many other IAM resources it has."""
    others = 0
    for logical_id, resource in resources.items():
        if not _is_of_cloudformation(resource):
            continue
        if not _is_managed(resource):
            others += resource["Type"].startswith("AWS::IAM::")
            continue
        here = replace(origin, place=f"{origin.place} {logical_id}")
        yield _policy(resource.get("Properties"), here)
    if others:
        plural = "resources" if others > 1 else "resource"
        yield Skipped(
            origin.place,
            f"{others:,} other IAM {plural} of a CloudFormation template: only managed policies "
            f"are imported; {DEPLOYED}",
        )
    elif not any(_is_managed(each) for each in resources.values()):
        yield Rejection(
            origin.place, f"a CloudFormation template without a managed policy: {DEPLOYED}"
        )


def policy_of_name(name: str, arn: Json, document: str, origin: Origin) -> SourcePolicy | Rejection:
    """The policy of a name and a document; `arn` is None where it is not known."""
    version = {"Document": document, "IsDefaultVersion": True}
    detail = {"PolicyName": name, "Arn": arn or "", "PolicyVersionList": [version]}
    try:
        policy = policy_from_detail(detail, origin, None)
    except UnusableSourceError as error:
        return Rejection(origin.place, str(error))
    return replace(policy, source=PolicyVersion.Source.FILE)


def _is_of_cloudformation(resource: Json) -> bool:
    return isinstance(resource, dict) and str(resource.get("Type", "")).startswith("AWS::")


def _is_managed(resource: Json) -> bool:
    return isinstance(resource, dict) and resource.get("Type") == "AWS::IAM::ManagedPolicy"


def _policy(properties: Json, origin: Origin) -> Item:
    place, properties = origin.place, properties if isinstance(properties, dict) else {}
    name = settled(properties.get("ManagedPolicyName"))
    document = settled(properties.get("PolicyDocument"))
    functions = sorted(set(functions_in([name, document])))
    if functions:
        return Rejection(
            place,
            f"CloudFormation's functions in it ({', '.join(functions)}) get their values when it "
            f"is deployed: {DEPLOYED}",
        )
    if not isinstance(name, str) or document is None:
        return Rejection(
            place,
            "without `ManagedPolicyName` its name is made when it is deployed: set it, or "
            f"use what is there: {DEPLOYED}",
        )
    try:
        text = document_text(document)
    except UnusableSourceError as error:
        return Rejection(place, str(error))
    return policy_of_name(name, None, text, origin)


def settled(value: Json) -> Json:
    """A value with the functions carried out whose result the template itself tells."""
    if isinstance(value, list):
        return [settled(each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: settled(each) for name, each in value.items()}
    if inner.keys() == {"Fn::Sub"} and isinstance(inner["Fn::Sub"], str):
        text = inner["Fn::Sub"]
        return inner if _OPEN.search(text) else _LITERAL.sub("${", text)
    if inner.keys() == {"Fn::Join"}:
        return _joined_texts(inner)
    return inner


def _joined_texts(function: dict[str, Json]) -> Json:
    """The text that a `Fn::Join` of texts gives; the function itself where it has others."""
    arguments = function["Fn::Join"]
    if not isinstance(arguments, list) or len(arguments) != _JOINED:
        return function
    delimiter, texts = arguments
    if not isinstance(texts, list) or not all(
        isinstance(each, str) for each in (delimiter, *texts)
    ):
        return function
    return delimiter.join(texts)


def functions_in(value: Json) -> Iterator[str]:
    """The names of CloudFormation's functions in a value."""
    if isinstance(value, list):
        for each in value:
            yield from functions_in(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name.startswith("Fn::") or (name == "Ref" and len(value) == 1):
                yield name
            else:
                yield from functions_in(each)
