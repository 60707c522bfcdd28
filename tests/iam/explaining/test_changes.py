"""Near misses, and the smallest changes that flip a decision: each is tried here again."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.simulation import Simulation, read_simulation
from policyhub.iam.explaining.answers_in_words import change_in_words, changes_in_words
from policyhub.iam.explaining.changes import Change, ChangeKind, smallest_changes
from policyhub.iam.explaining.explanation import explain
from policyhub.iam.explaining.near_misses import near_misses
from policyhub.iam.language.conditions import OPERATORS
from policyhub.iam.language.wording import plain
from tests.iam.generation import random_simulation

SEED = 311
SAMPLES = 800
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
TASK = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:1"


def read(*statements: dict[str, Any], **simulation: Any) -> Simulation:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    asked = {"action": "ecs:RunTask", "resource": TASK, "identityPolicies": [json.dumps(document)]}
    return read_simulation({**asked, **simulation})


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", **elements}


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


def applied(changes: tuple[Change, ...], request: Request) -> Request:
    for change in changes:
        request = change.apply(request)
    return request


def test_changes_that_are_offered_turn_the_decision_and_near_misses_are_one_clause_away() -> None:
    generator = random.Random(SEED)
    turned = near = 0
    for _ in range(SAMPLES):
        made = read_simulation(random_simulation(generator))
        before = evaluate(made.request, made.policies).is_allowed
        for changes in smallest_changes(made.request, made.policies):
            turned += 1
            after = evaluate(applied(changes, made.request), made.policies)
            assert after.is_allowed is not before
        for miss in near_misses(made.request, made.policies):
            near += 1
            failing = [each for each in miss.match.clauses if each.verdict is not Verdict.MATCHES]
            assert failing == [miss.clause]
    assert turned > SAMPLES / 4
    assert near > SAMPLES / 4


# What the statement asks for, what the request is given, the change that makes it match.
MENDED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        "a key that is missing",
        allow(**when("StringEquals", "aws:RequestTag/team", "web")),
        {},
        {"change": "giveKey", "key": "aws:RequestTag/team", "value": "web"},
    ),
    (
        "a key with another value",
        allow(**when("StringLike", "aws:SourceVpc", "vpc-*")),
        {"context": {"aws:SourceVpc": "none"}},
        {"change": "giveKey", "key": "aws:SourceVpc", "value": "vpc-x"},
    ),
    (
        "a multivalued key",
        allow(**when("ForAnyValue:StringEquals", "aws:TagKeys", "team")),
        {"context": {"aws:TagKeys": ["cost"]}},
        {"change": "giveKey", "key": "aws:TagKeys", "value": ["team"]},
    ),
    (
        "a number below a limit",
        allow(**when("NumericLessThan", "ecs:task-cpu", "1024")),
        {"context": {"ecs:task-cpu": 4096}},
        {"change": "giveKey", "key": "ecs:task-cpu", "value": "1023"},
    ),
    (
        "a moment after a date",
        allow(**when("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z")),
        {"context": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}},
        {"change": "giveKey", "key": "aws:CurrentTime", "value": "2026-01-02T00:00:00Z"},
    ),
    (
        "an address of a range",
        allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
        {"context": {"aws:SourceIp": "192.0.2.7"}},
        {"change": "giveKey", "key": "aws:SourceIp", "value": "10.0.0.0"},
    ),
    (
        "an address outside a range",
        allow(**when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8")),
        {"context": {"aws:SourceIp": "10.0.0.7"}},
        {"change": "giveKey", "key": "aws:SourceIp", "value": "192.0.2.1"},
    ),
    (
        "the other truth",
        allow(**when("Bool", "aws:SecureTransport", "true")),
        {"context": {"aws:SecureTransport": False}},
        {"change": "giveKey", "key": "aws:SecureTransport", "value": "true"},
    ),
    (
        "other bytes",
        allow(**when("BinaryEquals", "web:blob", "QQ==")),
        {"context": {"web:blob": "Qg=="}},
        {"change": "giveKey", "key": "web:blob", "value": "QQ=="},
    ),
    (
        "a key that must be absent",
        allow(**when("Null", "aws:TokenIssueTime", "true")),
        {"context": {"aws:TokenIssueTime": "2026-01-01"}},
        {"change": "leaveOutKey", "key": "aws:TokenIssueTime"},
    ),
    (
        "a key that must be present",
        allow(**when("Null", "aws:SourceVpce", "false")),
        {},
        {"change": "giveKey", "key": "aws:SourceVpce", "value": "value"},
    ),
    (
        "a value that is excluded",
        allow(**when("StringNotEquals", "aws:SourceVpc", "vpc-1")),
        {"context": {"aws:SourceVpc": "vpc-1"}},
        {"change": "giveKey", "key": "aws:SourceVpc", "value": "vpc-1-other"},
    ),
    (
        "an ARN of another account",
        allow(**when("ArnLike", "aws:SourceArn", "arn:aws:ecs:*:111122223333:*")),
        {"context": {"aws:SourceArn": TASK}},
        {"change": "giveKey", "key": "aws:SourceArn", "value": "arn:aws:ecs:x:111122223333:x"},
    ),
    (
        "a value that a variable gives",
        allow(**when("StringEquals", "ecs:ResourceTag/owner", "${aws:PrincipalTag/owner}")),
        {"context": {"ecs:ResourceTag/owner": "ana"}},
        {"change": "giveKey", "key": "aws:PrincipalTag/owner", "value": "ana"},
    ),
    (
        "another resource, with the request's account and region",
        allow(Resource="arn:aws:ecs:*:*:task-definition/api:?"),
        {},
        {
            "change": "askForResource",
            "resource": f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/api:x",
        },
    ),
    (
        "a resource that is not spared",
        {**allow(), "NotResource": TASK} | {"Resource": None},
        {},
        {"change": "askForResource", "resource": f"{TASK}-other"},
    ),
]


@pytest.mark.parametrize(
    ("statement", "given", "change"), [pytest.param(*case[1:], id=case[0]) for case in MENDED]
)
def test_a_near_miss_says_what_would_make_it_match(
    statement: dict[str, Any], given: dict[str, Any], change: dict[str, Any]
) -> None:
    asked = {name: value for name, value in statement.items() if value is not None}
    made = read(asked, **given)
    (miss,) = near_misses(made.request, made.policies)
    assert miss.change is not None
    assert miss.change.to_dict() == change
    assert [miss.change] in map(list, smallest_changes(made.request, made.policies))


def test_every_family_of_operators_has_values_to_try() -> None:
    values = {"Numeric": "1", "Date": "2026-01-01", "IpAddress": "10.0.0.1"}
    for operator in OPERATORS.values():
        assert operator.around(values.get(operator.family, "true")), operator.name


@pytest.mark.parametrize("family", ["Numeric", "Date", "IpAddress"])
def test_what_is_no_value_of_a_family_gives_nothing_to_try(family: str) -> None:
    for operator in OPERATORS.values():
        if operator.family == family:
            assert operator.around("no value of it") == ()


def test_numbers_and_dates_at_the_ends_of_what_can_be_written_are_tried_as_they_are() -> None:
    assert OPERATORS["numericequals"].around("1e400") == ("1e400",)
    assert OPERATORS["dateequals"].around("9999-12-31T23:59:59Z") == ("9999-12-31T23:59:59Z",)
    assert OPERATORS["dateequals"].around("1e300") == ("1e300",)


def test_two_changes_are_offered_where_one_does_not_suffice() -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:RequestTag/team": "web"}}
    made = read(allow(Condition=condition))
    assert near_misses(made.request, made.policies) == ()
    (changes,) = smallest_changes(made.request, made.policies)
    assert {each.key for each in changes} == {"aws:SourceVpc", "aws:RequestTag/team"}
    assert plain(changes_in_words(changes)) == (
        'set aws:SourceVpc to vpc-1 and set aws:RequestTag/team to "web"'
    )


def test_a_deny_is_turned_by_what_it_does_not_hold_for() -> None:
    made = read(
        allow(),
        {**allow(**when("StringNotEquals", "aws:RequestedRegion", "eu-west-1")), "Effect": "Deny"},
        context={"aws:RequestedRegion": "us-east-1"},
    )
    ((change,),) = smallest_changes(made.request, made.policies)
    assert change.to_dict() == {
        "change": "giveKey",
        "key": "aws:RequestedRegion",
        "value": "eu-west-1",
    }


def test_an_allowed_request_is_turned_by_losing_what_allows_it() -> None:
    made = read(
        allow(**when("StringEquals", "aws:SourceVpc", "vpc-1")), context={"aws:SourceVpc": "vpc-1"}
    )
    found = [change.to_dict() for (change,) in smallest_changes(made.request, made.policies)]
    assert {"change": "leaveOutKey", "key": "aws:SourceVpc"} in found


def test_another_caller_is_offered_where_only_the_principal_differs() -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    made = read_simulation(
        {
            "action": "sts:AssumeRole",
            "resource": ROLE,
            "principal": {"Service": "lambda.amazonaws.com"},
            "resourcePolicy": trust,
        }
    )
    ((change,),) = smallest_changes(made.request, made.policies)
    assert change.kind is ChangeKind.CALL_AS
    assert change.to_dict()["principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert plain(change_in_words(change)) == "call as ecs-tasks.amazonaws.com"


def test_a_principal_that_nobody_can_be_is_not_offered() -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"CanonicalUser": "79a5"},
            "Action": "s3:GetObject",
            "Resource": "*",
        },
    }
    made = read_simulation(
        {
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::home/x",
            "principal": "anonymous",
            "resourcePolicy": policy,
        }
    )
    (miss,) = near_misses(made.request, made.policies)
    assert miss.change is None
    assert smallest_changes(made.request, made.policies) == ()


def test_a_changed_request_carries_what_follows_from_the_change() -> None:
    request = read(
        allow(), principal=f"arn:aws:iam::{ACCOUNT}:user/ana", context={"aws:SourceVpc": "vpc-1"}
    ).request
    far = Change(ChangeKind.ASK_FOR_RESOURCE, values=(TASK.replace(ACCOUNT, "999988887777"),))
    asked = far.apply(request)
    assert asked.resource_account == "999988887777"
    assert asked.context["aws:resourceaccount"].values == ("999988887777",)
    other = Change(ChangeKind.CALL_AS, values=(ROLE,), principal_type="AWS").apply(request)
    assert other.context["aws:principalarn"].values == (ROLE,)
    assert "aws:username" not in other.context
    assert other.context["aws:sourcevpc"].values == ("vpc-1",)


def test_an_explanation_says_everything_in_words_and_as_data() -> None:
    made = read(allow(**when("StringEquals", "aws:SourceVpc", "vpc-1")), trace=True)
    told = explain(made.request, made.policies).to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["dependsOn"] == {
        "keys": ["aws:SourceVpc"],
        "allowedWhen": {
            "operator": "StringEquals",
            "key": "aws:SourceVpc",
            "values": ["vpc-1"],
        },
        "deniedWhen": False,
        "explanation": ["Allowed when aws:SourceVpc is vpc-1"],
    }
    assert told["nearMisses"][0]["explanation"] == (
        "identity policy, pasted, statement 1, Allow: requires that aws:SourceVpc is vpc-1, but "
        "the "
        "request has no aws:SourceVpc; to match, set aws:SourceVpc to vpc-1"
    )
    assert told["smallestChanges"][0]["explanation"] == "set aws:SourceVpc to vpc-1"
    assert told["statements"][0]["binds"] is True
    assert told["statements"][0]["clauses"][2]["reason"] == "keyMissing"


def test_no_resource_is_offered_where_no_example_of_one_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = ReferenceFacts(get_reference())
    document = {"Statement": [allow(Action="s3:GetObject")]}
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "reference": True}
    made = read_simulation({**asked, "identityPolicies": [document]}, facts=facts)
    kinds = [each.kind for found in smallest_changes(made.request, made.policies) for each in found]
    assert kinds == [ChangeKind.ASK_FOR_RESOURCE]
    monkeypatch.setattr(facts, "example", lambda action, pattern: "")
    assert smallest_changes(made.request, made.policies) == ()
