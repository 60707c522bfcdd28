"""What is read out of a sentence of the documentation, and what is not."""

from __future__ import annotations

import json

import pytest

from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.prose.checks import Finding, Prose, disagreements
from policyhub.catalog.prose.claims import claims_in
from policyhub.catalog.prose.named_services import services_with_access
from policyhub.iam.reading.document import parse_policy

CLAIMS = [
    ("Creating and deleting Amazon Route 53 hosted zones.",
     {"create hosted zones", "delete hosted zones"}),
    ("Allows principals to create, manage, and delete AWS Cloud Map services and create private "
     "DNS namespaces.",
     {"create services", "manage services", "delete services", "create private dns namespaces"}),
    ("Allows principals to view a list of Amazon SNS topics.", {"read topics"}),
    ("Viewing the configuration of health checks and information about them.",
     {"read configuration", "read health checks"}),
    ("The documentation says that the log events in them can be listed too.", {"read log events"}),
    ("Adds nothing.", set()),
    ("Needed to create clusters.", set()),
    ("This is required when creating Amazon ECS clusters.", set()),
    ("Resources can't be created by creating stacks.", set()),
    ("Principals can also list instance profiles.", {"read instance profiles"}),
    ("A list of the rules to follow.", set()),
    ("Running Amazon EC2 instances; creating tags", {"run instances", "create tags"}),
    ("Creating Spot Fleets", set()),
    ("creating " * 400, set()),
    ("\x00 creating \ud800, and", set()),
    ("", set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CLAIMS)
def test_only_what_is_plainly_claimed_is_read(text: str, expected: set[str]) -> None:
    assert {f"{each.deed} {each.thing}" for each in claims_in(text)} == expected


def found(service: str, text: str, *actions: str, summary: str = "") -> list[Finding]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]})).policy
    assert policy is not None
    prose = Prose((service,), None, "/", {service: text}, summary)
    return list(disagreements(prose, effective_permissions(policy)))


CLAIMED = [
    ("route53", "Creating hosted zones.", "route53:DeleteHostedZone", ["route53:CreateHostedZone"]),
    ("route53", "Creating hosted zones.", "route53:CreateHostedZone", None),
    ("route53", "Creating castles.", "route53:CreateHostedZone", None),
    ("logs", "Listing log events.", "logs:FilterLogEvents", None),
    ("logs", "Listing log events.", "logs:PutMetricFilter",
     ["logs:FilterLogEvents", "logs:GetLogEvents"]),
    ("nosuchservice", "Creating rules.", "ecs:RunTask", None),
]  # fmt: skip


@pytest.mark.parametrize(("service", "text", "action", "missing"), CLAIMED)
def test_a_claim_counts_where_the_service_has_an_action_of_its_name(
    service: str, text: str, action: str, missing: list[str] | None
) -> None:
    rows = [row for row in found(service, text, action) if row.code == "claimed-access-not-granted"]
    assert [row.evidence["actions"] for row in rows] == ([missing] if missing else [])


@pytest.mark.parametrize(
    ("text", "actions", "beyond"),
    [
        ("Listing roles.", ["iam:ListRoles", "iam:PassRole"], ["iam:PassRole"]),
        ("Listing roles.", ["iam:ListRoles"], []),
        ("Listing and managing roles.", ["iam:ListRoles", "iam:UpdateRole"], []),
        ("Listing users; deleting roles.", ["iam:ListUsers", "iam:DeleteRole"], []),
        ("Listing users; deleting roles.",
         ["iam:DeleteUser", "iam:DeleteRole"], ["iam:DeleteUser"]),
        ("Lets any IAM service role be passed.", ["iam:PassRole"], []),
    ],
)  # fmt: skip
def test_a_description_that_only_mentions_reading_does_not_cover_more(
    text: str, actions: list[str], beyond: list[str]
) -> None:
    rows = [row for row in found("iam", text, *actions) if row.code.endswith("beyond-description")]
    assert [name for row in rows for name in row.evidence["actions"]] == beyond


@pytest.mark.parametrize(
    ("text", "action", "summary", "said"),
    [
        ("Full access.", "sns:*", "", 0),
        ("Full access.", "sns:List*", "", 1),
        ("Some access.", "sns:List*", "Gives administrative access to Amazon SNS.", 1),
        ("Some access.", "sns:*", "Gives administrative access to Amazon SNS.", 0),
        ("Some access.", "nosuchservice:*", "Gives administrative access.", 0),
    ],
)  # fmt: skip
def test_administrative_access_is_all_of_a_service(
    text: str, action: str, summary: str, said: int
) -> None:
    rows = found("sns", text, action, summary=summary)
    assert len([row for row in rows if row.code == "administrative-access-not-granted"]) == said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gives administrative access to Secrets Manager, AWS Private Certificate Authority and "
         "AWS KMS, and lets TLS work.",
         {"secretsmanager": "Secrets Manager", "kms": "AWS KMS",
          "acm-pca": "AWS Private Certificate Authority"}),
        ("Gives access to volumes and to Amazon EC2.", {}),
        ("Gives access to Amazon EC2.", {"ec2": "Amazon EC2"}),
        ("Amazon EBS volumes are managed.", {}),
    ],
)  # fmt: skip
def test_services_are_known_by_their_names_where_access_to_them_is_mentioned(
    text: str, expected: dict[str, str]
) -> None:
    assert services_with_access(text) == expected


def test_a_policy_of_ones_own_may_be_called_modifiable() -> None:
    prose = Prose((), None, "/", considerations="You can modify the managed policy.")
    assert [row.code for row in disagreements(prose, None)] == ["said-to-be-modifiable"]
    own = Prose((), None, "/", considerations="You can modify the managed policy.", is_of_aws=False)
    assert disagreements(own, None) == ()
