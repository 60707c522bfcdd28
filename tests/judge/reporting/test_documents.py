"""Which documents a text contains: each with its kind, its name and its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from policyhub.catalog.sources.items import Rejection
from policyhub.judge.reporting.documents import Found, SourceDocument, documents_in

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
TEXT = json.dumps(POLICY)


def found_in(value: Any) -> list[Found]:
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    return list(documents_in(text.encode(), "file"))


def told(found: list[Found]) -> list[tuple[str, str | None]]:
    return [
        (each.source, each.usage.value if each.usage else None)
        for each in found
        if isinstance(each, SourceDocument)
    ]


TEMPLATE = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": TRUST,
                "Policies": [{"PolicyName": "inline", "PolicyDocument": POLICY}],
            },
        },
        "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": POLICY}},
        "Bucket": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": POLICY}},
        "Open": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"PolicyDocument": {**POLICY, "Id": {"Ref": "Name"}}},
        },
        "Other": {"Type": "AWS::S3::Bucket"},
        "Odd": "text",
    }
}
IN_TEMPLATE = [
    ("file Role", "trust"),
    ("file Role inline", "identity"),
    ("file Managed", "identity"),
    ("file Bucket", "resource"),
]


def test_a_template_has_documents_of_several_kinds() -> None:
    found = found_in(TEMPLATE)
    assert told(found) == IN_TEMPLATE
    assert all(isinstance(each, SourceDocument) and each.around for each in found)


def test_a_template_in_yaml_has_the_same_documents_without_lines() -> None:
    found = found_in(yaml.safe_dump(json.loads(json.dumps(TEMPLATE)), sort_keys=False))
    assert told(found) == IN_TEMPLATE
    assert all(isinstance(each, SourceDocument) and each.around is None for each in found)


def block(type_: str, **values: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": "x", "values": values}


PLAN = {
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                block("aws_iam_policy", name="own", policy=TEXT, arn="arn:aws:iam::1:policy/own"),
                block("aws_iam_role", assume_role_policy=json.dumps(TRUST)),
                block("aws_kms_key", policy=TEXT),
                block("aws_iam_role_policy", policy=None),
                block("aws_s3_bucket", bucket="b"),
            ],
        }
    },
}


def test_a_plan_of_terraform_has_documents_of_several_kinds() -> None:
    assert told(found_in(PLAN)) == [
        ("arn:aws:iam::1:policy/own", "identity"),
        ("file aws_iam_role x", "trust"),
        ("file aws_kms_key x", "resource"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"terraform_version": "1.9.0", "planned_values": {"root_module": {}}},
        {"Resources": {"Other": {"Type": "AWS::S3::Bucket"}}},
        {"Policy": {"PolicyName": "x"}},
        'resource "aws_iam_policy" "own" {\n}\n',
    ],
)
def test_a_file_of_another_tool_without_documents_is_unusable(value: Any) -> None:
    found = found_in(value)
    assert found
    assert all(isinstance(each, Rejection) for each in found)


def test_a_policy_of_aws_in_an_export_is_named_with_its_version() -> None:
    detail = {
        "PolicyName": "Own",
        "Arn": "arn:aws:iam::aws:policy/Own",
        "PolicyVersionList": [{"VersionId": "v3", "IsDefaultVersion": True, "Document": POLICY}],
    }
    (found,) = found_in([detail])
    assert isinstance(found, SourceDocument)
    assert (found.source, found.is_aws_managed) == ("Own@v3", True)


def test_each_line_of_json_lines_is_a_document() -> None:
    lines = [
        {"PolicyName": name, "PolicyVersionList": [{"Document": POLICY, "IsDefaultVersion": True}]}
        for name in ("One", "Two")
    ]
    found = found_in("\n".join(map(json.dumps, lines)))
    assert told(found) == [("file One", None), ("file Two", None)]


def test_a_json_file_in_a_folder_that_is_no_policy_is_unusable_and_alone_it_is_broken() -> None:
    data = b'{"name": "app"}'
    assert isinstance(next(documents_in(data, "file", is_certain=False)), Rejection)
    assert isinstance(next(documents_in(data, "file")), SourceDocument)
