"""Invariants among scenarios: proved, or refuted by a request that replays."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.simulate.expectations import Tally, answered_line, failure_in_words
from policyhub.simulate.lines import answer_lines
from policyhub.simulate.managed import managed_document

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def answered(line: object) -> dict[str, Any]:
    (result,) = answer_lines(io.BytesIO(json.dumps(line).encode()))
    return result


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object = "*", **further: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **further}


PASSED = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
NEVER_ELSEWHERE = {"Action": "iam:PassRole", "Condition": {"StringNotEquals": PASSED}}
MANAGED = {"managed": "AmazonECS_FullAccess"}


@pytest.mark.parametrize(
    ("never", "document"),
    [
        ({"Action": "iam:CreateUser"}, policy(allow("s3:*"))),
        ({"Action": "iam:*"}, MANAGED | {"managed": "AWSDenyAll"}),
        (
            NEVER_ELSEWHERE,
            policy(allow("iam:PassRole", Condition={"StringEquals": PASSED})),
        ),
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
            policy(allow("s3:GetObject", "arn:aws:s3:::public/*")),
        ),
        (
            {"Action": "s3:*", "NotResource": "arn:aws:s3:::public/*"},
            policy(allow("s3:GetObject", "arn:aws:s3:::public/*")),
        ),
        # Asked on a bucket, AWS never asks about the objects in it.
        ({"Action": "s3:GetObject"}, policy(allow("s3:GetObject", "arn:aws:s3:::bucket"))),
        (
            {"Action": "ec2:*"},
            policy(allow("ec2:*"), {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}),
        ),
    ],
)
def test_an_invariant_is_proved(never: object, document: object) -> None:
    result = answered({"id": 1, "never": never, "identityPolicies": [document]})
    assert (result["id"], result["passed"]) == (1, True)
    assert (result["counterexamples"], result["undecided"]) == ([], [])


@pytest.mark.parametrize(
    ("never", "document"),
    [
        ({"Action": "iam:CreateUser"}, policy(allow("*"))),
        ({"Action": "ecs:*"}, MANAGED),
        (NEVER_ELSEWHERE, MANAGED),
        (NEVER_ELSEWHERE, policy(allow("iam:PassRole"))),
        ({"NotAction": "s3:*"}, policy(allow(["s3:*", "sns:Publish"]))),
        (
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
            policy(allow("s3:Get*", "arn:aws:s3:::s*")),
        ),
        ([{"Action": "s3:GetObject"}, {"Action": "sqs:*"}], policy(allow("sqs:SendMessage"))),
    ],
)
def test_an_invariant_is_refuted_by_requests_that_replay(never: object, document: object) -> None:
    result = answered({"never": never, "identityPolicies": [policy(), document]})
    assert result["passed"] is False
    assert result["counterexamples"]
    for each in result["counterexamples"]:
        read = read_simulation(each["simulation"], managed_document, facts=get_service_facts())
        assert evaluate(read.request, read.policies).is_allowed
        assert each["simulation"]["identityPolicies"] == [document]
    assert "expected never, but" in failure_in_words(result)


def test_a_document_that_cant_be_read_passes_no_test() -> None:
    result = answered({"never": {"Action": "iam:*"}, "identityPolicies": [{"Statement": 1}]})
    assert result["passed"] is False
    assert "can't be read" in failure_in_words(result)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ({"never": {"Action": "iam:*"}}, "identityPolicies"),
        ({"never": {"Action": "iam:*"}, "identityPolicies": []}, "identityPolicies"),
        ({"never": "iam:*", "identityPolicies": [MANAGED]}, "never"),
        ({"never": [], "identityPolicies": [MANAGED]}, "never"),
        ({"never": {"Effect": "Allow", "Action": "*"}, "identityPolicies": [MANAGED]}, "never"),
        ({"never": {"Action": 1}, "identityPolicies": [MANAGED]}, "never"),
        ({"never": {}, "identityPolicies": [MANAGED]}, "never"),
        ({"never": {"Action": "*"}, "identityPolicies": [MANAGED], "action": "a:B"}, "action"),
        (
            {"never": {"Action": "*"}, "identityPolicies": [{"managed": "None"}]},
            "identityPolicies[0]",
        ),
    ],
)
def test_an_invariant_that_makes_no_sense_is_an_error(line: object, place: str) -> None:
    result = answered(line)
    assert place in {each["path"] for each in result["error"]["problems"]}


def test_invariants_are_counted_among_the_tests() -> None:
    tally = Tally()
    for action in ("iam:*", "s3:*"):
        asked = {"never": {"Action": action}, "identityPolicies": [policy(allow("s3:*"))]}
        tally.count(answered_line(answered(asked)))
    assert (tally.passed, tally.failed, tally.errors) == (1, 1, 0)


PASS = allow("iam:PassRole")
RUN = allow(["ecs:RegisterTaskDefinition", "ecs:RunTask"])
CONTAINER = ["iam:PassRole role for ecs-tasks.amazonaws.com", "ecs:RunTask"]


def replays(result: dict[str, Any]) -> bool:
    reads = [
        read_simulation(each["simulation"], managed_document, facts=get_service_facts())
        for each in result["counterexamples"]
    ]
    return bool(reads) and all(evaluate(each.request, each.policies).is_allowed for each in reads)


def test_policies_together_are_one_with_the_denies_of_all() -> None:
    fence = policy({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    line = {"never": {"Action": "iam:*"}, "identityPolicies": [policy(PASS), fence]}
    assert answered(line)["passed"] is False
    assert answered({**line, "together": True})["passed"] is True
    refuted = answered({**line, "never": {"Action": "ecs:*"}, "together": True} | {
        "identityPolicies": [fence, policy(PASS), policy(PASS, RUN)]
    })  # fmt: skip
    assert refuted["passed"] is False
    assert replays(refuted)
    assert {each["statement"] for each in refuted["counterexamples"]} == {1}
    assert {each["policy"] for each in refuted["counterexamples"]} == {"identity policy 3, pasted"}
    assert len(refuted["counterexamples"][0]["simulation"]["identityPolicies"]) == 3


def test_policies_of_two_languages_are_together_where_no_text_differs_in_them() -> None:
    older = {"Statement": [allow("s3:GetObject", "arn:aws:s3:::b/*")]}
    line = {"never": {"Action": "iam:*"}, "identityPolicies": [older, policy(RUN)]}
    assert answered({**line, "together": True})["passed"] is True
    variable = policy(allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"))
    result = answered({**line, "identityPolicies": [older, variable], "together": True})
    assert result["passed"] is False
    assert "both versions of the policy language" in failure_in_words(result)


@pytest.mark.parametrize(
    ("documents", "passed"),
    [
        ([policy(PASS)], True),
        ([policy(RUN)], True),
        ([policy(PASS), policy(RUN)], False),
        ([policy(PASS, RUN)], False),
        ([MANAGED], False),
        ([MANAGED, MANAGED | {"managed": "AWSDenyAll"}], True),
        (
            [
                policy(RUN),
                policy(allow("iam:PassRole", Condition={"StringNotEquals": PASSED})),
            ],
            True,
        ),
    ],
)
def test_requests_that_are_never_all_possible(documents: list[object], passed: bool) -> None:
    result = answered({"id": 1, "neverAll": CONTAINER, "identityPolicies": documents})
    assert (result["id"], result["passed"], result["undecided"]) == (1, passed, [])
    if not passed:
        assert replays(result)
        actions = {each["simulation"]["action"] for each in result["counterexamples"]}
        assert actions == {"iam:PassRole", "ecs:RunTask"}
        assert "expected never, but" in failure_in_words(result)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ({"neverAll": []}, "neverAll"),
        ({"neverAll": "iam:PassRole"}, "neverAll"),
        ({"neverAll": ["iam:PassRole bucket"]}, "neverAll"),
        ({"neverAll": ["iam:PasRole"]}, "neverAll"),
        ({"neverAll": ["iam:*"]}, "neverAll"),
        ({"neverAll": CONTAINER, "together": True}, "together"),
        ({"never": {"Action": "*"}, "together": "yes"}, "together"),
    ],
)
def test_combinations_that_make_no_sense_are_errors(line: dict[str, Any], place: str) -> None:
    result = answered({**line, "identityPolicies": [MANAGED]})
    assert place in {each["path"] for each in result["error"]["problems"]}


def test_a_combination_with_a_document_that_cant_be_read_passes_no_test() -> None:
    result = answered({"neverAll": CONTAINER, "identityPolicies": [{"Statement": 1}]})
    assert result["passed"] is False
    assert "can't be read" in failure_in_words(result)
