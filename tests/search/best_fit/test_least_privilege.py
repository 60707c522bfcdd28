"""The least-privilege document of a pasted one allows the same; passing any role is warned of."""

from __future__ import annotations

import json
import random
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.reading.document import PolicyDocument, parse_policy
from policyhub.search.best_fit import least_privilege as rules
from policyhub.search.best_fit.least_privilege import LeastPrivilege, least_privilege
from policyhub.search.best_fit.needed_actions import needed_actions
from policyhub.simulate.managed import managed_document

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
MANAGED = (
    "AmazonECS_FullAccess",
    "AmazonEC2ContainerServiceEventsRole",
    "AmazonSageMakerFullAccess",
    "AWSLambda_FullAccess",
    "IAMUserChangePassword",
    "AWSCodePipeline_FullAccess",
    "AmazonElasticMapReduceEditorsRole",
    "AWSCloudTrail_FullAccess",
)
BUCKET = "arn:aws:s3:::a/*"
TEAM = {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}, "Bool": {"aws:x": True}}
TO_ECS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource} | more


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def made_of(text: str) -> LeastPrivilege:
    return least_privilege(needed_actions(text, get_catalogue(), get_reference()), get_reference())


def policy_of(text: str) -> PolicyDocument:
    policy = parse_policy(text).policy
    assert policy is not None
    return policy


def assert_the_same_is_allowed(pasted: str) -> None:
    """Proved by the comparison, which prefers the reference's actions for its examples."""
    made = policy_of(made_of(pasted).text)
    found = compare(policy_of(pasted), made, get_service_facts())
    assert found.undecided == ()
    assert found.only_right == ()
    unknown = [get_reference().action(each.action) for each in found.only_left]
    assert not any(unknown), unknown


@pytest.mark.parametrize("name", MANAGED)
def test_a_pasted_managed_policy_is_allowed_as_it_was(name: str) -> None:
    assert_the_same_is_allowed(managed_document(name, None).text)


def pasted_at_random(choose: random.Random) -> str:
    patterns = ["sqs:*", "sqs:Send*", "sqs:SendMessage", "sns:*", "SNS:publish", "sns:Get?opic*"]
    resources: list[Any] = ["*", "arn:aws:sqs:*:*:a*", "arn:aws:sns:*:*:${aws:username}", BUCKET]
    statements: list[Any] = []
    for _ in range(choose.randint(1, 5)):
        effect = choose.choice(["Allow", "Allow", "Deny"])
        written: dict[str, Any] = {"Sid": f"S{len(statements)}", "Effect": effect}
        written["Action"] = choose.sample(patterns, choose.randint(1, 3))
        key = choose.choice(["Resource", "Resource", "NotResource"])
        written[key] = choose.sample(resources, choose.randint(1, 2))
        if choose.random() < 0.4:
            written["Condition"] = choose.choice([TEAM, TO_ECS, {"Null": {"aws:y": "true"}}])
        if effect == "Deny" and choose.random() < 0.3:
            written["NotAction"] = written.pop("Action")
        statements.append(written)
    statements.append(statement("nosuch:Thing"))  # so that some action is always needed
    version = choose.choice(["2012-10-17", "2008-10-17"])
    return json.dumps({"Version": version, "Statement": statements})


@pytest.mark.parametrize("seed", range(25))
def test_a_pasted_document_is_allowed_as_it_was(seed: int) -> None:
    assert_the_same_is_allowed(pasted_at_random(random.Random(seed)))


def test_actions_with_the_same_resources_and_conditions_are_merged() -> None:
    made = made_of(
        document(
            statement("sqs:SendMessage", BUCKET, Condition=TEAM),
            statement(["sqs:*Permission"], [BUCKET], Condition=TEAM, Sid="Other"),
            statement("sqs:SendMessage", Condition=TEAM),
            statement("sqs:Remove*", "*", "Deny", Sid="Kept"),
        )
    )
    team = {"StringEquals": TEAM["StringEquals"], "Bool": {"aws:x": "true"}}
    assert made.document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["sqs:AddPermission", "sqs:SendMessage"],
            "Resource": BUCKET,
            "Condition": team,
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": team},
        {"Sid": "Kept", "Effect": "Deny", "Action": "sqs:Remove*", "Resource": "*"},
    ]


