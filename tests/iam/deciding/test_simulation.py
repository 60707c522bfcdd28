"""A simulation as JSON: read completely, or refused with everything that is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import (
    KEYS,
    InvalidSimulationError,
    ManagedDocument,
    UnknownPolicyError,
    no_managed_policies,
    read_simulation,
)
from policyhub.iam.language.elements import Usage

ALLOW = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "Run", "Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"},
}
ALLOW_TEXT = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


def refused(value: Any) -> list[tuple[str, str]]:
    """Code and path of every complaint."""
    with pytest.raises(InvalidSimulationError) as found:
        read_simulation(value, catalogue)
    assert all(each.message for each in found.value.complaints)
    assert str(found.value)
    told = [each.to_dict() for each in found.value.complaints]
    return [(each["code"], each["path"]) for each in told]


def catalogue(name: str, version: str | None, usage: Usage) -> ManagedDocument:
    if name != "Known":
        raise UnknownPolicyError(f"no managed policy is named `{name}`")
    remark = "known by that ARN no more" if version == "v3" else ""
    doubt = "v4 or v5 was in force" if version == "v4" else ""
    return ManagedDocument(ALLOW_TEXT, version == "v2", remark=remark, doubt=doubt)


def asking(**given: Any) -> dict[str, Any]:
    return {"action": "ecs:RunTask", **given}


REFUSED: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("no object", [], [("not-an-object", "")]),
    ("nothing", None, [("not-an-object", "")]),
    ("no action", {}, [("missing", "action")]),
    ("an unknown key", asking(Action="x"), [("unknown-key", "Action")]),
    ("an action that is no text", {"action": 1}, [("wrong-type", "action")]),
    ("an action with a wildcard", {"action": "ecs:*"}, [("invalid", "action")]),
    ("an action without a service", {"action": "RunTask"}, [("invalid", "action")]),
    ("an empty resource", asking(resource=""), [("invalid", "resource")]),
    ("an account of letters", asking(resourceAccount="me"), [("invalid", "resourceAccount")]),
    (
        "an account of eleven digits",
        asking(managementAccount="12345678901"),
        [("invalid", "managementAccount")],
    ),
    ("a context that is a list", asking(context=[]), [("wrong-type", "context")]),
    ("a key without a name", asking(context={"": "x"}), [("invalid", "context")]),
    ("a value that is null", asking(context={"a:b": None}), [("invalid", "context.a:b")]),
    (
        "a list within a list",
        asking(context={"a:b": [["x"]]}),
        [("invalid", "context.a:b")],
    ),
    (
        "one key in two spellings",
        asking(context={"a:b": "x", "A:B": "y"}),
        [("invalid", "context.A:B")],
    ),
    ("a trace that is no truth", asking(trace="yes"), [("wrong-type", "trace")]),
    ("an expectation that is none", asking(expect="yes"), [("bad-expectation", "expect")]),
    (
        "policies that are no list",
        asking(identityPolicies=ALLOW),
        [("wrong-type", "identityPolicies")],
    ),
    (
        "a policy that is a number",
        asking(identityPolicies=[1]),
        [("wrong-type", "identityPolicies[0]")],
    ),
    (
        "levels that are documents",
        asking(serviceControlPolicies=[ALLOW]),
        [("wrong-type", "serviceControlPolicies[0]")],
    ),
    (
        "a managed policy that is unknown",
        asking(identityPolicies=[{"managed": "Unknown"}]),
        [("unknown-policy", "identityPolicies[0]")],
    ),
    (
        "half a surrogate pair and a NUL",
        asking(id={"a": [1, "\ud800"]}, resource="arn:\0"),
        [("unstorable-character", "id.a[1]"), ("unstorable-character", "resource")],
    ),
    *(
        (f"{text} as a day", asking(at=text), [("bad-day", "at")])
        for text in ("", "yesterday", "2021-6-1", "2021-02-30", "2014-12-31", "9999-12-31")
    ),
    (
        "half a surrogate pair as a day",
        asking(at="\ud800"),
        [("bad-day", "at"), ("unstorable-character", "at")],
    ),
    ("a day that is no text", asking(at=20210601), [("wrong-type", "at")]),
    (
        "a managed policy whose name is no text",
        asking(identityPolicies=[{"managed": 1}]),
        [("wrong-type", "identityPolicies[0]")],
    ),
    (
        "a managed policy with a key too many",
        asking(identityPolicies=[{"managed": "Known", "vers": "v1"}]),
        [("unknown-key", "identityPolicies[0].vers")],
    ),
    (
        "all of it at once",
        {"context": 1, "identityPolicies": 2, "principal": 3, "x": 4},
        [
            ("unknown-key", "x"),
            ("wrong-type", "context"),
            ("missing", "action"),
            ("wrong-type", "identityPolicies"),
            ("invalid", "principal"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("value", "complaints"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_an_invalid_simulation_is_refused_with_every_reason(
    value: Any, complaints: list[tuple[str, str]]
) -> None:
    assert refused(value) == complaints


@pytest.mark.parametrize(
    "principal",
    [
        *("", "ana", "arn:aws:iam::123456789012:group/x", "arn:aws:iam::me:user/ana", 1, [], {}),
        *("arn:aws:iam::123456789012:user/", "arn:aws:sts::123456789012:assumed-role/deploy"),
        *("arn:aws:s3:::home", {"Service": ""}, {"Service": 1}, {"Federated": ""}, {"AWS": "*"}),
        *({"User": "ana"}, {"AWS": "a", "Service": "b"}, True),
    ],
)
def test_who_is_no_principal_cannot_call(principal: Any) -> None:
    assert refused(asking(principal=principal)) == [("invalid", "principal")]


def test_every_key_of_a_simulation_is_read() -> None:
    documents = [ALLOW]
    given = {
        "id": 7,
        "action": "ecs:RunTask",
        "resource": "*",
        "resourceAccount": "123456789012",
        "managementAccount": "111122223333",
        "at": "2021-06-01",
        "principal": "arn:aws:iam::123456789012:role/deploy",
        "context": {"aws:TagKeys": ["a"], "ecs:task-cpu": 1.5, "aws:SecureTransport": True},
        "identityPolicies": documents,
        "permissionBoundaries": documents,
        "sessionPolicies": documents,
        "resourcePolicy": {"Statement": {**ALLOW["Statement"], "Principal": "*"}},  # type: ignore[dict-item]
        "serviceControlPolicies": [documents],
        "resourceControlPolicies": [],
        "endpointPolicies": [],
        "trace": True,
        "reference": True,
        "expect": "allowed",
    }
    assert given.keys() == KEYS
    read = read_simulation(given)
    assert (read.id, read.wants_trace, read.expect) == (7, True, "allowed")
    assert read.is_met_by(evaluate(read.request, read.policies))
    assert read.request.context["ecs:task-cpu"].values == ("1.5",)
    assert read.request.context["aws:securetransport"].values == ("true",)
    assert read.request.context["aws:tagkeys"].is_list


def test_a_managed_policy_is_found_by_name_and_version() -> None:
    policies = [{"managed": "Known"}] + [
        {"managed": "Known", "version": each} for each in ("v2", "v3")
    ]
    read = read_simulation(asking(identityPolicies=policies), catalogue)
    assert [each.name for each in read.policies.identity] == ["Known", "Known@v2", "Known@v3"]
    problems = [[each.code for each in policy.problems] for policy in read.policies.identity]
    assert problems == [[], ["service-linked-policy"], ["other-arn"]]
    answer = evaluate(read.request, read.policies).to_dict()
    assert answer["decision"] == "allowed"
    assert [each["policy"] for each in answer["decidedBy"]] == ["Known", "Known@v2", "Known@v3"]
    assert [each["path"] for each in answer["problems"]] == [
        "identityPolicies[1]",
        "identityPolicies[2]",
    ]
    assert answer["problems"][1]["message"] == "known by that ARN no more"


def test_a_version_in_doubt_is_said_and_evaluated() -> None:
    given = asking(identityPolicies=[{"managed": "Known", "version": "v4"}])
    read = read_simulation(given, catalogue)
    (problem,) = read.policies.identity[0].problems
    assert (problem.code, problem.severity) == ("version-in-doubt", "warning")
    assert problem.message == "v4 or v5 was in force"
    assert evaluate(read.request, read.policies).is_allowed


def test_where_there_is_no_catalogue_a_managed_policy_is_refused() -> None:
    with pytest.raises(UnknownPolicyError, match="give the document itself"):
        no_managed_policies("Known", None, Usage.IDENTITY)


def test_a_deny_of_either_kind_can_be_expected() -> None:
    read = read_simulation(asking(expect="denied"))
    assert read.is_met_by(evaluate(read.request, read.policies))


def test_a_document_may_be_its_text_however_long() -> None:
    long = ALLOW_TEXT + " " * 70_000
    read = read_simulation(asking(identityPolicies=[ALLOW_TEXT, long]))
    assert evaluate(read.request, read.policies).is_allowed


def test_a_document_with_an_error_allows_nothing_and_says_so() -> None:
    broken = {"Statement": {**ALLOW["Statement"], "Effect": "Permit"}}  # type: ignore[dict-item]
    read = read_simulation(asking(identityPolicies=[ALLOW, broken]))
    answer = evaluate(read.request, read.policies).to_dict()
    assert (answer["decision"], answer["complete"]) == ("implicitDeny", False)
    assert answer["problems"] == [
        {
            "code": "bad-effect",
            "path": "identityPolicies[1].Statement.Effect",
            "message": "`Permit` is not an effect: write `Allow` or `Deny`, with this "
            "capitalization",
        }
    ]
