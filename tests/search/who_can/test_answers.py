"""Who can: exact over the whole catalogue, in words, as data, on the page and in the terminal."""

from __future__ import annotations

import io
import json
import random
import re
from html import unescape
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.access.catalogue import CatalogPolicy, Catalogue
from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access.in_database import StoredCatalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue, compile_catalogue
from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.wording import plain
from policyhub.judge.models import PolicyVerdict
from policyhub.search.who_can.asking import who_can
from policyhub.search.who_can.questions import MOST_ACTIONS, questions, resources_of_type
from tests.catalog.access.test_in_memory import small
from tests.catalog.small_reference import SMALL, allow, deny, policy
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ECS_TASKS = {"context": "iam:PassedToService=ecs-tasks.amazonaws.com"}
CONDITION = {"Bool": {"aws:SecureTransport": "true"}}


def asked(client: Client, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/who-can.json", parameters)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("count", [20, pytest.param(60, marks=pytest.mark.endurance)])
def test_every_policy_answers_as_when_it_is_evaluated_by_itself(count: int) -> None:
    catalogue, source = compile_catalogue(), random.Random(5)
    actions = [each.id for each in get_reference().actions]
    resources = ["*", "arn:aws:s3:::aws-glue-assets/x", "arn:aws:iam::123456789012:role/ecsTask"]
    contexts = [
        {},
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
        {"aws:ViaAWSService": "true"},
    ]
    attached = {
        name: AppliedPolicies(
            identity=(AppliedPolicy(name, CompiledPolicy(each.document)),),
            facts=get_service_facts(),
        )
        for name, each in catalogue.policies.items()
    }
    kinds: dict[str, int] = {}
    for _ in range(count):
        action, resource = source.choice(actions), source.choice(resources)
        context = dict(source.choice(contexts))
        question = questions(catalogue, get_reference(), action, resource, context)
        found = {each.policy: each.name for each in who_can(catalogue, question)}
        bare = make_request(action, resource, context=context)
        for name, policies in attached.items():
            allowed = evaluate(bare, policies).is_allowed
            kinds[found.get(name, "no")] = kinds.get(found.get(name, "no"), 0) + 1
            assert not allowed or found[name] in ("yes", "conditional"), (name, action)
            assert found.get(name) != "yes" or allowed, (name, action)
    assert kinds.keys() == {"yes", "conditional", "no"}


def names(*rows: Any, **given: Any) -> dict[str, str]:
    catalogue = small(**dict(rows))
    question = questions(catalogue, SMALL, **given)
    return {each.policy: each.name for each in who_can(catalogue, question)}


def test_policies_are_told_apart_by_how_freely_they_allow() -> None:
    found = names(
        ("free", [allow("ecs:RunTask")]),
        ("bound", [allow("ecs:RunTask", Condition=CONDITION)]),
        ("denied", [allow("ecs:RunTask"), deny("ecs:*")]),
        ("all-but", [{"Effect": "Allow", "NotAction": "ecs:Run*", "Resource": "*"}]),
        ("other", [allow("s3:GetObject")]),
        action="ecs:RunTask",
    )
    assert found == {"free": "yes", "bound": "conditional", "denied": "no"}


def test_a_key_that_is_given_settles_the_condition() -> None:
    rows = ("bound", [allow("ecs:RunTask", Condition=CONDITION)])
    settled = {"aws:SecureTransport": "true"}
    assert names(rows, action="ecs:RunTask", context=settled) == {"bound": "yes"}
    assert names(rows, action="ecs:RunTask", context={"aws:SecureTransport": "false"}) == {
        "bound": "no"
    }


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"NumericEquals": {"s3:max-keys": "abc"}}, "no"),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, "no"),
        ({"StringLikeIfExists": {"aws:username": "*"}}, "yes"),
        ({"StringLike": {"aws:username": "*"}}, "conditional"),
        ({"StringLike": {"aws:userid": "*"}}, "yes"),
        ({"DateGreaterThan": {"aws:CurrentTime": "2000-01-01"}}, "yes"),
        ({"Null": {"aws:PrincipalArn": "true"}}, "no"),
    ],
)
def test_a_condition_that_never_or_always_holds_is_none(
    condition: dict[str, Any], answer: str
) -> None:
    row = ("bound", [allow("ecs:RunTask", Condition=condition)])
    assert names(row, action="ecs:RunTask").get("bound", "no") == answer


