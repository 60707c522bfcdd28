"""What became of single actions, and the sentences that say why two policies differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.budget import Steps
from policyhub.iam.comparing.action_changes import ActionChanges
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.comparing.evidence import (
    by_condition,
    denied_in_words,
    reason_in_words,
    reasons,
)
from policyhub.iam.comparing.proof import own_rules
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.document import parse_policy

ROOT = Path(__file__).resolve().parents[3]
BUCKET = "arn:aws:s3:::bucket/*"
TAG = {"StringEquals": {"aws:PrincipalTag/team": "web"}}


def document(*statements: dict[str, Any]) -> PolicyDocument:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    parsed = parse_policy(text).policy
    assert parsed is not None
    return parsed


def allow(action: Any = "s3:GetObject", resource: Any = BUCKET, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


CHANGES = [
    ([allow()], [allow()], "same"),
    ([allow()], [allow(["s3:GetObject", "s3:PutObject"])], "same"),
    ([allow()], [allow(resource="*")], "wider"),
    ([allow()], [], "narrower"),
    ([], [allow()], "wider"),
    ([allow()], [allow(Condition=TAG)], "narrower"),
    ([allow()], [allow(resource="arn:aws:s3:::other/*")], "different"),
    ([allow()], [allow(), allow(resource="arn:aws:s3:::bucket/a*")], "same"),
    ([allow()], [allow(), allow(Effect="Deny", resource="arn:aws:s3:::bucket/a*")], "narrower"),
    ([allow()], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": BUCKET}], "same"),
]


@pytest.mark.parametrize(("left", "right", "change"), CHANGES)
def test_what_became_of_an_action(left: list[Any], right: list[Any], change: str) -> None:
    changes = ActionChanges(
        document(*left or [allow("ec2:*")]), document(*right or [allow("ec2:*")])
    )
    assert changes.of("s3:GetObject") == change
    assert changes.of("s3:GetObject") == change


def test_a_condition_on_a_key_that_requests_may_lack_is_met_by_a_value_of_it() -> None:
    prefixed = allow(Condition={"StringEquals": {"s3:prefix": "x"}})
    other = allow(resource="arn:aws:s3:::other/*")
    changes = ActionChanges(document(prefixed), document(other), facts=get_service_facts())
    assert changes.of("s3:GetObject") == "different"


def test_an_action_that_needs_no_permission_never_changes() -> None:
    changes = ActionChanges(document(allow("sts:GetCallerIdentity", "*")), document(allow()))
    assert changes.of("sts:GetCallerIdentity") == "same"


@pytest.mark.parametrize("steps", [0, 100, 101])
def test_without_a_budget_a_change_is_undecided(steps: int) -> None:
    changes = ActionChanges(document(allow()), document(allow(resource="*")), Steps(steps))
    assert changes.of("s3:GetObject") == "undecided"


def test_what_the_solver_gives_up_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyhub.iam.comparing.solver._MOST_STEPS", 0)
    like = {"StringLike": {"aws:PrincipalTag/team": "w*"}}
    changes = ActionChanges(document(allow(Condition=TAG)), document(allow(Condition=like)))
    assert changes.of("s3:GetObject") == "undecided"


@pytest.mark.parametrize(
    ("action", "rule"),
    [("kms:Decrypt", "kms"), ("sts:AssumeRole", "sts:assumerole"), ("s3:GetObject", "")],
)
def test_keys_and_roles_have_rules_of_their_own(action: str, rule: str) -> None:
    assert own_rules(action) == rule


def told(left: PolicyDocument, right: PolicyDocument) -> list[tuple[str, str]]:
    found = reasons(compare(left, right).only_right, right, left)
    return [(plain(reason_in_words(each)), plain(denied_in_words(each))) for each in found]


SIX = [f"s3:Get{letter}" for letter in "ABCDEF"]
SENTENCES = [
    (
        [allow()],
        [allow(["s3:*Object", "s3:List*"], "*", Sid="All", Condition=TAG)],
        [(
            "s3:*Object and s3:List* on every resource when aws:PrincipalTag/team is \"web\", "
            "statement 1 All", "",
        )],
    ),
    (
        [allow(), allow("s3:*", "arn:aws:s3:::bucket/a*", Effect="Deny", Sid="No")],
        [allow()],
        [(f"s3:GetObject on {BUCKET}, statement 1", "denied by statement 2 No")],
    ),
    (
        [allow()],
        [allow([*SIX, "s3:GetG", "s3:GetH"], "*")],
        [(", ".join(SIX) + " and 2 more patterns on every resource, statement 1", "")],
    ),
    (
        [allow()],
        [allow("*", [f"arn:aws:s3:::{letter}/*" for letter in "abcdefgh"])],
        [(
            "every action on arn:aws:s3:::a/*, arn:aws:s3:::b/*, arn:aws:s3:::c/*, "
            "arn:aws:s3:::d/*, arn:aws:s3:::e/* and arn:aws:s3:::f/*, and 2 more, statement 1", "",
        )],
    ),
    (
        [allow()],
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        [("every action except iam:* on every resource, statement 1", "")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "sentences"), SENTENCES)
def test_a_difference_is_a_sentence_about_the_statement(
    left: list[Any], right: list[Any], sentences: list[tuple[str, str]]
) -> None:
    assert told(document(*left), document(*right)) == sentences


def test_the_same_question_has_the_same_proof_in_every_process() -> None:
    code = (
        "import json; from policyhub.iam.reading.document import parse_policy as read; "
        "from policyhub.iam.comparing.comparison import compare; "
        "both = {f'ForAnyValue:{name}': {'aws:TagKeys': value} for name, value in "
        "(('StringEquals', 'a.b'), ('StringLike', 'c.d'), ('StringEqualsIgnoreCase', 'e.f'))}; "
        "made = [read(json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', "
        "'Action': 's3:PutObject', 'Resource': '*', **more}]})).policy "
        "for more in ({'Condition': both}, {'Resource': 'arn:aws:s3:::a'})]; "
        "print([each.to_dict() for each in compare(*made).only_left])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in "1234"
    }
    assert len(told) == 1


def test_statements_that_share_a_condition_are_told_under_it() -> None:
    new = document(
        allow("s3:GetObject", Condition=TAG),
        allow("s3:DeleteObject"),
        allow("s3:PutObject", Condition=TAG),
        allow("s3:GetObjectTagging", Condition={"Null": {"aws:PrincipalTag/team": "false"}}),
    )
    found = compare(document(allow("ec2:*")), new, get_service_facts())
    told = [
        (
            plain(condition),
            [plain(reason_in_words(each, with_condition=not condition)) for each in of],
        )
        for condition, of in by_condition(reasons(found.only_right, new, document(allow("ec2:*"))))
    ]
    on = f"on {BUCKET}"
    assert told == [
        (
            'aws:PrincipalTag/team is "web"',
            [f"s3:GetObject {on}, statement 1", f"s3:PutObject {on}, statement 3"],
        ),
        ("", [f"s3:DeleteObject {on}, statement 2"]),
        (
            "",
            [f"s3:GetObjectTagging {on} when aws:PrincipalTag/team is present, statement 4"],
        ),
    ]
