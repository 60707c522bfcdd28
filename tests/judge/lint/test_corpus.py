"""AWS's own policies: only what is true of them, and no document that linting can't take."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.judge.lint.codes import LINT, lint_codes
from policyhub.judge.lint.linting import KINDS, findings_of
from policyhub.judge.reporting.finding import ReportedFinding
from tests.catalog.corpus import documents_by_name
from tests.iam.generation import Choices, Likely, document

# Findings that were read by hand, with what makes them true.
ERRORS = {
    ("AmazonTimestreamInfluxDBServiceRolePolicy", "VARIABLE_UNSUPPORTED_IN_ELEMENT"),
}
# What never is said of AWS's own policies.
NEVER = ("POLICY_SIZE", "INVALID_ARN_RESOURCE", "MISSING_VERSION")


@cache
def found() -> tuple[tuple[str, ReportedFinding], ...]:
    return tuple(
        (name, each)
        for name, text in documents_by_name().items()
        for each in findings_of(text, is_aws_managed=True, proves=False)
    )


def test_the_errors_in_aws_policies_are_those_that_were_read_by_hand() -> None:
    assert {(name, each.code) for name, each in found() if each.type == "error"} == ERRORS


def test_even_as_documents_of_a_customer_they_have_few_errors() -> None:
    """Read by hand: the one above, and a key that only the reference lacks."""
    sample = random.Random(1).sample(sorted(documents_by_name()), 400)
    errors = {
        (name, each.code)
        for name in sample
        for each in findings_of(documents_by_name()[name], proves=False)
        if each.type == "error"
    }
    assert errors <= ERRORS | {
        ("AmazonDataZoneGlueManageAccessRolePolicy", "INVALID_SERVICE_CONDITION_KEY")
    }


def test_nothing_is_said_that_only_aws_could_change() -> None:
    codes = {each.code for _, each in found()}
    assert not [code for code in codes if code.startswith(NEVER)]
    assert all(each.fix is None for _, each in found())


def test_few_policies_draw_most_findings_and_most_draw_none() -> None:
    counts = Counter(name for name, _ in found())
    assert len(counts) < len(documents_by_name()) / 3
    assert max(counts.values()) < 40


def test_what_is_unknown_is_one_suggestion_for_a_policy() -> None:
    unknown = [
        (name, each) for name, each in found()
        if each.code in ("INVALID_ACTION", "INVALID_SERVICE_CONDITION_KEY")
    ]  # fmt: skip
    assert max(Counter(name for name, _ in unknown).values()) <= 2
    assert {each.type for _, each in unknown} == {"suggestion"}


def test_findings_come_in_order_of_their_types_and_places() -> None:
    by_policy: dict[str, list[ReportedFinding]] = {}
    for name, each in found():
        by_policy.setdefault(name, []).append(each)
    for findings in by_policy.values():
        ranks = [LINT.types.index(each.type) for each in findings]
        assert ranks == sorted(ranks)


def sound(finding: ReportedFinding) -> bool:
    json.dumps(finding.to_dict())
    return finding.code in lint_codes() and finding.type in LINT.types and bool(finding.message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_by_chance_of_any_kind_is_linted(kind: str) -> None:
    for seed in range(25):
        choices = Choices(random.Random(seed).randrange)
        likely = Likely("s3:GetObject", "arn:aws:s3:::bucket/key", None)
        made = document(choices, likely, kind)
        assert all(map(sound, findings_of(json.dumps(made), KINDS[kind])))


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(
        ["*", "s3:GetObject", "arn:aws:s3:::b", "arn:::::", "${", "${aws:x}", "Allow", ":", "a:b"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["Version", "Statement", "Effect", "Action", "Resource", "Condition",
                         "Principal", "Sid", "StringEquals", "Null", "IpAddress", "aws:SourceIp",
                         "AWS", "NotAction", "aws:TagKeys", "ForAllValues:StringLike", ""]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150)
@given(ODD, st.sampled_from(sorted(KINDS)))
def test_whatever_the_json_is_linting_never_fails(value: Any, kind: str) -> None:
    statement = {"Version": "2012-10-17", "Statement": value}
    for each in (value, statement):
        assert all(map(sound, findings_of(json.dumps(each), KINDS[kind])))


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_whatever_the_text_is_linting_never_fails(text: str | bytes) -> None:
    assert all(map(sound, findings_of(text)))