def test_a_condition_that_holds_in_every_request_is_not_among_the_conditions() -> None:
    late = {"DateGreaterThan": {"aws:CurrentTime": "2000-01-01"}}
    catalogue = small(bound=[allow("ecs:RunTask", Condition={**late, **CONDITION})])
    (answer,) = who_can(catalogue, questions(catalogue, SMALL, "ecs:RunTask", "*"))
    told = answer.to_dict()
    assert told["conditions"] == ["aws:SecureTransport is true"]
    assert told["dependsOn"]["keys"] == ["aws:SecureTransport"]


def test_without_a_resource_the_resource_is_part_of_the_answer() -> None:
    scoped = ("scoped", [allow("ecs:RunTask", Resource="arn:aws:ecs:*:*:task-definition/web:*")])
    catalogue = small(**dict([scoped]))
    (answer,) = who_can(catalogue, questions(catalogue, SMALL, "ecs:RunTask"))
    told = answer.to_dict()
    assert (told["answer"], told["conditions"]) == (
        "conditional",
        ["the resource matches arn:aws:ecs:*:*:task-definition/web:*"],
    )
    web = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"
    assert names(scoped, action="ecs:RunTask", resource=web) == {"scoped": "yes"}
    api = web.replace("web", "api")
    assert names(scoped, action="ecs:RunTask", resource=api) == {"scoped": "no"}


def test_the_answers_about_passing_a_role_to_ecs_tasks(client: Client) -> None:
    body = asked(client, action="iam:PassRole", **ECS_TASKS)
    rows = {row["policy"]: row for row in body["results"]}
    assert rows["AmazonECS_FullAccess"]["answer"] == "yes"
    assert rows["AdministratorAccess"]["answer"] == "yes"
    lambda_only = rows["AWSLambda_FullAccess"]
    assert lambda_only["answer"] == "no"
    assert "iam:PassedToService is lambda.amazonaws.com" in lambda_only["near"][0]
    assert body["count"] == len(rows) == sum(body["counts"].values())
    assert [row["answer"] for row in body["results"]] == sorted(
        (row["answer"] for row in body["results"]), key=["yes", "conditional", "no"].index
    )


def test_an_open_condition_is_told_in_words_and_as_data(client: Client) -> None:
    body = asked(client, action="iam:PassRole")
    (row,) = (each for each in body["results"] if each["policy"] == "AWSLambda_FullAccess")
    assert row["answer"] == "conditional"
    assert row["conditions"] == ["iam:PassedToService is lambda.amazonaws.com"]
    assert row["dependsOn"]["allowedWhen"]["key"] == "iam:PassedToService"
    assert row["statements"][0]["effect"] == "Allow"


@pytest.fixture(params=["memory", "database"])
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    """The whole catalogue in memory, or read from the database as it is needed."""
    if request.param == "memory":
        return get_catalogue()
    return StoredCatalogue(get_reference(), 10_000)


ECS_ROLE = "arn:aws:iam::123456789012:role/ecsInstanceRole"
TO_ECS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
FREELY = ", whatever else is in the request"
MEETS = "; the given iam:PassedToService meets its condition"
# Question, policy, answer, and on what it rests.
REASONS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"action": "iam:PassRole"}, "AdministratorAccess", "yes", f"by statement 1{FREELY}"),
    (
        {"action": "iam:PassRole", "resource": ECS_ROLE, "context": TO_ECS},
        "AdministratorAccess",
        "yes",
        f"by statement 1{FREELY}",
    ),
    (
        {"action": "iam:PassRole", "context": TO_ECS},
        "AmazonECS_FullAccess",
        "yes",
        f"by statement 4 (TasksPassRolePolicy){MEETS}",
    ),
    (
        {"action": "iam:PassRole"},
        "AmazonECS_FullAccess",
        "conditional",
        "by statement 4 (TasksPassRolePolicy), statement 5 (InfrastructurePassRolePolicy), "
        "statement 6 (InstancePassRolePolicy) and statement 7 (AutoScalingPassRolePolicy)",
    ),
    (
        {"action": "iam:PassRole", "resource": ECS_ROLE},
        "AWSBatchFullAccess",
        "yes",
        "by statement 2; the given resource is within arn:aws:iam::*:role/ecsInstanceRole",
    ),
    (
        {"action": "iam:PassRole", "context": {"iam:PassedToService": "ecs.amazonaws.com"}},
        "AWSLambda_FullAccess",
        "no",
        "no statement grants it",
    ),
    (
        {"action": "iam:CreateUser"},
        "AWSDenyAll",
        "no",
        f"denied by statement 1 (DenyAll){FREELY}",
    ),
    (
        {"action": "s3:GetObject", "resource": "arn:aws:s3:::aws-glue-assets/script.py"},
        "AmazonBraketFullAccess",
        "conditional",
        "by statement 2; the given resource is within arn:aws:s3:::*",
    ),
    (
        {"action": "ec2:DescribeInstances"},
        "AmazonECS_FullAccess",
        "yes",
        f"by statement 1 (ECSIntegrationsManagementPolicy){FREELY}",
    ),
]


