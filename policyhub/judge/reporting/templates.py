"""Policies within templates of CloudFormation and in Terraform's plans and states, by kind.

An import takes managed policies with a name alone; what is judged is every document whose text is
there: inline policies, trust policies, policies of resources and of organizations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.sources.cloudformation import functions_in, is_yaml_template, settled
from policyhub.catalog.sources.iam_shapes import document_text
from policyhub.catalog.sources.items import UnusableSourceError
from policyhub.catalog.sources.other_tools import attributes_of, terraform_blocks
from policyhub.catalog.sources.text import load_json
from policyhub.iam.language.elements import Usage

Json = Any

_DOCUMENT = {"PolicyDocument": Usage.IDENTITY}
_OF_RESOURCE = {"PolicyDocument": Usage.RESOURCE}
# The properties of each type of resource that are documents.
_CLOUDFORMATION: Mapping[str, Mapping[str, Usage]] = {
    "AWS::IAM::Role": {"AssumeRolePolicyDocument": Usage.TRUST},
    "AWS::IAM::ManagedPolicy": _DOCUMENT,
    "AWS::IAM::Policy": _DOCUMENT,
    "AWS::IAM::RolePolicy": _DOCUMENT,
    "AWS::IAM::UserPolicy": _DOCUMENT,
    "AWS::IAM::GroupPolicy": _DOCUMENT,
    "AWS::S3::BucketPolicy": _OF_RESOURCE,
    "AWS::SQS::QueuePolicy": _OF_RESOURCE,
    "AWS::SNS::TopicPolicy": _OF_RESOURCE,
    "AWS::KMS::Key": {"KeyPolicy": Usage.RESOURCE},
    "AWS::SecretsManager::ResourcePolicy": {"ResourcePolicy": Usage.RESOURCE},
    "AWS::ECR::Repository": {"RepositoryPolicyText": Usage.RESOURCE},
    "AWS::EC2::VPCEndpoint": {"PolicyDocument": Usage.ENDPOINT},
}
# Types whose property `Policies` is a list of inline policies.
_WITH_INLINE_POLICIES = frozenset({"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"})
_TERRAFORM: Mapping[str, Mapping[str, Usage]] = {
    "aws_iam_role": {"assume_role_policy": Usage.TRUST},
    "aws_iam_policy": {"policy": Usage.IDENTITY},
    "aws_iam_role_policy": {"policy": Usage.IDENTITY},
    "aws_iam_user_policy": {"policy": Usage.IDENTITY},
    "aws_iam_group_policy": {"policy": Usage.IDENTITY},
    "aws_s3_bucket_policy": {"policy": Usage.RESOURCE},
    "aws_sqs_queue_policy": {"policy": Usage.RESOURCE},
    "aws_sns_topic_policy": {"policy": Usage.RESOURCE},
    "aws_kms_key": {"policy": Usage.RESOURCE},
    "aws_kms_key_policy": {"policy": Usage.RESOURCE},
    "aws_secretsmanager_secret_policy": {"policy": Usage.RESOURCE},
    "aws_ecr_repository_policy": {"policy": Usage.RESOURCE},
    "aws_vpc_endpoint": {"policy": Usage.ENDPOINT},
}


@dataclass(frozen=True, slots=True)
class TemplateDocument:
    """A document in a template: what it belongs to, its text, its kind.

    `path` leads to it in JSON, "" where it is a text there; `arn` is its policy's, if it is known.
    """

    name: str
    text: str
    usage: Usage
    path: str = ""
    arn: str = ""


def template_documents(text: str) -> Iterator[TemplateDocument]:
    """The documents of a template, plan or state; none where the text is something else.

    One whose text is known only when it is deployed is left out.
    """
    value = _loaded(text)
    if not isinstance(value, dict):
        return
    if "terraform_version" in value:
        yield from _of_terraform(value)
    elif isinstance(value.get("Resources"), dict):
        yield from _of_cloudformation(value["Resources"])


def _loaded(text: str) -> Json:
    try:
        if not is_yaml_template(text):
            return load_json(text).value
        # Imported where there is YAML to read, which is seldom.
        from policyhub.catalog.sources.yaml_text import read_yaml

        return read_yaml(text)
    except ValueError:
        return None


def _of_cloudformation(resources: dict[str, Json]) -> Iterator[TemplateDocument]:
    for name, resource in resources.items():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if not isinstance(properties, dict):
            continue
        type_, path = str(resource.get("Type")), f"Resources.{name}.Properties"
        for member, usage in _CLOUDFORMATION.get(type_, {}).items():
            yield from _document(name, properties.get(member), usage, f"{path}.{member}")
        inline = properties.get("Policies") if type_ in _WITH_INLINE_POLICIES else None
        for index, each in enumerate(inline if isinstance(inline, list) else ()):
            if isinstance(each, dict):
                place = f"{path}.Policies[{index}].PolicyDocument"
                label = f"{name} {each.get('PolicyName')}"
                yield from _document(label, each.get("PolicyDocument"), Usage.IDENTITY, place)


def _of_terraform(value: dict[str, Json]) -> Iterator[TemplateDocument]:
    for block in terraform_blocks(value):
        members = _TERRAFORM.get(str(block.get("type")), {})
        for attributes in attributes_of(block):
            name = f"{block.get('type')} {block.get('name') or attributes.get('name')}"
            for member, usage in members.items():
                if isinstance(attributes.get(member), str):
                    arn = attributes.get("arn") if usage is Usage.IDENTITY else ""
                    yield from _document(name, attributes[member], usage, arn=arn or "")


def _document(
    name: str, given: Json, usage: Usage, path: str = "", arn: Json = ""
) -> Iterator[TemplateDocument]:
    document = settled(given)
    if not isinstance(document, dict | str) or not document or any(functions_in(document)):
        return
    try:
        yield TemplateDocument(name, document_text(document), usage, path, str(arn))
    except UnusableSourceError:
        return
