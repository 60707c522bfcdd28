"""Files of other tools: their managed policies are read, or it is said what the file is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyhub.catalog.sources.files import gather
from policyhub.catalog.sources.items import Item, Rejection, Skipped, SourcePolicy
from tests.catalog.given_sources import detail, document, read, the_policy

DOCUMENT = document("s3:GetObject")
ARN = "arn:aws:iam::123456789012:policy/team/deploy"
ENCODINGS = (
    "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
)  # fmt: skip
TEXTS = (DOCUMENT, json.dumps([detail()]), f"{json.dumps(detail())}\n" * 2)


def block(**values: Any) -> dict[str, Any]:
    """A managed policy among Terraform's resources."""
    return {"type": "aws_iam_policy", "mode": "managed", "name": "this", **values}


def terraform(kind: str, **values: Any) -> str:
    """A state, a plan, or what `terraform show -json` prints of a state."""
    module = {"resources": [block(values=values)]}
    inner = {"root_module": {"resources": [], "child_modules": [module]}}
    shapes: dict[str, dict[str, Any]] = {
        "state": {"version": 4, "resources": [block(instances=[{"attributes": values}])]},
        "plan": {"format_version": "1.2", "planned_values": inner, "resource_changes": []},
        "shown state": {"format_version": "1.0", "values": inner},
    }
    return json.dumps({"terraform_version": "1.9.0", **shapes[kind]})


def template(**properties: Any) -> str:
    """A CloudFormation template with one managed policy."""
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
    return json.dumps({"Resources": {"Deploy": policy}})


def reasons(text: str) -> list[str]:
    """Why nothing of a text comes in."""
    found = read(text)
    assert not any(isinstance(each, SourcePolicy) for each in found)
    return [each.reason for each in found if isinstance(each, Rejection)]


@pytest.mark.parametrize("kind", ["state", "plan", "shown state"])
def test_terraforms_managed_policies_are_read(kind: str) -> None:
    policy = the_policy(terraform(kind, name="deploy", arn=ARN, policy=DOCUMENT))
    assert (policy.name, policy.arn, policy.path) == ("deploy", ARN, "/team/")
    assert [(each.version_id, each.document) for each in policy.versions] == [("", DOCUMENT)]
    assert (policy.source, policy.versions[0].is_default) == ("file", True)


def test_a_planned_policy_has_no_arn_yet() -> None:
    assert the_policy(terraform("plan", name="deploy", policy=DOCUMENT)).arn == ""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (terraform("plan", name="deploy"), "known only after applying"),
        (terraform("plan", policy=DOCUMENT), "known only after applying"),
        (terraform("state", name="deploy", arn="arn:x", policy=DOCUMENT), "is not the ARN"),
        (terraform("state", name="no name", policy=DOCUMENT), "no name"),
        ('{"terraform_version": "1.9.0", "resources": []}', "terraform show -json"),
        ('{"terraform_version": "1.9.0", "resources": 5}', "terraform show -json"),
        ('{"terraform_version": "1.9.0", "values": {"root_module": []}}', "terraform show -json"),
    ],
)
def test_what_terraform_does_not_know_is_said(text: str, what: str) -> None:
    (reason,) = reasons(text)
    assert what in reason


def test_cloudformations_managed_policies_are_read() -> None:
    text = template(ManagedPolicyName="deploy", PolicyDocument=json.loads(DOCUMENT))
    policy = the_policy(text)
    assert (policy.name, policy.arn, policy.source) == ("deploy", "", "file")
    assert policy.versions[0].document == DOCUMENT
    assert policy.place == "ExampleTestPolicy.json Deploy"


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ({"PolicyDocument": {}}, "without `ManagedPolicyName`"),
        ({"ManagedPolicyName": "deploy"}, "without `ManagedPolicyName`"),
        ({"ManagedPolicyName": {"Ref": "Name"}, "PolicyDocument": {}}, "(Ref)"),
        (
            {
                "ManagedPolicyName": "deploy",
                "PolicyDocument": {
                    "Statement": [{"Resource": [{"Fn::Sub": "${x}"}, {"Fn::GetAtt": ["a", "b"]}]}]
                },
            },
            "(Fn::GetAtt, Fn::Sub)",
        ),
    ],
)
def test_what_only_a_deployment_tells_is_named(properties: dict[str, Any], what: str) -> None:
    (reason,) = reasons(template(**properties))
    assert what in reason
    assert "get-account-authorization-details" in reason