@pytest.mark.parametrize("question", REASONS, ids=lambda each: f"{each[1]} {each[2]}")
def test_an_answer_names_its_statement_and_what_of_the_question_it_needs(
    catalogue: Catalogue, question: tuple[dict[str, Any], str, str, str]
) -> None:
    given, policy, answer, because = question
    asked = questions(catalogue, get_reference(), **given)
    (found,) = (each for each in who_can(catalogue, asked) if each.policy == policy)
    assert (found.name, found.to_dict()["because"]) == (answer, because)


def test_whatever_the_request_is_said_only_where_it_is_so(catalogue: Catalogue) -> None:
    for given in ({"action": "iam:PassRole", "context": TO_ECS}, {"action": "s3:GetObject"}):
        asked = questions(catalogue, get_reference(), **given)
        for each in who_can(catalogue, asked):
            if each.name != "yes" or not each.grounds.in_words.endswith(FREELY):
                continue
            (statement,) = each.grounds.statements
            assert not statement.conditions, each.policy
            assert "*" in statement.resources, each.policy
            assert not any(one.statement.effect == "Deny" for one in each.about), each.policy


def because(*statements: Any, **given: Any) -> tuple[str, str]:
    """The answer of a policy of these statements, and on what it rests."""
    catalogue = small(policy=list(statements))
    asked = questions(catalogue, SMALL, **{"action": "a:Get", **given})
    (found,) = who_can(catalogue, asked)
    return found.name, found.grounds.in_words


KEY = {"k:One": "1"}
ONE, OTHER = {"StringEquals": KEY}, {"StringNotEquals": KEY}
MADE_UP: list[tuple[str, list[Any], dict[str, Any], str, str]] = [
    (
        "a deny that the given key does not meet",
        [allow("a:Get"), deny("a:Get", Condition=ONE)],
        {"context": {"k:One": "2"}},
        "yes",
        "by statement 1; the given k:One does not meet the condition of statement 2, a Deny",
    ),
    (
        "a deny of other resources",
        [allow("a:New"), deny("a:New", Resource="arn:x")],
        {"action": "a:New", "resource": "arn:y"},
        "yes",
        "by statement 1; the given resource is outside what statement 2 denies",
    ),
    (
        "a deny whose condition the given key meets",
        [allow("a:Get"), deny("a:Get", Condition=ONE, Sid="No")],
        {"context": KEY},
        "no",
        "denied by statement 2 (No); the given k:One meets its condition",
    ),
    (
        "a deny of the given resource",
        [allow("a:New"), deny("a:New", Resource="arn:x*")],
        {"action": "a:New", "resource": "arn:xy"},
        "no",
        "denied by statement 2; the given resource is within arn:x*",
    ),
    (
        "an allow that only a deny keeps from holding",
        [allow("a:Get", Condition=ONE), deny("a:Get", Condition=ONE)],
        {},
        "no",
        "denied by statement 2, wherever statement 1 would allow it",
    ),
    (
        "two allows that leave nothing out",
        [allow("a:Get", Condition=ONE), allow("a:Get", Condition=OTHER)],
        {},
        "yes",
        "by statement 1 and statement 2 together",
    ),
    (
        "conditions that contradict one another",
        [allow("a:Get", Condition={"StringEquals": KEY, "StringLike": {"k:One": "2*"}})],
        {},
        "no",
        "the conditions of statement 1 contradict the question or one another, so it is never "
        "allowed",
    ),
    (
        "an exception that the given resource is not",
        [{"Effect": "Allow", "Action": "a:New", "NotResource": "arn:x"}],
        {"action": "a:New", "resource": "arn:y"},
        "yes",
        "by statement 1; the given resource is not among its exceptions",
    ),
    (
        "the statement that needs least",
        [allow("a:Get", Condition=ONE), allow("a:Get")],
        {"context": KEY},
        "yes",
        "by statement 2, whatever else is in the request",
    ),
    (
        "the very resource",
        [allow("a:New", Resource="arn:x")],
        {"action": "a:New", "resource": "arn:x"},
        "yes",
        "by statement 1; the given resource is arn:x",
    ),
]


