"""Replay: when did each answer change, over all versions that are known?"""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from policyhub.catalog.importing.run import import_policies
from policyhub.simulate import replay
from tests.catalog.given_sources import NAME, policy, version

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/ecsInfrastructureRole"
PASSING = {
    "id": "passing",
    "action": "iam:PassRole",
    "resource": ROLE,
    "context": {"iam:PassedToService": "ecs.amazonaws.com"},
    "identityPolicies": [{"managed": "AmazonECS_FullAccess"}],
}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What one test imported is gone in the next."""
    replay._moments.cache_clear()
    replay._document_of.cache_clear()


def replayed(tmp_path: Path, *simulations: Any) -> tuple[list[dict[str, Any]], int]:
    path = tmp_path / "scenarios.jsonl"
    path.write_text("\n".join(map(json.dumps, simulations)), encoding="utf-8")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", "--jsonl", str(path), "--replay", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()], int(ended.value.code or 0)


def test_an_answer_changes_with_the_version_that_changed_it(tmp_path: Path) -> None:
    ((answer,), status) = replayed(tmp_path, PASSING)
    assert answer == {
        "id": "passing",
        "history": [
            {"since": "2023-01-04", "versions": {"AmazonECS_FullAccess": "v20"},
             "decision": "implicitDeny", "possible": True, "complete": True},
            {"since": "2026-09-02", "versions": {"AmazonECS_FullAccess": "v22"},
             "decision": "allowed", "possible": True, "complete": True},
        ],
        "changes": 1,
    }  # fmt: skip
    assert status == 0


def test_a_version_that_is_named_stays(tmp_path: Path) -> None:
    pinned = PASSING | {"identityPolicies": [{"managed": "AmazonECS_FullAccess", "version": "v20"}]}
    ((answer,), _) = replayed(tmp_path, pinned)
    assert answer["changes"] == 0
    assert [each["decision"] for each in answer["history"]] == ["implicitDeny"]


def test_before_a_policy_existed_there_is_no_answer(tmp_path: Path) -> None:
    import_policies([policy(
        version("v1", "s3:GetObject", default=False, created="2022-01-01"),
        version("v3", "s3:PutObject", created="2025-01-01"),
    )])  # fmt: skip
    both = {
        "action": "s3:GetObject",
        "identityPolicies": [{"managed": NAME}, {"managed": "AmazonECS_FullAccess"}],
    }
    ((answer,), _) = replayed(tmp_path, both)
    assert [(each["since"], each["decision"]) for each in answer["history"]] == [
        ("2022-01-01", None), ("2023-01-04", "allowed"), ("2025-01-01", "implicitDeny"),
    ]  # fmt: skip


def test_the_same_answer_of_another_version_is_no_change(tmp_path: Path) -> None:
    runs = PASSING | {"action": "ecs:RunTask", "resource": "*"}
    ((answer,), _) = replayed(tmp_path, runs)
    assert [each["versions"] for each in answer["history"]] == [{"AmazonECS_FullAccess": "v20"}]


def test_documents_of_ones_own_have_one_answer(tmp_path: Path) -> None:
    own = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    ((answer,), _) = replayed(tmp_path, {"action": "s3:GetObject", "identityPolicies": [own]})
    assert answer["history"] == [
        {
            "since": None,
            "versions": {},
            "decision": "allowed",
            "possible": None,
            "complete": True,
        }
    ]


def test_a_bad_line_is_answered_by_its_error(tmp_path: Path) -> None:
    unknown = PASSING | {"identityPolicies": [{"managed": "NoSuchPolicy"}]}
    answers, status = replayed(tmp_path, unknown, PASSING, {"id": 1})
    assert ["error" in each for each in answers] == [True, False, True]
    assert status == 1