YAML = """AWSTemplateFormatVersion: 2010-09-09
Resources:  # what is made
  Deploy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: {name}
      Roles: [!Ref Role]
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: [s3:GetObject]
            Resource: {resource}
            Condition:
              Bool: {{aws:SecureTransport: true}}
  Role:
    Type: AWS::IAM::Role
"""


def in_yaml(name: str = "deploy", resource: str = '"*"') -> str:
    """A template with one managed policy and one role."""
    return YAML.format(name=name, resource=resource)


def resources_of(text: str) -> Any:
    """The resources of the only statement that a template's policy has."""
    (policy,) = [each for each in read(text) if isinstance(each, SourcePolicy)]
    return json.loads(policy.versions[0].document)["Statement"][0]["Resource"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_template_in_yaml_is_read_with_every_scalar_as_its_text(encoding: str, ends: str) -> None:
    found = read(in_yaml().replace("\n", ends).encode(encoding))
    policy, skipped = found
    assert isinstance(policy, SourcePolicy)
    assert isinstance(skipped, Skipped)
    assert (policy.name, policy.place) == ("deploy", "ExampleTestPolicy.json Deploy")
    assert json.loads(policy.versions[0].document) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
    }
    assert skipped.reason.startswith("1 other IAM resource of a CloudFormation template")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("!Sub arn:aws:s3:::logs/*", "arn:aws:s3:::logs/*"),
        ("!Sub 'arn:aws:s3:::home/${!aws:username}'", "arn:aws:s3:::home/${aws:username}"),
        ("!Join ['', ['arn:aws:s3:::', logs]]", "arn:aws:s3:::logs"),
        ("{'Fn::Join': [':', [arn, aws, !Sub 's3:::logs']]}", "arn:aws:s3:::logs"),
        ("arn:aws:s3:::home/${aws:username}", "arn:aws:s3:::home/${aws:username}"),
    ],
)
def test_functions_whose_result_the_template_tells_are_carried_out(
    written: str, meant: str
) -> None:
    assert resources_of(in_yaml(resource=written)) == meant


@pytest.mark.parametrize(
    ("written", "functions"),
    [
        ("!Sub 'arn:aws:s3:::${Bucket}'", "(Fn::Sub)"),
        ("!GetAtt Bucket.Arn", "(Fn::GetAtt)"),
        ("!Ref Bucket", "(Ref)"),
        ("!Join ['/', [!GetAtt Bucket.Arn, '*']]", "(Fn::Join)"),
        ("!Join ['/', [a, b], c]", "(Fn::Join)"),
        ("[!If [Here, a, !Ref 'AWS::NoValue']]", "(Fn::If)"),
        ("!Sub ['${B}/*', {B: !ImportValue x}]", "(Fn::Sub)"),
        ("!Transform {Name: AWS::Include}", "(Fn::Transform)"),
    ],
)
def test_functions_that_only_a_deployment_answers_are_named(written: str, functions: str) -> None:
    (reason,) = reasons(in_yaml(resource=written))
    assert functions in reason
    assert "get-account-authorization-details" in reason


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (in_yaml(name="!Sub '${AWS::StackName}-deploy'"), "(Fn::Sub)"),
        (in_yaml(name="&n deploy").replace('"*"', "*n"), "CloudFormation takes none"),
        (in_yaml() + "  Role:\n    Type: AWS::S3::Bucket\n", "`Role` appears twice"),
        (in_yaml() + "\tx: 1\n", "line 18, column 1: not YAML"),
        (in_yaml(resource="[" * 2_000), "nested too deep"),
        (in_yaml(resource="\x01"), "not YAML (unacceptable character"),
        (in_yaml() + "--- {}\n", "not YAML"),
        (in_yaml() + "? [a]\n: b\n", "a name that is not a text"),
        (in_yaml() + "#" * 1024 * 1024, "larger than the 1 MiB"),
        ("Resources:\n  - AWS::S3::Bucket\n", "without a resource"),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n", "without a managed policy"),
    ],
)
def test_what_is_wrong_with_a_template_in_yaml_is_said_with_its_place(text: str, what: str) -> None:
    (reason,) = reasons(text)
    assert "CloudFormation" in reason
    assert what in reason


