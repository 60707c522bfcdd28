"""`manage.py simulate`: the ECS story by flags, and JSON lines that are all answered."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policyhub.simulate.lines import LONGEST_LINE, answer_lines

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/app"
ALLOW_ALL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


def simulate(*arguments: str) -> tuple[str, int]:
    """What the command prints, and its exit status."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", *arguments, stdout=out)
    assert isinstance(ended.value.code, int)
    return out.getvalue(), ended.value.code


def pass_role(*more: str) -> tuple[str, int]:
    policy = ("--policy", "AmazonECS_FullAccess@v20")
    return simulate(*policy, "--action", "iam:PassRole", "--resource", ROLE, *more)


def answers(*lines: bytes) -> list[dict[str, Any]]:
    return list(answer_lines(io.BytesIO(b"\n".join(lines))))


def test_a_role_may_be_passed_to_ecs_tasks() -> None:
    said, status = pass_role("--context", "iam:PassedToService=ecs-tasks.amazonaws.com")
    assert status == 0
    assert said.startswith(f"Allowed: iam:PassRole on {ROLE}")
    assert "decided by AmazonECS_FullAccess@v20, statement 4" in said


def test_a_role_may_not_be_passed_to_lambda_and_the_trace_says_why() -> None:
    said, status = pass_role("--context", "iam:PassedToService=lambda.amazonaws.com", "--trace")
    assert status == 3
    assert said.startswith("Denied, because nothing allows it")
    assert (
        "- requires that iam:PassedToService is ecs-tasks.amazonaws.com, "
        "but the request has lambda.amazonaws.com"
    ) in said


def test_what_the_answer_depends_on_is_said() -> None:
    said, status = pass_role()
    assert status == 3
    assert said.startswith("Depends on iam:PassedToService: iam:PassRole on ")
    assert "  without further context keys: implicit deny\n" in said


def test_what_would_turn_the_answer_is_said() -> None:
    said, _ = pass_role()
    assert "  Allowed when iam:PassedToService is ecs-tasks.amazonaws.com\n" in said
    assert "would change the decision: set iam:PassedToService to ecs-tasks.amazonaws.com\n" in said
    assert "near miss: AmazonECS_FullAccess@v20, statement 4, Allow: requires that" in said


def test_a_policy_of_a_service_linked_role_is_evaluated_and_said_to_be_one() -> None:
    simulation = {
        "action": "ecs:ListClusters",
        "identityPolicies": [{"managed": "AmazonECSServiceRolePolicy"}],
    }
    (answer,) = answers(json.dumps(simulation).encode())
    assert [each["code"] for each in answer["problems"]] == [
        "unguarded-for-all-values",
        "service-linked-policy",
    ]
    assert answer["complete"]


