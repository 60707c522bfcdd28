"""Answers that are kept: the same as found anew, and of the document that is asked about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.judge.risks import judging, kept_answers
from policyhub.judge.risks.attached import JudgedDocument, read_judged
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from tests.judge.risks.replaying import replayed
from tests.judge.risks.test_by_chance import VOCABULARY, statements

Made = dict[str, Any]
LOGS: Made = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
PASSING: Made = {"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
RUNNING: Made = {
    "Effect": "Allow",
    "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
    "Resource": "*",
}
TO_LAMBDA: Made = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
TO_EC2: Made = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
KEYS: Made = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
DENY: Made = {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*"}
IN_CHINA: Made = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::x/*"}
OF_ONESELF = "arn:aws:iam::123456789012:role/${aws:username}"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept_answers._kept.clear()
    yield
    kept_answers._kept.clear()


def document(*made: Made, version: str = "2012-10-17", name: str = "") -> JudgedDocument:
    read = read_judged(json.dumps({"Version": version, "Statement": made}), name)
    assert read is not None
    return read


def said(risks: tuple[Risk, ...]) -> list[Made]:
    return [{**each.to_dict(), "whole": each.is_whole} for each in risks]


def asked(monkeypatch: pytest.MonkeyPatch, *documents: JudgedDocument) -> list[str]:
    """The paths that are really answered for documents, by id."""
    found: list[str] = []
    answered = judging._answered

    def noted(path: Any, asker: Any) -> Risk:
        found.append(path.id)
        return answered(path, asker)

    monkeypatch.setattr(judging, "_answered", noted)
    risks_of(*documents)
    return found


@pytest.mark.parametrize(
    "later",
    [
        pytest.param((LOGS, PASSING, RUNNING), id="a statement before"),
        pytest.param((PASSING, LOGS, RUNNING), id="a statement between"),
        pytest.param(({**PASSING, "Sid": "PassRoles"}, RUNNING), id="another Sid"),
        pytest.param(
            (PASSING, {**RUNNING, "Action": [*RUNNING["Action"], "logs:PutLogEvents"]}),
            id="another action",
        ),
        pytest.param((PASSING, {**RUNNING, "Action": "lambda:*"}), id="a wildcard"),
    ],
)
def test_what_statements_say_alike_is_answered_once_and_placed_in_each_document(
    later: tuple[Made, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = said(risks_of(document(*later)))
    kept_answers._kept.clear()
    risks_of(document(PASSING, RUNNING))
    kept = risks_of(document(*later))
    assert said(kept) == fresh
    assert "lambda-001" not in asked(monkeypatch, document(*later))
    for each in kept:
        assert all(decision.is_allowed for decision in replayed(each))


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(document({**PASSING, "Condition": TO_EC2}, RUNNING), id="condition"),
        pytest.param(document({**PASSING, "Resource": OF_ONESELF}, RUNNING), id="resource"),
        pytest.param(document(PASSING, RUNNING, DENY), id="deny"),
        pytest.param(document(PASSING, RUNNING, IN_CHINA), id="partition"),
        pytest.param(document(PASSING, RUNNING, version="2008-10-17"), id="version"),
        pytest.param(document(RUNNING, PASSING), id="statements in another order"),
    ],
)
def test_what_statements_say_otherwise_is_answered_by_itself(
    later: JudgedDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    risks_of(document(PASSING, RUNNING))
    assert "lambda-001" in asked(monkeypatch, later)


def test_what_rules_a_path_out_names_the_statement_of_the_document_asked_about() -> None:
    ruled = ({**PASSING, "Condition": TO_EC2}, RUNNING)
    risks_of(document(*ruled, name="Before"))
    later = risks_of(document(LOGS, *ruled, name="After"))
    (risk,) = (each for each in later if each.id == "lambda-001")
    assert risk.answer == "ruled-out"
    assert {(each.policy, each.statement.position) for each in risk.ruled_out_by} == {("After", 1)}


def test_the_policy_of_a_key_that_a_proof_brings_along_is_no_statement_of_the_document() -> None:
    first, later = (said(risks_of(document(*made))) for made in ((KEYS,), (LOGS, KEYS)))
    kept_answers._kept.clear()
    assert said(risks_of(document(LOGS, KEYS))) == later
    brought = [each for risk in first for each in risk["proof"] if "resourcePolicy" in each]
    assert brought


def test_documents_together_keep_which_of_them_says_what() -> None:
    risks_of(document(PASSING, name="a"), document(RUNNING, name="b"))
    swapped = (document(RUNNING, name="a"), document(PASSING, name="b"))
    kept = said(risks_of(*swapped))
    kept_answers._kept.clear()
    assert kept == said(risks_of(*swapped))


@settings(max_examples=60)
@given(
    st.lists(statements, min_size=1, max_size=4),
    st.lists(statements, min_size=0, max_size=2),
    st.randoms(use_true_random=False),
)
def test_answers_kept_of_one_version_are_those_found_anew_for_the_next(
    made: list[Made], more: list[Made], order: Any
) -> None:
    kept_answers._kept.clear()
    risks_of(document(*made), vocabulary=VOCABULARY)
    later = [*made, *more]
    order.shuffle(later)
    kept = said(risks_of(document(*later), vocabulary=VOCABULARY))
    kept_answers._kept.clear()
    assert kept == said(risks_of(document(*later), vocabulary=VOCABULARY))
