"""What becomes of each statement: never more than it says, and no less than is chosen."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.workbench.building.added_conditions import ContradictingConditionError
from policyhub.workbench.building.copying import NothingLeftError
from policyhub.workbench.building.keeping import TooManyNamesError
from tests.workbench.templates import ACCOUNT, CLUSTER, ROLE, allow, copy_of, policy

OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/other"
PASSED = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
FROM_HERE = {"Bool": {"aws:SecureTransport": "true"}}
DENY = {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}
OWN = "${aws:PrincipalAccount}"
TAGGING = ["sts:TagGetWebIdentityToken", "sts:TagSession"]
ECS = "arn:aws:ecs:eu-west-1:123456789012"


def condition(operator: str, key: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"operator": operator, "key": key, "values": list(values), **more}


Case = tuple[str, list[dict[str, Any]], dict[str, Any], list[dict[str, Any]]]
CASES: list[Case] = [
    ("nothing chosen keeps all", [allow("s3:*"), DENY], {}, [allow("s3:*"), DENY]),
    ("a statement by its position", [allow("s3:*"), allow("ecs:*")], {"statements": [1]},
     [allow("ecs:*")]),
    ("a statement by its Sid", [allow("s3:*", Sid="Files"), allow("ecs:*", Sid="Tasks")],
     {"statements": ["Tasks"]}, [allow("ecs:*", Sid="Tasks")]),
    ("single actions of a wildcard", [allow("ecs:*")], {"actions": ["ecs:RunTask", "ecs:StopTask"]},
     [allow(["ecs:RunTask", "ecs:StopTask"])]),
    ("an action that the reference lacks", [allow("ecs:*")], {"actions": ["ecs:NewThing"]},
     [allow("ecs:NewThing")]),
    ("a narrower pattern", [allow("ecs:*")], {"actions": ["ecs:Describe*"]},
     [allow("ecs:Describe*")]),
    ("a wider pattern keeps what there is", [allow("ecs:DescribeT*")], {"actions": ["ecs:*"]},
     [allow("ecs:DescribeT*")]),
    ("patterns that overlap become names", [allow("ecs:*Cluster")], {"actions": ["ecs:Create*"]},
     [allow("ecs:CreateCluster")]),
    ("a service as it is written", [allow(["ecs:*", "s3:Get*", "s3:PutObject"])],
     {"services": ["s3"]}, [allow(["s3:Get*", "s3:PutObject"])]),
    ("a service of everything", [allow("*")], {"services": ["ecs", "s3"]},
     [allow(["ecs:*", "s3:*"])]),
    ("levels become names", [allow("sts:*")], {"levels": ["Tagging"]},
     [allow(TAGGING)]),
    ("a level of a service, and an action besides", [allow("*")],
     {"services": ["sts"], "levels": ["tagging"], "actions": ["iam:PassRole"]},
     [allow([*TAGGING, "iam:PassRole"])]),
    ("one action left out", [allow(["iam:PassRole", "ecs:Run*"])], {"without": ["iam:passrole"]},
     [allow("ecs:Run*")]),
    ("what a pattern leaves", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
     {"services": ["ecs"]}, [allow("ecs:*")]),
    ("what a NotAction leaves of a service",
     [{"Effect": "Allow", "NotAction": ["sts:A*", "sts:D*", "sts:G*", "sts:S*"], "Resource": "*"}],
     {"services": ["sts"]}, [allow(TAGGING)]),
    ("a NotAction that nothing narrows stays",
     [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], {},
     [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    ("ARNs of the type", [allow("iam:PassRole")], {"resources": {"iam:role": [ROLE]}},
     [allow("iam:PassRole", ROLE)]),
    ("only ARNs that are within", [allow("iam:PassRole", [OTHER_ROLE, "arn:aws:iam::*:role/web*"])],
     {"resources": {"iam:role": [ROLE]}}, [allow("iam:PassRole", ROLE)]),
    ("of a wider ARN what is there", [allow("iam:PassRole", ROLE)],
     {"resources": {"iam:role": ["arn:aws:iam::*:role/*"]}}, [allow("iam:PassRole", ROLE)]),
    ("actions on other types get statements of their own",
     [allow(["ecs:DescribeClusters", "ecs:ListClusters"], Sid="Look")],
     {"resources": {"ecs:cluster": [CLUSTER]}},
     [allow("ecs:DescribeClusters", CLUSTER, Sid="Look"), allow("ecs:ListClusters", Sid="Look2")]),
    ("account and Region fill formats", [allow("ecs:DescribeClusters")],
     {"account": ACCOUNT, "region": "eu-west-1"},
     [allow("ecs:DescribeClusters", f"{ECS}:cluster/*")]),
    ("a name fills its placeholder", [allow("ecs:DescribeServices")],
     {"names": {"ClusterName": "web"}},
     [allow("ecs:DescribeServices", "arn:aws:ecs:*:*:service/web/*")]),
    ("stars of an ARN are filled", [allow("ecs:DescribeClusters", "arn:aws:ecs:*:*:cluster/a*")],
     {"account": ACCOUNT, "region": "eu-west-1"},
     [allow("ecs:DescribeClusters", f"{ECS}:cluster/a*")]),
    ("an action without resources keeps its star", [allow("ecs:ListClusters")],
     {"account": ACCOUNT}, [allow("ecs:ListClusters")]),
    ("what a NotResource leaves",
     [{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": OTHER_ROLE}],
     {"resources": {"iam:role": [ROLE, OTHER_ROLE]}}, [allow("iam:PassRole", ROLE)]),
    ("a NotResource that cuts an ARN stays",
     [{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": OTHER_ROLE}],
     {"resources": {"iam:role": ["arn:aws:iam::*:role/*"]}},
     [{"Effect": "Allow", "Action": "iam:PassRole", "NotResource": OTHER_ROLE}]),
    ("conditions stay and others are added", [allow("iam:PassRole", Condition=FROM_HERE)],
     {"conditions": [condition("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")]},
     [allow("iam:PassRole", Condition={**FROM_HERE, **PASSED})]),
    ("a condition for one action divides", [allow(["iam:PassRole", "iam:GetRole"])],
     {"conditions": [condition("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com",
                               actions=["iam:PassRole"])]},
     [allow("iam:PassRole", Condition=PASSED), allow("iam:GetRole")]),
    ("of values on one key those that both have",
     [allow("s3:GetObject", Condition={"StringLike": {"aws:username": ["a*", "b"]}})],
     {"conditions": [condition("stringlike", "aws:UserName", "ab", "c")]},
     [allow("s3:GetObject", Condition={"StringLike": {"aws:username": "ab"}})]),
    ("a variable may be what is wanted: both conditions count",
     [allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceAccount": OWN}})],
     {"conditions": [condition("StringEquals", "aws:ResourceAccount", ACCOUNT)]},
     [allow("s3:GetObject", Condition={"StringEquals": {"aws:ResourceAccount": OWN},
                                       "StringLike": {"aws:ResourceAccount": ACCOUNT}})]),
    ("of values that are excluded all",
     [allow("s3:GetObject", Condition={"StringNotEquals": {"aws:username": "a"}})],
     {"conditions": [condition("StringNotEquals", "aws:username", "b")]},
     [allow("s3:GetObject", Condition={"StringNotEquals": {"aws:username": ["a", "b"]}})]),
    ("of ARNs those within, part by part",
     [allow("s3:GetObject", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1*:role/*"}})],
     {"conditions": [condition("ArnLike", "aws:PrincipalArn", ROLE, "arn:aws:iam::2:role/a")]},
     [allow("s3:GetObject", Condition={"ArnLike": {"aws:PrincipalArn": ROLE}})]),
    ("a Deny stays whatever is chosen", [allow("ecs:*"), DENY], {"statements": [0]},
     [allow("ecs:*"), DENY]),
    ("statements that become equal are one", [allow("ecs:*"), allow("ecs:Run*")],
     {"actions": ["ecs:RunTask"]}, [allow("ecs:RunTask")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "given", "choices", "expected"), CASES, ids=[each[0] for each in CASES]
)
def test_the_copy_has_what_is_chosen(
    what: str, given: Any, choices: dict[str, Any], expected: Any
) -> None:
    copy = copy_of(policy(*given), **choices)
    assert copy.document == policy(*expected), what
    assert copy.containment.answer == "proved"


def test_of_a_wildcard_all_but_one_action_are_written_out() -> None:
    copy = copy_of(policy(allow("ecs:R*")), without=["ecs:RunTask"])
    (statement,) = copy.document["Statement"]
    assert "ecs:RegisterTaskDefinition" in statement["Action"]
    assert "ecs:RunTask" not in statement["Action"]
    assert copy.left_out == ["ecs:RunTask"]


@pytest.mark.parametrize(
    ("given", "choices", "error", "said"),
    [
        (allow("s3:*"), {"services": ["ecs"]}, NothingLeftError, "nothing is left"),
        (DENY, {}, NothingLeftError, "the policy only denies"),
        (allow("iam:PassRole", OTHER_ROLE), {"resources": {"iam:role": [ROLE]}}, NothingLeftError,
         "within its resources"),
        (allow("*"), {"without": ["iam:PassRole"]}, TooManyNamesError, "would have to be written"),
        (allow("s3:*", Condition={"StringEquals": {"aws:username": "a"}}),
         {"conditions": [condition("StringEquals", "aws:username", "b")]},
         ContradictingConditionError, "with other values: a"),
    ],
)  # fmt: skip
def test_choices_that_leave_nothing_are_refused(
    given: Any, choices: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        copy_of(policy(given), **choices)


def test_each_statement_says_what_became_of_it() -> None:
    given = policy(
        allow("ecs:*", Sid="A"), allow("s3:*", Sid="B"), allow("iam:PassRole", OTHER_ROLE), DENY
    )
    copy = copy_of(
        given, statements=["A", 2], actions=["ecs:RunTask", "iam:PassRole"],
        resources={"iam:role": [ROLE]},
    )  # fmt: skip
    told = {each.position: (each.outcome, each.message) for each in copy.statements}
    assert told[0] == ("narrowed", "")
    assert told[1] == ("left out", "not chosen")
    assert told[2][0] == "left out"
    assert "no ARN that is chosen is within its resources" in told[2][1]
    assert told[3][0] == "kept"
    assert "a Deny stays" in told[3][1]


def test_what_overlaps_only_stays_and_is_named() -> None:
    given = policy(allow("iam:PassRole", "arn:aws:iam::*:role/*task"))
    copy = copy_of(given, resources={"iam:role": ["arn:aws:iam::*:role/web*"]})
    assert copy.document == given
    assert "overlaps with what is chosen and stays" in copy.statements[0].message