@pytest.mark.parametrize(
    ("statements", "given", "answer", "reason"),
    [pytest.param(*case[1:], id=case[0]) for case in MADE_UP],
)
def test_the_reason_of_an_answer(
    statements: list[Any], given: dict[str, Any], answer: str, reason: str
) -> None:
    assert because(*statements, **given) == (answer, reason)


def test_the_page_links_the_statement_that_decides(client: Client) -> None:
    text = client.get("/who-can/", {"action": "iam:PassRole", **ECS_TASKS}).content.decode()
    link = "/policies/AmazonECS_FullAccess/document/?statement=4#statement-4"
    assert f'<a href="{link}">statement 4 (TasksPassRolePolicy)</a>' in text.replace("<wbr>", "")
    assert 'id="statement-4"' in client.get(link.partition("#")[0]).content.decode()


def test_a_wildcard_asks_about_every_action_that_it_matches(client: Client) -> None:
    body = asked(client, action="ecs:Run*", answer="yes")
    assert {row["action"] for row in body["results"]} == {"ecs:RunTask"}
    assert {row["answer"] for row in body["results"]} == {"yes"}


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({}, "action"),
        ({"action": "ecs"}, "action"),
        ({"action": "none:*"}, "action"),
        ({"action": "*"}, "action"),
        ({"action": "ecs:RunTask", "context": "novalue"}, "context"),
        ({"action": "ecs:RunTask", "context": "=x"}, "context"),
        ({"action": "ecs:RunTask", "context": ["a:b=1", "A:B=2"]}, "context"),
        ({"action": "ecs:RunTask", "answer": "maybe"}, "answer"),
        ({"action": "ecs:RunTask", "page": "0"}, "page"),
        ({"action": "ecs:RunTask", "what": "x"}, "what"),
        ({"action": "ecs:Run\x00"}, "action"),
        ({"action": "e" * 10_000}, "action"),
        ({"action": "'; DROP TABLE--"}, "action"),
    ],
)
def test_an_invalid_question_says_what_to_fix(
    client: Client, parameters: dict[str, Any], parameter: str
) -> None:
    answer = client.get("/who-can.json", parameters)
    assert answer.status_code == 400
    problems = answer.json()["problems"]
    assert parameter in {each["parameter"] for each in problems}
    assert all(each["message"] for each in problems)
    page = client.get("/who-can/", parameters)
    assert page.status_code == 200


def test_the_page_keeps_what_was_typed_and_shows_nothing_unescaped(client: Client) -> None:
    hostile = '<script>alert("x")</script>'
    page = client.get("/who-can/", {"action": hostile, "resource": hostile, "context": hostile})
    text = page.content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in text


def test_the_page_shows_each_kind_and_links_to_it(client: Client) -> None:
    text = client.get("/who-can/", {"action": "iam:PassRole", **ECS_TASKS}).content.decode()
    assert "AmazonECS_" in text
    for kind in ("yes", "conditional", "no"):
        assert f"answer={kind}" in text
    only = client.get("/who-can/", {"action": "iam:PassRole", "answer": "conditional"})
    assert "decision-depends" in only.content.decode()


