"""SimulateCustomPolicy and GetContextKeysForCustomPolicy, asked by boto3 over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.awsapi.conftest import AwsCli
from tests.awsapi.querying import ALLOW_S3, document, statement

CASES = Path(__file__).parent / "cases" / "simulations.json"
CASE_KEYS = {
    *("name", "given", "decision", "matched"),
    *("boundary", "organization", "missing", "details"),
}
SCP = "ServiceControlPolicyInputList"
BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key"


def read_cases() -> list[Any]:
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in cases]


def request_of(given: dict[str, Any]) -> dict[str, Any]:
    """A case's input, each statement of it made a document."""
    made = dict(given)
    for name in ("PolicyInputList", "PermissionsBoundaryPolicyInputList"):
        made[name] = [document(each) for each in given.get(name, [])]
    if "ResourcePolicy" in given:
        made["ResourcePolicy"] = document(given["ResourcePolicy"])
    levels = given.get("OrderedOrganizationPolicyInputList", [])
    made["OrderedOrganizationPolicyInputList"] = [
        {SCP: [document(each) for each in level]} for level in levels
    ]
    return made


def result_of(iam: Any, **given: Any) -> dict[str, Any]:
    """The result of a simulation of one action."""
    (result,) = iam.simulate_custom_policy(**given)["EvaluationResults"]
    found: dict[str, Any] = result
    return found


@pytest.mark.parametrize("case", read_cases())
def test_a_simulation_says_what_decides(iam: Any, case: dict[str, Any]) -> None:
    assert case.keys() <= CASE_KEYS, f"unknown keys: {case.keys() - CASE_KEYS}"
    result = result_of(iam, **request_of(case["given"]))
    (specific,) = result["ResourceSpecificResults"]
    assert result["EvalDecision"] == specific["EvalResourceDecision"] == case["decision"]
    for each in (result, specific):
        sources = [found["SourcePolicyId"] for found in each["MatchedStatements"]]
        assert sources == case["matched"]
        assert each["MissingContextValues"] == case.get("missing", each["MissingContextValues"])
        boundary = each.get("PermissionsBoundaryDecisionDetail")
        allowed = case.get("boundary")
        expected = None if allowed is None else {"AllowedByPermissionsBoundary": allowed}
        assert boundary == expected
        if "details" in case:
            assert each.get("EvalDecisionDetails") == case["details"]
    organization = case.get("organization")
    expected = None if organization is None else {"AllowedByOrganizations": organization}
    assert result.get("OrganizationsDecisionDetail") == expected


def test_no_two_cases_have_one_name() -> None:
    names = [case.values[0]["name"] for case in read_cases()]
    assert len(names) == len(set(names))


def test_of_several_resources_the_most_restrictive_decides(iam: Any) -> None:
    policy = document(
        statement("Allow", "s3:*", f"{BUCKET}*"), statement("Deny", "s3:*", f"{BUCKET}/secret")
    )
    arns = [OBJECT, f"{BUCKET}/secret", "arn:aws:s3:::other/key"]
    result = result_of(
        iam, PolicyInputList=[policy], ActionNames=["s3:GetObject"], ResourceArns=arns
    )
    assert result["EvalDecision"] == "explicitDeny"
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    specific = result["ResourceSpecificResults"]
    decided = [(each["EvalResourceName"], each["EvalResourceDecision"]) for each in specific]
    assert decided == [*zip(arns, ("allowed", "explicitDeny", "implicitDeny"), strict=True)]
    assert result["MatchedStatements"] == specific[1]["MatchedStatements"]
    assert len(specific[0]["MatchedStatements"]) == len(specific[1]["MatchedStatements"]) == 1


def test_matched_statements_and_missing_keys_of_all_resources_are_joined(iam: Any) -> None:
    wanted = {"StringNotEquals": {"aws:RequestTag/a": "x"}}
    policy = document(
        statement("Allow", "s3:*", BUCKET, Condition=wanted),
        statement("Allow", "s3:*", OBJECT, Condition=wanted),
    )
    result = result_of(
        iam,
        PolicyInputList=[policy],
        ActionNames=["s3:ListBucket"],
        ResourceArns=[BUCKET, OBJECT, OBJECT],
    )
    assert result["EvalDecision"] == "allowed"
    assert len(result["MatchedStatements"]) == 2
    assert result["MissingContextValues"] == ["aws:RequestTag/a"]


