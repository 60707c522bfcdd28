"""What is called redundant changes nothing, and what is called never true is never true.

Both by the comparison, which proves containment both ways, and by the naive evaluator of the tests
on requests by chance.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.reading.document import parse_policy
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.editing import fixed
from policyhub.judge.reporting.finding import Edit, Fix, ReportedFinding
from tests.iam.reference import decide
from tests.iam.reference_conditions import all_conditions_hold
from tests.iam.reference_contexts import can_be_sent

CHANGES_NOTHING = frozenset(
    {
        *("REDUNDANT_STATEMENT", "REDUNDANT_ACTION", "REDUNDANT_RESOURCE", "REDUNDANT_CONDITION"),
        *("REDUNDANT_CONDITION_VALUE", "DENIED_ALLOW", "DENY_WITHOUT_EFFECT"),
    }
)
CONTEXTS = contexts_of(get_service_facts())
BUCKET = "arn:aws:s3:::bucket"
ALWAYS = {
    "aws:PrincipalArn": "arn:aws:iam::123456789012:role/web",
    "aws:CurrentTime": "2026-01-01T00:00:00Z",
    "aws:EpochTime": "1767225600",
    "aws:SecureTransport": "true",
    "aws:userid": "AROAEXAMPLE:web",
    "aws:PrincipalType": "AssumedRole",
    "aws:ViaAWSService": "false",
}
TEAMS: list[dict[str, Any]] = [
    {}, *({"aws:PrincipalTag/team": each} for each in ("", "web", "web-1")),
]  # fmt: skip
AGES: list[dict[str, Any]] = [
    {}, *({"aws:MultiFactorAuthAge": each} for each in ("0", "300", "901")),
]  # fmt: skip
REQUESTS = [
    {"action": action, "resource": resource, "context": {**ALWAYS, **team, **age}}
    for (action, resource), team, age in product(
        [
            ("s3:GetObject", f"{BUCKET}/home/x"),
            ("s3:GetObject", f"{BUCKET}/y"),
            ("s3:PutObject", f"{BUCKET}/home/x"),
            ("s3:ListBucket", BUCKET),
            ("ec2:StartInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-1"),
        ],
        TEAMS,
        AGES,
    )
]


def without(document: Any, finding: ReportedFinding) -> Any:
    """The document without what a finding calls redundant."""
    fix = finding.fix
    if fix is None:
        assert finding.code == "DENIED_ALLOW"
        fix = Fix("remove it", (Edit("remove", finding.path),))
    return fixed(document, fix)


def allowed(document: Any) -> list[bool]:
    return [
        decide({**each, "identityPolicies": [document]})["decision"] == "allowed"
        for each in REQUESTS
    ]


def check_claims(document: Any) -> list[str]:
    """Test every claim about a document; the codes of those that were made."""
    text = json.dumps(document)
    made = []
    for finding in findings_of(text):
        if finding.code in CHANGES_NOTHING and (finding.fix or finding.code == "DENIED_ALLOW"):
            made.append(finding.code)
            other = without(document, finding)
            check_equivalent(document, other)
        elif finding.code == "NEVER_TRUE_CONDITION":
            made.append(finding.code)
            check_never_true(document, finding)
    return made


def check_equivalent(document: Any, other: Any) -> None:
    one, two = (parse_policy(json.dumps(each)).policy for each in (document, other))
    assert one is not None
    assert two is not None
    assert compare(one, two, None, contexts=CONTEXTS).verdict == "equivalent"
    assert allowed(document) == allowed(other)


def check_never_true(document: Any, finding: ReportedFinding) -> None:
    policy = parse_policy(json.dumps(document)).policy
    assert policy is not None
    position = finding.evidence["statement"]["position"]
    conditions = policy.statements[position].conditions
    for each in REQUESTS:
        assert can_be_sent(each["context"])
        context = {key.lower(): value for key, value in each["context"].items()}
        assert not all_conditions_hold(conditions, policy.version, context)


ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:PutObject", "s3:*", "s3:ListBucket",
                           "ec2:StartInstances", "*"])  # fmt: skip
RESOURCES = st.sampled_from(["*", BUCKET, f"{BUCKET}/*", f"{BUCKET}/home/*", f"{BUCKET}/home/x",
                             "arn:aws:ec2:*:*:instance/*"])  # fmt: skip
CONDITIONS = st.sampled_from(
    [
        ("StringEquals", "aws:PrincipalTag/team", ["web"]),
        ("StringLike", "aws:PrincipalTag/team", ["web*"]),
        ("StringNotEquals", "aws:PrincipalTag/team", ["web"]),
        ("StringNotEquals", "aws:PrincipalTag/team", [""]),
        ("StringLike", "aws:PrincipalTag/team", ["*"]),
        ("Null", "aws:PrincipalTag/team", ["false"]),
        ("Null", "aws:PrincipalTag/team", ["true"]),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ["300"]),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ["900"]),
        ("NumericGreaterThan", "aws:MultiFactorAuthAge", ["600"]),
        ("NumericLessThanIfExists", "aws:MultiFactorAuthAge", ["300"]),
        ("DateGreaterThan", "aws:CurrentTime", ["2001-01-01T00:00:00Z"]),
        ("Null", "aws:SecureTransport", ["true"]),
    ]
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in draw(st.lists(CONDITIONS, max_size=2)):
        block.setdefault(operator, {})[key] = values
    made: dict[str, Any] = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(st.lists(ACTIONS, min_size=1, max_size=3)),
        "Resource": draw(st.lists(RESOURCES, min_size=1, max_size=2)),
    }
    return made | ({"Condition": block} if block else {})


DOCUMENTS = st.builds(
    lambda listed: {"Version": "2012-10-17", "Statement": listed},
    st.lists(statements(), min_size=2, max_size=4),
)


# Without the Allow that it cancels the Deny is idle, but by itself it is not.
@example(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
        ],
    }
)
@settings(max_examples=15)
@given(DOCUMENTS)
def test_claims_about_any_document_are_true(document: dict[str, Any]) -> None:
    check_claims(document)


TEAM = "aws:PrincipalTag/team"
AGE = "aws:MultiFactorAuthAge"


def allow(action: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Action": action, "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


@pytest.mark.parametrize(
    ("listed", "codes"),
    [
        ([allow("s3:GetObject"), allow("s3:*")], ["REDUNDANT_STATEMENT"]),
        (
            [allow("s3:Get*", f"{BUCKET}/home/*"), allow("s3:GetObject", f"{BUCKET}/*")],
            [],
        ),
        (
            [allow("s3:GetObject", StringEquals={TEAM: "web"}, StringLike={TEAM: "w*"})],
            ["REDUNDANT_CONDITION"],
        ),
        (
            [allow("s3:GetObject", StringEquals={TEAM: "web"}, StringNotEquals={TEAM: "web"})],
            ["NEVER_TRUE_CONDITION"],
        ),
        ([allow("s3:GetObject", NumericLessThan={AGE: "5"}, Null={AGE: "false"})],
         ["REDUNDANT_CONDITION"]),
        ([allow("s3:GetObject", StringNotEquals={TEAM: ""})], []),
        (
            [allow("s3:GetObject"), {**allow("s3:*"), "Effect": "Deny"}],
            ["DENIED_ALLOW"],
        ),
        (
            [allow("s3:GetObject"), {**allow("s3:Put*"), "Effect": "Deny"}],
            ["DENY_WITHOUT_EFFECT"],
        ),
    ],
)  # fmt: skip
def test_claims_that_are_made(listed: list[dict[str, Any]], codes: list[str]) -> None:
    assert sorted(check_claims({"Version": "2012-10-17", "Statement": listed})) == codes