def test_htmx_gets_the_answers_alone(client: Client) -> None:
    answer = client.get("/who-can/", {"action": "ecs:RunTask"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert text.startswith('<title>ecs:RunTask · Who can · Policyhub</title><div id="who-can"')
    assert "<html" not in text


def test_the_answers_can_be_taken_away_as_csv(client: Client) -> None:
    answer = client.get("/who-can.csv", {"action": "ecs:RunTask"})
    lines = answer.content.decode().splitlines()
    assert lines[0] == "policy,version,action,answer,only when,near,because,resources"
    assert any(line.startswith("AmazonECS_FullAccess,v22,ecs:RunTask,yes") for line in lines)


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("who_can", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same() -> None:
    text = said("iam:PassRole", "--context", ECS_TASKS["context"])
    assert text.startswith("Yes: ")
    assert (
        "  AmazonECS_FullAccess (v22), iam:PassRole: by statement 4 (TasksPassRolePolicy); "
        "the given iam:PassedToService meets its condition\n"
    ) in text
    rows = json.loads(said("iam:PassRole", "--context", ECS_TASKS["context"], "--json"))
    assert rows["count"] == len(rows["results"])


def test_the_command_says_when_nobody_can() -> None:
    assert said("ecs:NoSuchAction", "--resource", "arn:aws:ecs:::x")


@pytest.mark.parametrize("arguments", [("ecs",), ("*",), ("ecs:RunTask", "--context", "x")])
def test_the_command_refuses_an_invalid_question(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        said(*arguments)


def test_no_question_is_about_more_actions_than_is_said() -> None:
    assert len(get_catalogue().actions_matching("ec2:*")) > MOST_ACTIONS


@pytest.mark.parametrize(
    ("given", "arn"),
    [
        ("ecs:cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/example"),
        ("S3:Bucket", "arn:aws:s3:::example"),
        ("iam:role", "arn:aws:iam::123456789012:role/example"),
        ("arn:aws:s3:::x", "arn:aws:s3:::x"),
        ("", ""),
        ("*", "*"),
    ],
)
def test_a_resource_type_stands_for_a_resource_that_no_policy_names(given: str, arn: str) -> None:
    assert resources_of_type(get_reference(), given) == (arn,)


REST_STAGE = "arn:aws:apigateway:us-east-1::/restapis/example/stages/example"
HTTP_STAGE = "arn:aws:apigateway:us-east-1::/apis/example/stages/example"
GET = "apigateway:GET"
STAGES = {"action": GET, "resource": "apigateway:Stage"}
ON_REST_ALONE = {
    "AWSReachabilityAnalyzerServiceRolePolicy",
    "CloudWatchAutomaticDashboardsAccess",
    "NetworkSecurityManagerServiceRolePolicy",
}


def test_a_type_with_two_arn_formats_is_asked_about_on_both(client: Client) -> None:
    rows = asked(client, **STAGES)["results"]
    by_policy = {row["policy"]: row for row in rows}
    assert len(by_policy) == len(rows)
    alone = {
        arn: {
            row["policy"]: row["answer"]
            for row in asked(client, action=GET, resource=arn)["results"]
        }
        for arn in (REST_STAGE, HTTP_STAGE)
    }
    freest = {"yes": 0, "conditional": 1, "no": 2}
    for name, row in by_policy.items():
        answers = {arn: answer.get(name, "no") for arn, answer in alone.items()}
        assert row["answer"] == min(answers.values(), key=freest.__getitem__)
        assert set(row["resources"]) == {
            arn for arn, answer in answers.items() if answer == row["answer"]
        }
    allowing = {name for name, row in by_policy.items() if row["resources"] == [REST_STAGE]}
    assert {by_policy[name]["answer"] for name in ON_REST_ALONE} == {"yes"}
    assert allowing >= ON_REST_ALONE
    page = unescape(client.get("/who-can/", STAGES).content.decode()).replace("<wbr>", "")
    assert f"On <code>{REST_STAGE}</code>:" in page


def test_a_policy_for_named_resources_is_near_where_a_type_is_asked_for(client: Client) -> None:
    asked = {"action": "s3:GetObject", "resource": "s3:object"}
    rows = client.get("/who-can.json", asked).json()["results"]
    answers = {row["policy"]: row["answer"] for row in rows}
    assert answers["AmazonS3FullAccess"] == "yes"
    named = [row for row in rows if row["answer"] == "no" and row["near"]]
    assert any("aws-glue" in near for row in named for near in row["near"])
    page = unescape(client.get("/who-can/", asked).content.decode())
    assert "&resource=arn%3Aaws%3As3%3A%3A%3Aexample%2Fexample" in page


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("ecs:clustr", "ecs has no resource type `clustr`: it has cluster"),
        ("nosuch:thing", "neither an ARN nor a resource type"),
    ],
)
def test_an_unknown_resource_type_is_said(client: Client, resource: str, message: str) -> None:
    asked = {"action": "ecs:RunTask", "resource": resource}
    answer = client.get("/who-can.json", asked)
    assert answer.status_code == 400
    assert message in answer.json()["problems"][0]["message"]
    assert client.get("/who-can/", asked).status_code == 200


def test_a_near_miss_on_the_page_links_its_statement_without_the_policys_name(
    client: Client,
) -> None:
    asked = "action=iam:PassRole&context=iam:PassedToService=lambda.amazonaws.com&answer=no"
    text = unescape(client.get(f"/who-can/?{asked}").content.decode())
    near = re.findall(r'<div><a href="([^"]+)">statement (\d+)[^<]*</a>: <span', text)
    assert near
    for address, number in near:
        assert address.endswith(f"?statement={number}#statement-{number}")
    rows = client.get(f"/who-can.json?{asked}").json()["results"]
    for row in rows:
        assert all(each.startswith(f"{row['policy']}, statement") for each in row["near"])
        assert f"{row['policy']}, statement" not in text


CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web"


def test_nobody_can_do_what_aws_is_never_asked(client: Client) -> None:
    body = asked(client, action="ecs:ListTasks", resource=CLUSTER)
    assert body["counts"]["yes"] == body["counts"]["conditional"] == 0
    (doubt,) = body["doubts"]
    assert "it works on container-instance" in doubt
    assert all(row["possible"] is False for row in body["results"])
    page = client.get("/who-can/", {"action": "ecs:ListTasks", "resource": CLUSTER})
    assert "it works on container-instance" in unescape(page.content.decode())


def test_the_command_says_first_why_aws_is_never_asked() -> None:
    out = io.StringIO()
    call_command("who_can", "ecs:ListTasks", "--resource", CLUSTER, stdout=out)
    assert out.getvalue().startswith("ecs:ListTasks does not support a resource of this type")


def test_an_unknown_action_is_answered_with_the_doubt(client: Client) -> None:
    body = asked(client, action="s3:ListObjectsV2")
    assert body["doubts"] == [
        "s3:ListObjectsV2 is not in the service authorization reference: it is the name of an API "
        "operation, for which AWS asks for s3:ListBucket"
    ]
    assert all(row["possible"] is None for row in body["results"])


def test_a_statement_on_resources_of_other_types_grants_nothing() -> None:
    document = policy(allow("s3:*", Resource="arn:aws:s3:::home/*"))
    catalogue = CompiledCatalogue([CatalogPolicy("objects", "v1", document)], get_reference())
    (answer,) = who_can(catalogue, questions(catalogue, get_reference(), "s3:ListBucket"))
    assert answer.name == "no"
    assert "it names resources of type object" in plain(answer.near[0])


def test_each_policy_says_what_it_amounts_to_as_a_whole(client: Client) -> None:
    body = client.get("/who-can.json", {"action": "iam:PassRole"}).json()
    groups = {row["policy"]: row["group"] for row in body["results"]}
    known = PolicyVerdict.objects.values_list("version__policy__key", "group")
    assert groups == {key: group for key, group in known if key in groups}
    assert groups["AdministratorAccess"] == "administrator"
    page = markup_of(client.get("/who-can/", {"action": "iam:PassRole"}))
    assert 'class="chip group group-administrator"' in page


def test_of_a_past_day_it_is_not_said_what_a_policy_amounts_to(client: Client) -> None:
    asked = {"action": "iam:PassRole", "at": "2026-09-01"}
    rows = client.get("/who-can.json", asked).json()["results"]
    assert {row["group"] for row in rows} == {None}
    assert "chip group" not in markup_of(client.get("/who-can/", asked))
