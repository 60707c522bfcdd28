"""The tools that create policies take what is written for them, and read the same document."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from awscli.clidriver import create_clidriver  # type: ignore[import-untyped]
from moto import mock_aws

from policyhub.iam.comparing.comparison import compare
from policyhub.iam.reading.document import parse_policy
from policyhub.workbench.building.template import PolicyTemplate
from policyhub.workbench.outputs.all_outputs import OUTPUTS
from policyhub.workbench.outputs.cdk import as_cdk_python, as_cdk_typescript
from policyhub.workbench.outputs.cloudformation import as_cloudformation
from policyhub.workbench.outputs.command_line import as_cli
from policyhub.workbench.outputs.naming import (
    is_policy_name,
    pascal_case,
    policy_name,
    snake_case,
)
from policyhub.workbench.outputs.terraform import as_terraform
from tests.workbench.templates import RUN_TASK, allow, copy_of, copy_of_managed, policy

NAME, DESCRIPTION = "AmazonECS_FullAccess-narrowed", 'Copy of "parts" of a policy'
# What other languages give a meaning to: templates, quotes, numbers, words that are no text.
ODD = policy(
    allow(
        ["s3:GetObject", "s3:PutObject"],
        ["arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/%{x}/$${y}"],
        Condition={
            "StringEquals": {
                "aws:PrincipalTag/a": ["yes", "1e3", "null", 'it\'s "so"', "\\n", "é"]
            },
            "NumericLessThan": {"s3:max-keys": "10"},
            "Bool": {"aws:SecureTransport": True},
        },
    ),
    {"Effect": "Deny", "NotAction": "s3:*", "NotResource": ["arn:aws:s3:::b"]},
)
DOCUMENTS = {
    "a reviewer's copy": copy_of_managed("AmazonECS_FullAccess", **RUN_TASK).document,
    "what other languages give a meaning to": ODD,
}
each_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": ""}  # fmt: skip


def words_of(line: str) -> list[str]:
    """The words of a command as a shell takes it apart: `sh` prints them, a NUL after each."""
    told = ["sh", "-c", f"aws() {{ printf '%s\\0' \"$@\"; }}; {line}"]
    done = subprocess.run(told, capture_output=True, check=True, text=True)
    return done.stdout.split("\0")[:-1]


@each_document
def test_the_cli_takes_the_command_and_creates_the_policy(
    document: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    words = words_of(as_cli(document, NAME, DESCRIPTION))
    with mock_aws():
        assert create_clidriver().main(words) == 0
        arn = json.loads(capsys.readouterr().out)["Policy"]["Arn"]
        iam = boto3.client("iam", region_name="us-east-1")
        kept = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert kept == document
    assert arn.endswith(f"policy/{NAME}")


def errors_of_cfn_lint(template: str) -> list[Any]:
    """What cfn-lint calls an error in a template."""
    # Not above: to load it takes each process that collects tests more than a second.
    from cfnlint.api import lint_all  # type: ignore[import-untyped]

    return [each for each in lint_all(template) if each.rule.severity == "error"]


def test_cfn_lint_finds_nothing_in_the_template() -> None:
    document = ODD
    text = as_cloudformation(document, NAME, DESCRIPTION)
    assert errors_of_cfn_lint(text) == []
    (resource,) = yaml.safe_load(text)["Resources"].values()
    assert resource["Type"] == "AWS::IAM::ManagedPolicy"
    assert resource["Properties"]["PolicyDocument"] == document
    assert resource["Properties"]["ManagedPolicyName"] == NAME


def unescaped(text: str) -> str:
    """What a string of HCL says, as Terraform reads it."""
    said = str(json.loads(text))
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", said), f"a template in {text}"
    return said.replace("$${", "${").replace("%%{", "%{")


def value_of_hcl(text: str) -> Any:
    """An object of HCL without anything but literals, read by its grammar."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[{}\[\],=]|[^\s{}\[\],="]+', text)
    place = 0

    def take() -> str:
        nonlocal place
        place += 1
        return str(tokens[place - 1])

    def value() -> Any:
        token = take()
        if token == "{":
            made = {}
            while tokens[place] != "}":
                key = unescaped(take())
                assert take() == "="
                made[key] = value()
                if tokens[place] == ",":
                    take()
            take()
            return made
        if token == "[":
            items = []
            while tokens[place] != "]":
                items.append(value())
                if tokens[place] == ",":
                    take()
            take()
            return items
        return unescaped(token) if token.startswith('"') else json.loads(token)

    return value()