def test_a_document_out_of_a_file_is_used_and_its_problems_are_said(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(ALLOW_ALL))
    bad.write_text('{"Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]}')
    flags = ("--action", "ecs:RunTask", "--policy-file")
    assert simulate(*flags, str(good))[1] == 0
    said, status = simulate(*flags, str(bad))
    assert status == 3
    assert "Permit" in said
    assert "does not prove what is allowed" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "--action is needed"),
        (("--action", "ecs"), "write it as `service:Name`"),
        (("--action", "ecs:*"), "without wildcards"),
        (("--action", "ecs:RunTask", "--principal", "ana"), "not a principal"),
        (("--action", "ecs:RunTask", "--context", "team"), "write it as KEY=VALUE"),
        (("--action", "ecs:RunTask", "--policy", "AmazonECS_FullAcess"), "AmazonECS_FullAccess"),
        (("--action", "ecs:RunTask", "--policy", "AmazonECS_FullAccess@v1"), "known: v22, v20"),
        (("--action", "ecs:RunTask", "--policy-file", "/no/such/file"), "can't be read"),
        (("--jsonl", "/no/such/file"), "can't be read"),
    ],
)
def test_bad_flags_get_a_sentence(flags: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("simulate", *flags)


def test_lines_are_answered_in_order_and_broken_ones_do_not_stop_the_rest(tmp_path: Path) -> None:
    deep = b'{"id": "deep", "action": "ecs:RunTask", "context": {"k": ' + b"[" * 10_000
    lines = [
        b'{"id": 1, "action": "ecs:RunTask", "identityPolicies": '
        b'[{"managed": "AmazonECS_FullAccess"}]}',
        b"not json",
        deep,
        b"",
        b'{"id": 4, "action": "ecs:RunTask", "trace": true, "identityPolicies": ['
        + json.dumps(ALLOW_ALL).encode() + b"]}",
        b"[1, 2]",
        b'{"id": 6, "action": 5, "unknown": 1}',
    ]  # fmt: skip
    file = tmp_path / "lines.jsonl"
    file.write_bytes(b"\n".join(lines))
    said, status = simulate("--jsonl", str(file))
    results = [json.loads(line) for line in said.splitlines()]
    assert status == 1
    assert [result["id"] for result in results] == [1, None, None, 4, None, 6]
    assert [result.get("decision") for result in results] == [
        "allowed", None, None, "allowed", None, None,
    ]  # fmt: skip
    assert results[3]["trace"]["statements"][0]["verdict"] == "matches"
    assert {each["path"] for each in results[5]["error"]["problems"]} == {"unknown", "action"}


def test_a_file_that_is_answered_whole_exits_with_0(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"id": "a", "action": "ecs:RunTask"}))
    said, status = simulate("--jsonl", str(file))
    assert status == 0
    assert json.loads(said)["decision"] == "implicitDeny"


def test_a_line_of_five_megabytes_is_answered_and_a_longer_one_passed_over() -> None:
    five = json.dumps({"id": 5, "action": "ecs:RunTask", "context": {"k": "x" * 5_000_000}})
    first, second, third = answers(
        five.encode(),
        b'{"id": "' + b"x" * (LONGEST_LINE + 5),
        b'{"id": 7, "action": "ecs:RunTask"}',
    )
    assert first["decision"] == "implicitDeny"
    assert second["error"]["code"] == "too-long"
    assert third["id"] == 7


def test_a_pasted_document_beyond_the_limit_is_a_problem_and_never_allowed() -> None:
    huge = {**ALLOW_ALL, "Id": "x" * 300_000}
    (result,) = answers(json.dumps({"action": "ecs:RunTask", "identityPolicies": [huge]}).encode())
    assert result["decision"] == "implicitDeny"
    assert result["complete"] is False
    assert result["problems"]


@pytest.mark.parametrize("name", ["a\\u0000b", "\\ud800", "a\\nb"])
def test_a_name_that_no_database_can_be_asked_for_stops_no_other_line(name: str) -> None:
    asked = f'{{"action": "ecs:RunTask", "identityPolicies": [{{"managed": "{name}"}}]}}'
    versioned = asked.replace('"managed"', '"managed": "x", "version"')
    first, second, last = answers(asked.encode(), versioned.encode(), b'{"action": "ecs:RunTask"}')
    assert first["error"]["code"] == second["error"]["code"] == "unknown-policy"
    assert last["decision"] == "implicitDeny"


def test_what_is_no_simulation_at_all_is_told_in_a_sentence() -> None:
    assert answers(b"[]")[0]["error"]["message"].startswith("a simulation is a JSON object")


def test_no_document_commands_the_terminal(tmp_path: Path) -> None:
    key = "aws:\x1b[2J"
    condition = {"StringEquals": {key: "\x1b]0;title\x07\nAllowed"}}
    statement = {**ALLOW_ALL["Statement"], "Condition": condition}  # type: ignore[dict-item]
    document = tmp_path / "hostile.json"
    document.write_text(json.dumps({**ALLOW_ALL, "Statement": statement}), encoding="utf-8")
    said, _ = simulate("--policy-file", str(document), "--action", "s3:GetObject", "--trace")
    assert "\\x1b]0;title\\x07\\nAllowed" in said
    assert all(line.isprintable() for line in said.split("\n"))
