"""Recorded calls become requests; what they don't say is listed and never guessed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from policyhub.workbench.building.recorded.reading import MOST_BYTES, read_recorded
from tests.workbench.templates import ACCOUNT, CLUSTER, ROLE, RUN_TASK, copy_of_managed

CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/session"
TASKS = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/web:1"


def event(source: str, name: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventType": "AwsApiCall",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": CALLER,
            "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
        },
        "requestParameters": parameters,
        **more,
    }


def asked(*events: Any) -> list[tuple[str, str]]:
    """Action and resource of each request of a log file."""
    found = read_recorded(json.dumps({"Records": events}).encode())
    assert not found.problems
    return [(each["action"], each["resource"]) for each in found.requests]


RUN = event("ecs", "RunTask", {"cluster": "web", "taskDefinition": "web:1"})
CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("parameters name the parts", event("ecs", "DescribeServices", {"cluster": "web",
     "serviceName": "api"}),
     [("ecs:DescribeServices", f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/web/api")]),
    ("a parameter is named as the type", RUN, [("ecs:RunTask", TASKS)]),
    ("the response has the ARN", event("ecs", "RunTask", {"taskDefinition": "web"},
     responseElements={"tasks": [{"taskDefinitionArn": TASKS, "clusterArn": CLUSTER}]}),
     [("ecs:RunTask", TASKS)]),
    ("a parameter is the ARN", event("ecs", "DescribeClusters", {"clusters": [CLUSTER]}),
     [("ecs:DescribeClusters", CLUSTER)]),
    ("the event has the ARN", event("s3", "GetObject", {"bucketName": "b", "key": "k"},
     resources=[{"ARN": "arn:aws:s3:::b/k"}, {"ARN": "arn:aws:s3:::b"}]),
     [("s3:GetObject", "arn:aws:s3:::b/k")]),
    ("an operation asks for another action", event("s3", "HeadObject", {"bucketName": "b",
     "key": "k"}), [("s3:GetObject", "arn:aws:s3:::b/k")]),
    ("an operation that asks for another action on the bucket", event("s3", "ListObjects",
     {"bucketName": "b"}), [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("the source has another prefix", event("monitoring", "DescribeAlarms", {},
     resources=[{"ARN": f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:a"}]),
     [("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:a")]),
    ("a name with the version of the API", event("lambda", "GetFunction20150331v2",
     {"functionName": "f"}),
     [("lambda:GetFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f")]),
    ("an action without resources", event("ecs", "ListClusters"), [("ecs:ListClusters", "*")]),
    ("a role is passed", event("lambda", "CreateFunction20150331", {"functionName": "f",
     "role": ROLE}),
     [("lambda:CreateFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"),
      ("iam:PassRole", ROLE)]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "given", "expected"), CASES, ids=[each[0] for each in CASES])
def test_an_event_becomes_requests(what: str, given: Any, expected: Any) -> None:
    assert asked(given) == expected, what


def test_a_request_has_the_caller_and_the_keys_that_the_event_says() -> None:
    (request,) = read_recorded(json.dumps({"Records": [RUN]}).encode()).requests
    assert request["principal"] == CALLER
    assert request["context"] == {
        "aws:RequestedRegion": "eu-west-1",
        "aws:SourceIp": "192.0.2.1",
        "aws:MultiFactorAuthPresent": "false",
        "ecs:cluster": CLUSTER,
    }
    passing = event("lambda", "CreateFunction20150331", {"functionName": "f", "role": ROLE})
    passed = read_recorded(json.dumps(passing).encode()).requests[1]
    assert passed["context"] == {"iam:PassedToService": "lambda.amazonaws.com"}


UNKNOWN = [
    (event("nosuch", "RunTask"), "no service for the event source"),
    (event("ecs", "DoTask"), "has no action `ecs:DoTask`"),
    (event("apigateway", "GetRestApis"), "methods of HTTP"),
    (event("ecs", "RunTask", {}), "does not say on which resource ecs:RunTask"),
    (event("ecs", "RunTask", eventType="AwsServiceEvent"), "is not a caller's request"),
]


@pytest.mark.parametrize(("given", "why"), UNKNOWN)
def test_what_an_event_does_not_say_is_listed(given: Any, why: str) -> None:
    found = read_recorded(json.dumps([given, given]).encode())
    assert not found.requests
    (unknown,) = found.unknown
    assert why in unknown.why
    assert unknown.to_dict()["times"] == 2


DENIED = (
    f"User: {CALLER} is not authorized to perform: ecs:RunTask on resource: {TASKS} because no "
    "identity-based policy allows the ecs:RunTask action"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DENIED, ("ecs:RunTask", TASKS, CALLER)),
        (f"An error occurred (AccessDeniedException) when calling the RunTask operation: {DENIED}",
         ("ecs:RunTask", TASKS, CALLER)),
        ("User: someone is not authorized to perform: ecs:ListClusters on resource: *",
         ("ecs:ListClusters", "*", None)),
        (f"botocore: is not authorized to perform: iam:PassRole on resource: {ROLE}.",
         ("iam:PassRole", ROLE, None)),
    ],
)  # fmt: skip
def test_a_message_of_a_denied_call_becomes_a_request(text: str, expected: Any) -> None:
    (request,) = read_recorded(text.encode()).requests
    assert (request["action"], request["resource"], request.get("principal")) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("An error occurred (AccessDenied) when calling GetObject: Access Denied",
         "does not name the action"),
        ("You are not authorized. Encoded authorization failure message: abc", "decode-auth"),
        ("x is not authorized to perform: ecs:DoTask", "has no action"),
        ("x is not authorized to perform: ecs:RunTask", "on which resource"),
    ],
)  # fmt: skip
def test_what_a_message_does_not_say_is_listed(text: str, why: str) -> None:
    found = read_recorded(text.encode())
    assert not found.requests
    assert why in found.unknown[0].why


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(json.dumps({"Records": [RUN, RUN]}).encode()),
        json.dumps(RUN).encode(),
        "\n".join([json.dumps(RUN), "", json.dumps(RUN)]).encode(),
        json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(RUN)}]}).encode(),
    ],
)
def test_a_log_can_have_any_of_its_shapes(data: bytes) -> None:
    (request,) = read_recorded(data).requests
    assert request["action"] == "ecs:RunTask"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"hello",
            "line 1 of the recorded calls is neither an event in JSON nor an AccessDenied message",
        ),
        (b'{"a": 1}', "neither an event of CloudTrail"),
        (b"\x1f\x8bnothing", "can't be read"),
        (b"\xff\xfe\xfd", "can't be read"),
        (gzip.compress(b" " * (MOST_BYTES + 1)), "bytes uncompressed"),
        (b'{"Records": [' * 30_000, "line 1"),
        (b'[{"CloudTrailEvent": "{"}]', "line 1"),
    ],
)
def test_what_can_not_be_read_is_said(data: bytes, said: str) -> None:
    found = read_recorded(data)
    assert not found.requests
    assert said in found.problems[0]


def test_nothing_and_requests_of_simulations_are_read_too() -> None:
    assert read_recorded(b"") == read_recorded(b" \n")
    lines = b'{"action": "ecs:RunTask", "resource": "*"}\n{"action": "ecs:StopTask"}'
    assert [each["action"] for each in read_recorded(lines).requests] == [
        "ecs:RunTask", "ecs:StopTask",
    ]  # fmt: skip


def test_recorded_calls_are_decided_against_the_copy() -> None:
    log = json.dumps({"Records": [RUN, event("ecs", "ListClusters")]}).encode()
    requests = list(read_recorded(log).requests)
    copy = copy_of_managed("AmazonECS_FullAccess", **{**RUN_TASK, "requests": requests})
    assert [each.passed for each in copy.required] == [True, False]
    assert copy.required[1].of_original == "allowed"
    assert not copy.fits


def test_a_key_whose_own_policy_must_take_part_is_asked_with_one_that_lets_in() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    asked = [{"action": "kms:Decrypt", "resource": key}]
    copy = copy_of_managed("AdministratorAccess", services=["kms"], requests=asked)
    assert copy.required[0].passed