@each_document
def test_what_is_written_for_terraform_says_the_document(document: Any) -> None:
    text = as_terraform(document, NAME, DESCRIPTION)
    inside = text.partition("jsonencode(")[2].rpartition(")")[0]
    assert value_of_hcl(inside) == document
    assert text.startswith('resource "aws_iam_policy" "amazonecs_fullaccess_narrowed" {\n')


TERRAFORM = shutil.which("terraform")


@pytest.mark.skipif(TERRAFORM is None, reason="terraform is not installed")
@each_document
def test_terraform_itself_reads_the_document_and_would_not_format_it(
    document: Any, tmp_path: Path
) -> None:
    """Its expression is evaluated without the provider, which no registry has to be asked for."""
    text = as_terraform(document, NAME, DESCRIPTION)
    locals_ = re.sub(r'^resource "aws_iam_policy" "\w+" \{', "locals {", text)
    (tmp_path / "main.tf").write_text(locals_)
    formatted = terraform("fmt", "-check", "-diff", "main.tf", folder=tmp_path)
    assert formatted.returncode == 0, formatted.stdout
    printed = terraform("console", folder=tmp_path, given="local.policy\n")
    assert json.loads(json.loads(printed.stdout)) == document, printed.stderr


def terraform(*arguments: str, folder: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TERRAFORM), *arguments], cwd=folder, input=given, text=True, capture_output=True,
        check=False, env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip


def literal_in(source: str, call: str) -> Any:
    """The first argument of a call in Python, which is a literal."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == call:
            return ast.literal_eval(node.args[0])
    raise AssertionError(f"nothing calls {call}")


@each_document
def test_what_is_written_for_the_cdk_says_the_document(document: Any) -> None:
    python = as_cdk_python(document, NAME, DESCRIPTION)
    assert literal_in(python, "iam.PolicyDocument.from_json") == document
    assert f"description={json.dumps(DESCRIPTION)}" in python
    typescript = as_cdk_typescript(document, NAME, DESCRIPTION)
    literal = typescript.partition("fromJson(")[2].rpartition("),\n    });")[0]
    assert json.loads(literal) == document
    assert 'new iam.ManagedPolicy(this, "AmazonecsFullaccessNarrowed", {' in typescript


def is_the_same(one: Any, other: Any) -> bool:
    """Whether two documents say the same: the CDK writes them in its own order."""
    left, right = (parse_policy(json.dumps(each)).policy for each in (one, other))
    assert left is not None
    assert right is not None
    return compare(left, right).verdict == "equivalent"


@pytest.mark.parametrize(
    ("name", "as_policy", "snake", "pascal"),
    [
        ("AmazonECS_FullAccess@v21", "AmazonECS_FullAccess-narrowed",
         "amazonecs_fullaccess_narrowed", "AmazonecsFullaccessNarrowed"),
        ("arn:aws:iam::123456789012:policy/team/web", "web-narrowed", "web_narrowed",
         "WebNarrowed"),
        ("the document", "the-document-narrowed", "the_document_narrowed", "TheDocumentNarrowed"),
        ("1st", "1st-narrowed", "policy_1st_narrowed", "Policy1stNarrowed"),
        ("é", "--narrowed", "narrowed", "Narrowed"),
        ("x" * 200, "x" * 119 + "-narrowed", "x" * 119 + "_narrowed", "X" + "x" * 118 + "Narrowed"),
    ],
)  # fmt: skip
def test_names_are_those_that_each_language_takes(
    name: str, as_policy: str, snake: str, pascal: str
) -> None:
    made = policy_name(name)
    assert (made, snake_case(made), pascal_case(made)) == (as_policy, snake, pascal)
    assert is_policy_name(made)


def test_a_copy_of_a_document_is_written_under_a_name_of_its_own() -> None:
    copy: PolicyTemplate = copy_of(policy(allow("s3:*")))
    texts = {name: output.write(copy, "") for name, output in OUTPUTS.items()}
    assert "the-original-narrowed" in texts["terraform"]
    assert OUTPUTS["cdk-python"].file_name("a-b") == "a_b_stack.py"
