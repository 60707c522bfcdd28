"""`manage.py report`: the page's digest, formats, exit status, documents of one's own."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PASSING = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
LAMBDA = {
    "Effect": "Allow",
    "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
    "Resource": "*",
}


def run(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("report", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as status:
        return int(status.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def as_json(*arguments: str | Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(run(*arguments, "--format", "json")[1])
    return read


def written(path: Path, *statements: object) -> Path:
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), "utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["AmazonECS_FullAccess"], "/policies/AmazonECS_FullAccess/report.json"),
        (
            ["AmazonECS_FullAccess@v22", "--since", "v20"],
            "/policies/AmazonECS_FullAccess/report.json?since=v20",
        ),
        (
            ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess", "--compare"],
            "/compare/report.json?policy=AmazonECS_FullAccess%40v20&policy=AmazonECS_FullAccess",
        ),
        (
            ["AWSDenyAll", "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy"],
            "/report.json?policy=AWSDenyAll&policy=AmazonECSTaskExecutionRolePolicy",
        ),
    ],
)
def test_the_command_and_the_page_say_the_same_with_the_same_digest(
    client: Client, arguments: list[str], address: str
) -> None:
    by_command, by_page = as_json(*arguments), client.get(address).json()
    assert by_page["address"].endswith(by_command["address"])
    assert {**by_command, "address": ""} == {**by_page, "address": ""}


def test_the_command_line_of_a_report_makes_it_again() -> None:
    first = as_json("AmazonECS_FullAccess", "--since", "2024-01-01")
    again = first["command"].removeprefix("uv run manage.py report ").split()
    assert as_json(*again)["digest"] == first["digest"]


def test_a_document_of_ones_own_is_judged_with_its_proofs(tmp_path: Path) -> None:
    found = as_json(written(tmp_path / "own.json", PASSING, LAMBDA))
    (part,) = found["documents"]
    assert part["name"] == str(tmp_path / "own.json")
    assert part["verdict"]["group"] == "administrator"
    assert (found["address"], part["changes"], part["checks"]) == (None, None, None)
    assert "Runs code as any role that trusts Lambda" in {each["title"] for each in part["risks"]}


def test_two_files_can_do_together_what_neither_can(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.json", PASSING), written(tmp_path / "b.json", LAMBDA)
    together = {each["id"] for each in as_json(one, other)["together"]}
    assert "lambda-001" in together
    assert as_json(one, other, "--compare")["comparison"]["verdict"] == "disjoint"


def test_html_is_one_file_that_needs_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    status, out, _ = run("AmazonECS_FullAccess", "--format", "html", "--output", file)
    assert (status, out) == (0, "")
    text = file.read_text("utf-8")
    assert "counter(page)" in text
    for loaded in ("<script", "<link", "src=", "url("):
        assert loaded not in text


@pytest.mark.parametrize(
    ("statement", "fail_on", "status"),
    [
        (PASSING, "error", 0),
        ({**PASSING, "Action": "iam:PassRoll"}, "error", 1),
        ({**PASSING, "Action": ["iam:PassRole", "iam:*"]}, "suggestion", 1),
        ({**PASSING, "Action": ["iam:PassRole", "iam:*"]}, "error", 0),
    ],
)
def test_the_exit_status_is_that_of_linting(
    tmp_path: Path, statement: Any, fail_on: str, status: int
) -> None:
    assert run(written(tmp_path / "own.json", statement), "--fail-on", fail_on)[0] == status


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Nothing"], "no managed policy is named `Nothing`"),
        (["AmazonECS_FullAccess@v99"], "has no version `v99`"),
        (["missing.json"], "can't be read"),
        (["AmazonECS_FullAccess", "--since", "v99"], "`v99` is not a known version"),
        (["AWSDenyAll", "--compare"], "--compare takes two documents"),
    ],
)
def test_what_cant_be_used_is_2_and_says_why(arguments: list[str], says: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert says in err


def test_a_document_that_breaks_the_grammar_is_refused_with_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"Statement": [{"Effect": "Maybe"}]}', "utf-8")
    status, _, err = run(broken)
    assert status == 2
    assert "line 1, column 16: `Action` is missing" in err


def test_of_an_export_what_roles_trust_is_left_out(tmp_path: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": [PASSING]}
    assumed = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "RoleName": "r",
        "Arn": "arn:aws:iam::123456789012:role/r",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assumed]},
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
    }
    own = {
        "PolicyName": "Own",
        "Arn": "arn:aws:iam::123456789012:policy/Own",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document}],
    }
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"Policies": [own], "RoleDetailList": [role]}), "utf-8")
    assert [each["name"] for each in as_json(export)["documents"]] == [
        "arn:aws:iam::123456789012:policy/Own",
        "arn:aws:iam::123456789012:role/r own",
    ]