@pytest.mark.parametrize(
    ("action", "arns", "expected"),
    [
        ("s3:ListBucket", [BUCKET], "arn:${Partition}:s3:::${BucketName}"),
        ("s3:ListBucket", [BUCKET, "*"], "*"),
        ("s3:GetObject", [], "*"),
        ("nosuch:Action", [BUCKET], "*"),
        ("s3:ListBucket", ["arn:aws:sqs:us-east-1:123456789012:q"], "*"),
    ],
)
def test_an_action_is_named_with_its_resource_types_arn_format(
    iam: Any, action: str, arns: list[str], expected: str
) -> None:
    result = result_of(iam, PolicyInputList=[ALLOW_S3], ActionNames=[action], ResourceArns=arns)
    assert result["EvalResourceName"] == expected


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},\n'
            '  {"Effect":"Allow","Action":"*","Resource":"*"}\n]}',
            [((1, 15), (1, 61)), ((1, 61), (2, 49))],
        ),
        (
            '{"Statement":\r\n{"Effect":"Allow","Action":"*","Resource":"*"}}',
            [((2, 2), (2, 47))],
        ),
        (
            '{"Statement" : [\n\n {"Effect":"Allow","Action":"*","Resource":"*",\n'
            '  "Sid":"a1"}]}',
            [((1, 17), (4, 14))],
        ),
    ],
)  # fmt: skip
def test_a_matched_statement_is_found_in_the_text(
    iam: Any, text: str, places: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    result = result_of(iam, PolicyInputList=[text], ActionNames=["s3:GetObject"])
    found = [
        tuple((each[end]["Line"], each[end]["Column"]) for end in ("StartPosition", "EndPosition"))
        for each in result["MatchedStatements"]
    ]
    assert found == places


@pytest.mark.parametrize(("arns", "expected"), [(["*"], None), ([], None), ([BUCKET], {})])
def test_in_one_account_details_are_empty_and_on_a_star_left_out(
    iam: Any, arns: list[str], expected: dict[str, str] | None
) -> None:
    result = result_of(
        iam, PolicyInputList=[ALLOW_S3], ActionNames=["s3:ListBucket"], ResourceArns=arns
    )
    assert result.get("EvalDecisionDetails") == expected


def test_hundreds_of_actions_and_resources_are_answered_in_order(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(700)]
    arns = [f"{BUCKET}/{number}" for number in range(25)]
    found: list[dict[str, Any]] = []
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[ALLOW_S3], ActionNames=actions, ResourceArns=arns
    )
    for page in pages:
        assert len(page["EvaluationResults"]) == 100
        found += page["EvaluationResults"]
    assert [each["EvalActionName"] for each in found] == actions
    assert {len(each["ResourceSpecificResults"]) for each in found} == {25}
    assert {each["EvalDecision"] for each in found} == {"allowed"}


def test_a_thousand_actions_fit_in_one_page(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(1000)]
    page = iam.simulate_custom_policy(
        PolicyInputList=[ALLOW_S3], ActionNames=actions, MaxItems=1000
    )
    assert len(page["EvaluationResults"]) == 1000
    assert page["IsTruncated"] is False
    assert "Marker" not in page


def test_a_page_with_too_much_in_it_ends_early_and_says_so(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(30)]
    arns = [f"{BUCKET}/{number}" for number in range(1000)]
    given = {"PolicyInputList": [ALLOW_S3], "ActionNames": actions, "ResourceArns": arns}
    page = iam.simulate_custom_policy(**given)
    assert page["IsTruncated"] is True
    assert 0 < len(page["EvaluationResults"]) < 30
    rest = iam.simulate_custom_policy(**given, Marker=page["Marker"])
    first = rest["EvaluationResults"][0]["EvalActionName"]
    assert first == actions[len(page["EvaluationResults"])]