def test_what_is_written_differently_is_said() -> None:
    kept = {"Effect": "Deny", "NotAction": ["sqs:*", "nosuch:*"], "Resource": "*"}
    allow = {"Effect": "Allow", "NotAction": "sqs:Send*", "Resource": "*"}
    text = document(allow, statement(["nosuch:*", "nosuch:Thing"], BUCKET), kept)
    made = made_of(text)
    sqs, unknown, deny = made.document["Statement"]
    assert "sqs:DeleteQueue" in sqs["Action"]
    assert "sqs:SendMessage" not in sqs["Action"]
    assert (unknown["Action"], deny) == ("nosuch:Thing", kept)
    assert "NotAction of statement 1" in made.notes[0]
    assert "matches: nosuch:*." in made.notes[1]


def test_a_document_too_large_to_write_out_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "MOST_NAMES", 3)
    made = made_of(document(statement("sqs:*")))
    assert made.document["Statement"] == [statement("sqs:*")]
    assert "left as pasted" in made.notes[0]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("iam:passrole, ecs:RunTask", ()),
        ("ecs:RunTask", None),
        (document(statement("sqs:SendMessage"), statement("iam:Pass*", BUCKET)), (2,)),
        (document(statement("iam:PassRole", Condition=TO_ECS)), None),
        (document(statement("iam:PassRole", Condition=TEAM)), (1,)),
        (document(statement("iam:PassRole",
                            Condition={"StringLike": {"iam:PassedToService": "*"}})), (1,)),
        (document(statement("iam:PassRole",
                            Condition={"Null": {"iam:PassedToService": "false"}})), (1,)),
        (document(statement("iam:PassRole"), statement("iam:PassRole", "*", "Deny", Condition={
            "StringNotEquals": {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}})), None),
        (document(statement("iam:PassRole"), statement("iam:PassRole", BUCKET, "Deny", Condition={
            "StringNotEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})), (1,)),
        (document(statement("iam:PassRole"), statement("iam:PassRole", "*", "Deny",
                                                       Condition=TO_ECS)), (1,)),
        (managed_document, None),
    ],
)  # fmt: skip
def test_passing_a_role_to_any_service_is_warned_of(
    text: Any, statements: tuple[int, ...] | None
) -> None:
    if callable(text):
        text = text("AmazonECS_FullAccess", None).text
    found = [each.statements for each in made_of(text).warnings]
    assert found == ([] if statements is None else [statements])


def test_page_command_and_data_warn_and_offer_the_condition(client: Client) -> None:
    asked = {"actions": "ecs:RunTask,iam:PassRole"}
    data = client.get("/best-fit.json", asked).json()
    assert data["warnings"][0]["condition"]["StringEquals"].keys() == {"iam:PassedToService"}
    page = unescape(client.get("/best-fit/", asked).content.decode()).replace("<wbr>", "")
    out = StringIO()
    call_command("who_can", "ecs:RunTask", "iam:PassRole", stdout=out)
    for text in (page, out.getvalue()):
        assert "lets a principal pass a role to any service" in text
        assert '"iam:PassedToService": "' in text
    assert client.get("/best-fit.json", {"actions": "ecs:RunTask"}).json()["warnings"] == []


def test_the_page_says_that_a_pasted_document_keeps_its_bounds(client: Client) -> None:
    text = document(statement("sqs:SendMessage", BUCKET, Condition=TEAM))
    page = unescape(client.get("/best-fit/", {"actions": text}).content.decode())
    page = page.replace("<wbr>", "")
    assert "under its own conditions" in page
    assert '"aws:PrincipalTag/team"' in page.rsplit("The document</summary>", 1)[1]
