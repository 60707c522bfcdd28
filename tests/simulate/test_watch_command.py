"""`manage.py watch`: which answers to scenarios changed since a day."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
TAGGING: dict[str, Any] = {
    "id": "tags stacks",
    "action": "cloudformation:TagResource",
    "resource": "arn:aws:cloudformation:us-east-1:123456789012:stack/a/b",
    "context": {"cloudformation:CreateAction": "CreateStack"},
    "identityPolicies": [{"managed": "AmazonECS_FullAccess"}],
}
RUNNING = {**TAGGING, "id": "runs tasks", "action": "ecs:ListClusters", "resource": "*"}
PINNED = {
    **TAGGING,
    "id": "pinned",
    "identityPolicies": [{"managed": "AmazonECS_FullAccess", "version": "v20"}],
}


def watch(folder: Path, since: str, *lines: object, more: tuple[str, ...] = ()) -> Any:
    file = folder / "scenarios.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in lines), "utf-8")
    return run(str(file), "--since", since, *more)


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("watch", *arguments, stdout=out, stderr=err)
    except SystemExit as status:
        return int(status.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def test_an_answer_that_changed_says_since_when_and_by_which_version(tmp_path: Path) -> None:
    status, out, _ = watch(tmp_path, "2024-01-01", RUNNING, TAGGING, PINNED)
    assert status == 1
    (line,) = out.splitlines()
    assert line.startswith("tags stacks: allowed since 202")
    assert line.endswith("(AmazonECS_FullAccess v22), before: implicit deny")


def test_json_has_the_same(tmp_path: Path) -> None:
    _, out, _ = watch(tmp_path, "2024-01-01", TAGGING, more=("--format", "json"))
    change = json.loads(out)
    assert (change["id"], change["before"], change["after"]) == (
        "tags stacks",
        "implicitDeny",
        "allowed",
    )
    assert change["versions"] == {"AmazonECS_FullAccess": "v22"}


def test_what_changed_earlier_is_not_news(tmp_path: Path) -> None:
    assert watch(tmp_path, "2026-11-01", TAGGING) == (0, "", "")


def test_a_policy_that_is_newer_than_the_day_is_a_change(tmp_path: Path) -> None:
    status, out, _ = watch(tmp_path, "2015-01-01", RUNNING)
    assert status == 1
    assert "before: no such policy" in out


@pytest.mark.parametrize(
    ("line", "since", "says"),
    [
        ({"action": "ecs:RunTask", "nosuch": 1}, "2024-01-01", "nosuch"),
        (RUNNING, "yesterday", "--since: `yesterday` is not a day"),
        (
            {**RUNNING, "identityPolicies": [{"managed": "Nothing"}]},
            "2024-01-01",
            "no managed policy is named `Nothing`",
        ),
    ],
)
def test_what_cant_be_used_is_2_and_says_why(
    tmp_path: Path, line: object, since: str, says: str
) -> None:
    status, out, err = watch(tmp_path, since, line)
    assert (status, out) == (2, "")
    assert says in err


def test_a_missing_file_is_2() -> None:
    status, _, err = run("missing.jsonl", "--since", "2024-01-01")
    assert status == 2
    assert "missing.jsonl can't be read" in err