def test_a_page_of_many_comparisons_ends_early_too(iam: Any) -> None:
    patterns = [f"arn:aws:s3:::bucket-{number:04}/*" for number in range(2000)]
    given = {
        "PolicyInputList": [document({"Effect": "Allow", "Action": "s3:*", "Resource": patterns})],
        "ActionNames": [f"s3:Action{number}" for number in range(20)],
        "ResourceArns": [f"arn:aws:s3:::bucket-{number:04}/k" for number in range(200)],
    }
    sizes = [
        len(page["EvaluationResults"])
        for page in iam.get_paginator("simulate_custom_policy").paginate(**given)
    ]
    assert len(sizes) > 1
    assert sum(sizes) == 20


def test_a_large_document_is_simulated(iam: Any) -> None:
    resources = [f"arn:aws:s3:::bucket-{number:05}/*" for number in range(4100)]
    policy = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources})
    assert 125_000 < len(policy) < 131_072
    result = result_of(
        iam,
        PolicyInputList=[policy] * 20,
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::bucket-04099/k"],
    )
    assert (result["EvalDecision"], len(result["MatchedStatements"])) == ("allowed", 20)


HOSTILE = "arn:aws:s3:::b/<x>&\"'\r\n\t]]>\N{SNOWMAN}\U0001f600"


def test_hostile_names_come_back_as_they_were(iam: Any) -> None:
    result = result_of(
        iam,
        PolicyInputList=[document(statement("Allow", "*", Condition={"Null": {"a:<&>": "true"}}))],
        ActionNames=["s3:GetObject"],
        ResourceArns=[HOSTILE],
    )
    assert result["ResourceSpecificResults"][0]["EvalResourceName"] == HOSTILE
    assert result["MissingContextValues"] == ["a:<&>"]


def test_context_keys_are_named_once_in_their_order(iam: Any) -> None:
    policies = [
        document(
            statement(
                "Allow",
                "*",
                "arn:aws:s3:::b/${aws:username}/${a:Default, 'x'}",
                Condition={"StringLike": {"aws:PrincipalTag/team": "${s3:prefix}${*}"}},
            ),
            statement("Deny", "*", Condition={"Null": {"AWS:USERNAME": "true"}}),
        ),
        '{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":'
        '"arn:aws:s3:::${old:variable}","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}',
        document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}),
    ]
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=policies)["ContextKeyNames"]
    assert keys == [
        *("aws:username", "a:Default", "aws:PrincipalTag/team", "s3:prefix"),
        "aws:SecureTransport",
    ]


UNKNOWN = {"StringAlmostEquals": {"aws:username": "ana"}}
LISTED = {"StringEquals": {"aws:TagKeys": "a"}}


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([statement("Allow", "s3:*", Condition=UNKNOWN)], "StringAlmostEquals"),
        (
            [statement("Deny", "s3:*", Condition=UNKNOWN), statement("Allow", "*")],
            "StringAlmostEquals",
        ),
        (
            [statement("Allow", "s3:*", Condition=UNKNOWN), statement("Allow", "*")],
            "StringAlmostEquals",
        ),
        ([statement("Deny", "s3:*", Condition=LISTED), statement("Allow", "*")], "ForAnyValue"),
        ([statement("Allow", "s3:*", Condition=LISTED)], "ForAnyValue"),
    ],
)
def test_what_can_not_be_evaluated_is_never_allowed(
    iam: Any, statements: list[dict[str, Any]], said: str
) -> None:
    tags = {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["b"]}
    with pytest.raises(iam.exceptions.PolicyEvaluationException) as raised:
        iam.simulate_custom_policy(
            PolicyInputList=[document(*statements)],
            ActionNames=["s3:GetObject"],
            ContextEntries=[{**tags, "ContextKeyType": "stringList"}],
        )
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert said in str(raised.value)


