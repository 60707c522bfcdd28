"""Scenarios as tests: what a line expects, what the report says, and the exit status."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from policyhub.simulate.lines import answer_lines

ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"},
}
DENY = {"Version": "2012-10-17", "Statement": {**ALLOW["Statement"], "Effect": "Deny"}}  # type: ignore[dict-item]


def line(expect: Any = None, document: Any = ALLOW, **more: Any) -> dict[str, Any]:
    made = {"action": "ecs:RunTask", "identityPolicies": [document], **more}
    return made if expect is None else {**made, "expect": expect}


def run(folder: Path, *lines: Any, junit: str = "") -> tuple[list[dict[str, Any]], str, int]:
    """The answers, what is said in addition, and the exit status."""
    file = folder / "scenario.jsonl"
    text = [each if isinstance(each, str) else json.dumps(each) for each in lines]
    file.write_text("\n".join(text), encoding="utf-8")
    out, beside = io.StringIO(), io.StringIO()
    report = ("--junit", junit) if junit else ()
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", "--jsonl", str(file), *report, stdout=out, stderr=beside)
    assert isinstance(ended.value.code, int)
    answers = [json.loads(each) for each in out.getvalue().splitlines()]
    return answers, beside.getvalue(), ended.value.code


@pytest.mark.parametrize(
    ("expect", "document", "passed"),
    [
        ("allowed", ALLOW, True),
        ("allowed", DENY, False),
        ("explicitDeny", DENY, True),
        ("implicitDeny", DENY, False),
        ("implicitDeny", {**ALLOW, "Statement": {**ALLOW["Statement"], "Action": "s3:*"}}, True),  # type: ignore[dict-item]
        ("denied", DENY, True),
        ("denied", ALLOW, False),
    ],
)
def test_an_answer_says_whether_it_is_as_expected(expect: str, document: Any, passed: bool) -> None:
    text = json.dumps(line(expect, document)).encode()
    (answer,) = answer_lines(io.BytesIO(text))
    assert (answer["expect"], answer["passed"]) == (expect, passed)


def test_where_nothing_is_expected_nothing_is_said_of_it() -> None:
    (answer,) = answer_lines(io.BytesIO(json.dumps(line()).encode()))
    assert answer.keys().isdisjoint({"expect", "passed"})


@pytest.mark.parametrize("expect", ["yes", "Allowed", "", None, 1, ["allowed"], {}])
def test_an_expectation_that_is_no_decision_is_an_error(expect: Any) -> None:
    text = json.dumps({**line(), "expect": expect}).encode()
    (answer,) = answer_lines(io.BytesIO(text))
    assert answer["error"]["code"] == "bad-expectation"
    assert "allowed, explicitDeny, implicitDeny, denied" in answer["error"]["message"]


def test_all_as_expected_ends_with_0(tmp_path: Path) -> None:
    answers, said, status = run(tmp_path, line("allowed"), line("denied", DENY), line())
    assert [each.get("passed") for each in answers] == [True, True, None]
    assert (said.strip(), status) == ("2 as expected, 0 not", 0)


def test_one_that_is_not_ends_with_1(tmp_path: Path) -> None:
    _, said, status = run(tmp_path, line("allowed"), line("denied"))
    assert (said.strip(), status) == ("1 as expected, 1 not", 1)


def test_a_line_that_cannot_be_answered_is_counted_apart(tmp_path: Path) -> None:
    _, said, status = run(tmp_path, line("allowed"), "{")
    assert (said.strip(), status) == ("1 as expected, 0 not, 1 could not be answered", 1)


def test_the_report_names_every_line_and_why_it_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    run(
        tmp_path,
        line("allowed", id="may run"),
        line("denied", id='a "<b>" & \u0001 name'),
        "{",
        line("allowed", DENY),
        junit=str(report),
    )
    suite = ElementTree.parse(report).getroot()  # noqa: S314 - our own report
    assert suite.tag == "testsuite"
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "1")
    names = [case.get("name") for case in suite]
    assert names == ["may run", 'a "<b>" & \N{REPLACEMENT CHARACTER} name', "line 3", "line 4"]
    assert [[each.tag for each in case] for case in suite] == [
        [],
        ["failure"],
        ["error"],
        ["failure"],
    ]
    failures = [each.get("message") for each in suite.iter("failure")]
    assert failures == [
        "expected denied, but got allowed",
        "expected allowed, but got explicitDeny, blocked by identity",
    ]


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    file = tmp_path / "scenario.jsonl"
    file.write_text(json.dumps(line("allowed")))
    with pytest.raises(CommandError, match="can't be written: No such file"):
        call_command(
            *("simulate", "--jsonl", str(file), "--junit", str(tmp_path / "none" / "report.xml")),
            stdout=io.StringIO(),
        )
