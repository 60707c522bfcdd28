"""A fix makes its finding go away and adds none, on the value and on the text."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy
from policyhub.iam.reading.json_text import Outline
from policyhub.judge.lint.linting import KINDS, findings_of
from policyhub.judge.reporting.editing import edited, fixed, text_edits
from policyhub.judge.reporting.finding import ReportedFinding
from tests.judge.lint.test_cases import Case, cases


def codes_of(findings: tuple[ReportedFinding, ...]) -> Counter[str]:
    return Counter(each.code for each in findings)


def check_fixes(document: Any, usage: Usage) -> int:
    """Carry out each fix on its own; how many there were."""
    text = json.dumps(document)
    is_whole = parse_policy(text, usage).ok
    findings = findings_of(text, usage, proves=is_whole)
    count = 0
    for finding in findings:
        if finding.fix is None:
            continue
        count += 1
        made = fixed(document, finding.fix)
        after = codes_of(findings_of(json.dumps(made), usage, proves=is_whole))
        before = codes_of(findings)
        assert after[finding.code] < before[finding.code], finding
        assert not after - before, (finding, after - before)
        edits = text_edits(Outline(text), finding.fix)
        if edits:
            assert json.loads(edited(text, edits)) == made
    return count


@pytest.mark.parametrize("case", cases("defects"), ids=lambda case: case["name"])
def test_the_fix_of_a_planted_defect(case: Case) -> None:
    check_fixes(case["document"], KINDS[case["kind"]])


def test_many_planted_defects_have_a_fix() -> None:
    named = [
        case
        for case in cases("defects")
        for each in findings_of(json.dumps(case["document"]), KINDS[case["kind"]])
        if each.code == case["code"] and each.fix is not None
    ]
    assert len(named) >= 20


ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:Get*", "s3:PutObjekt", "s3:*", "s3:ListBucket", "S3:getobject",
     "ec2:StartInstances", "ec2:Start*", "iam:PassRole", "s3:HeadObject", "s33:GetObject"]
)  # fmt: skip
RESOURCES = st.sampled_from(
    ["*", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/${aws:usernme}",
     "arn:aws:s3::123456789012:bucket", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:::instance/*",
     "arn:aws:S3:::bucket/*"]
)  # fmt: skip
CONDITIONS = st.sampled_from(
    [
        ("StringEquals", "aws:PrincipalTag/team", ["web*"]),
        ("StringEquals", "aws:PrincipalTag/team", ["web", "web"]),
        ("StringLike", "aws:PrincipalTag/team", ["w*", "web"]),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"]),
        ("ForAllValues:StringEquals", "aws:PrincipalOrgID", ["o-a1b2c3d4e5"]),
        ("ForAnyValue:StringEquals", "aws:PrincipalTag/team", ["web"]),
        ("Null", "aws:PrincipalTag/team", ["true"]),
        ("Null", "aws:TagKeys", ["false"]),
        ("IpAddress", "aws:SourceIp", ["203.0.113.5/24", "203.0.113.0/25"]),
        ("Bool", "aws:SecureTransport", ["true", "false"]),
        ("ArnLike", "aws:ARN", ["arn:aws:iam::123456789012:role/*"]),
        ("StringEquals", "aws:PrincipalOrgIdd", ["o-a1b2c3d4e5"]),
        ("DateGreaterThan", "aws:CurrentTime", ["2001-01-01T00:00:00Z"]),
    ]
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in draw(st.lists(CONDITIONS, max_size=3)):
        block.setdefault(operator, {})[key] = values
    made: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny", "allow"])),
        "Action": draw(st.lists(ACTIONS, min_size=1, max_size=4)),
        "Resource": draw(st.lists(RESOURCES, min_size=1, max_size=3)),
    }
    sid = draw(st.sampled_from([None, None, "", "Read", "Read all"]))
    return (
        made | ({"Sid": sid} if sid is not None else {}) | ({"Condition": block} if block else {})
    )


DOCUMENTS = st.builds(
    lambda version, listed: {"Version": version, "Statement": listed},
    st.sampled_from(["2012-10-17", "2008-10-17", "2012-10-18"]),
    st.lists(statements(), min_size=1, max_size=4),
)


# Shrinking takes long: the example that fails is small enough to read.
@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(DOCUMENTS)
def test_the_fixes_of_any_document(document: dict[str, Any]) -> None:
    check_fixes(document, Usage.IDENTITY)