def test_a_deny_is_certain_whatever_else_can_not_be_evaluated(iam: Any) -> None:
    policy = document(statement("Deny", "s3:*"), statement("Allow", "s3:*", Condition=UNKNOWN))
    result = result_of(iam, PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    assert result["EvalDecision"] == "explicitDeny"


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([statement("Allow", "s3:*", Condition=LISTED), statement("Allow", "s3:Get*")], "allowed"),
        ([statement("Deny", "*"), statement("Deny", "*", Condition=LISTED)], "explicitDeny"),
    ],
)
def test_what_a_list_without_set_operator_can_not_change_is_answered(
    iam: Any, statements: list[dict[str, Any]], decision: str
) -> None:
    tags = {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["b"]}
    result = result_of(
        iam,
        PolicyInputList=[document(*statements)],
        ActionNames=["s3:GetObject"],
        ContextEntries=[{**tags, "ContextKeyType": "stringList"}],
    )
    assert result["EvalDecision"] == decision


def test_what_is_not_about_the_action_may_stay_unevaluated(iam: Any) -> None:
    policy = document(statement("Deny", "ec2:*", Condition=UNKNOWN), statement("Allow", "s3:*"))
    result = result_of(iam, PolicyInputList=[policy], ActionNames=["s3:GetObject"])
    assert result["EvalDecision"] == "allowed"


def test_an_error_is_the_exception_that_the_client_knows(iam: Any) -> None:
    with pytest.raises(iam.exceptions.InvalidInputException, match="Syntax errors in policy"):
        iam.get_context_keys_for_custom_policy(PolicyInputList=['{"Statement": 1}'])
    with pytest.raises(ClientError, match=r"\(ValidationError\)") as raised:
        iam.simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["a" * 129])
    assert raised.value.response["Error"]["Type"] == "Sender"
    assert raised.value.response["ResponseMetadata"]["RequestId"]


AFTER_2018 = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


@pytest.mark.parametrize(
    ("moment", "decision", "matched"),
    [
        (
            "2019-04-25T11:00:00Z",
            "allowed",
            [
                {
                    "SourcePolicyId": "PolicyInputList.1",
                    "StartPosition": {"Line": 1, "Column": 38},
                    "EndPosition": {"Line": 1, "Column": 167},
                }
            ],
        ),
        ("2014-04-25T11:00:00Z", "implicitDeny", []),
    ],
)
def test_the_cli_reference_s_example_of_simulating_comes_out(
    cli: AwsCli, moment: str, decision: str, matched: list[dict[str, Any]]
) -> None:
    entry = f"ContextKeyName='aws:CurrentTime',ContextKeyValues='{moment}',ContextKeyType=date"
    answer = cli(
        *("simulate-custom-policy", "--policy-input-list", AFTER_2018),
        *("--action-names", "dynamodb:CreateBackup", "--context-entries", entry),
    )
    (result,) = answer["EvaluationResults"]
    for each in result["MatchedStatements"]:
        assert each.pop("SourcePolicyType") == "IAM Policy"
    expected = {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": decision,
        "MatchedStatements": matched,
        "MissingContextValues": [],
    }
    assert {name: result[name] for name in expected} == expected


def test_the_cli_reference_s_example_of_context_keys_comes_out(cli: AwsCli) -> None:
    policy = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":'
        '"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":'
        '{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}'
    )
    answer = cli("get-context-keys-for-custom-policy", "--policy-input-list", policy)
    assert answer == {"ContextKeyNames": ["aws:username", "aws:CurrentTime"]}


def test_the_cli_gets_every_page_of_a_simulation(cli: AwsCli) -> None:
    actions = [f"s3:Action{number}" for number in range(30)]
    answer = cli(
        *("simulate-custom-policy", "--policy-input-list", ALLOW_S3),
        *("--action-names", *actions, "--page-size", "7"),
        path="/aws",
    )
    assert [each["EvalActionName"] for each in answer["EvaluationResults"]] == actions


def test_the_cli_shows_an_error_as_it_shows_aws_s(cli: AwsCli) -> None:
    shown = cli(
        *("simulate-custom-policy", "--policy-input-list", ALLOW_S3),
        *("--action-names", "s3:*"),
        fails=True,
    )
    assert "An error occurred (InvalidInput) when calling the SimulateCustomPolicy" in shown