def test_of_the_yaml_files_in_a_folder_only_templates_are_read(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(in_yaml())
    (tmp_path / "stack.template").write_text(template(ManagedPolicyName="a", PolicyDocument={}))
    (tmp_path / "values.yml").write_text("replicas: 3\n")
    found = list(gather([str(tmp_path)]))
    assert sorted(each.name for each in found if isinstance(each, SourcePolicy)) == ["a", "deploy"]
    (other,) = [each for each in found if isinstance(each, Skipped) and "values.yml" in each.reason]
    assert "template.yaml" not in other.reason


def test_a_template_without_a_managed_policy_is_called_one() -> None:
    (reason,) = reasons('{"Resources": {"A": {"Type": "AWS::S3::Bucket"}, "B": 5}}')
    assert "a CloudFormation template without a managed policy" in reason


def test_other_iam_resources_of_a_template_are_counted() -> None:
    text = json.dumps({"Resources": {"A": {"Type": "AWS::IAM::Role"}}})
    assert [type(each) for each in read(text)] == [Skipped]


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("SERVICE_CONTROL_POLICY", "service control policy `guard`"),
        ("RESOURCE_CONTROL_POLICY", "resource control policy `guard`"),
        (None, "policy `guard`"),
    ],
)
def test_a_policy_of_organizations_is_called_one(kind: str | None, named: str) -> None:
    summary = {"Name": "guard", "Type": kind, "Id": "p-1"}
    answer = {"Policy": {"PolicySummary": summary, "Content": DOCUMENT}}
    (reason,) = reasons(json.dumps(answer))
    assert named in reason
    assert "aws organizations describe-policy" in reason


def export(**members: Any) -> list[Item]:
    """An authorization-details export of one policy."""
    return read(json.dumps({"Policies": [detail()], **members}))


@pytest.mark.parametrize(
    "members", [{"IsTruncated": True}, {"IsTruncated": "true"}, {"NextToken": "abc"}]
)
def test_a_truncated_export_is_reported_as_incomplete(members: dict[str, Any]) -> None:
    rejection, policy = export(**members)
    assert isinstance(policy, SourcePolicy)
    assert isinstance(rejection, Rejection)
    assert rejection.reason.startswith("incomplete: ")


@pytest.mark.parametrize("members", [{}, {"IsTruncated": False}, {"NextToken": None}])
def test_a_complete_export_is_not(members: dict[str, Any]) -> None:
    (policy,) = export(**members)
    assert isinstance(policy, SourcePolicy)


def test_a_truncated_list_without_documents_is_said_to_be_both() -> None:
    (reason,) = reasons('{"Policies": [{"PolicyName": "deploy"}], "IsTruncated": true}')
    assert "contains no documents" in reason
    assert "incomplete" in reason


def test_the_trust_policies_of_roles_are_told() -> None:
    roles = [{"RoleName": f"role{n}", "AssumeRolePolicyDocument": {}} for n in range(7)]
    _, skipped = export(RoleDetailList=[*roles, {"RoleName": "bare"}])
    assert isinstance(skipped, Skipped)
    assert skipped.reason.startswith(
        "7 trust policies (role0, role1, role2, role3, role4 and 2 more)"
    )


def test_a_policy_without_its_name_is_named_by_its_arn() -> None:
    nameless = detail()
    del nameless["PolicyName"]
    assert the_policy(json.dumps([nameless])).name == "ExampleTestPolicy"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
@pytest.mark.parametrize(
    "text", [DOCUMENT, json.dumps([detail()]), f"{json.dumps(detail())}\n" * 2]
)
def test_texts_in_any_unicode_encoding_are_read(text: str, encoding: str) -> None:
    found = read(text.encode(encoding))
    assert found
    assert all(isinstance(each, SourcePolicy) for each in found)


def test_a_broken_encoding_is_named() -> None:
    (reason,) = [each.reason for each in read(b"\xff\xfe{") if isinstance(each, Rejection)]
    assert reason.startswith("not UTF-16")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            'resource "aws_iam_policy" "this" {\n  name = "x"\n}\n',
            "Terraform's own language",
        ),
        ('data "aws_iam_policy_document" "this" {\n}\n', "terraform show -json"),
        ("Resources:\n  - books\n", "line 1, column 1"),
    ],
)
def test_a_text_of_another_tool_is_called_what_it_is(text: str, what: str) -> None:
    (reason,) = reasons(text)
    assert what in reason
