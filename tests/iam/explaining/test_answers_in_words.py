"""Answers in plain English: one wording for pages, JSON and terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyhub.iam.deciding.formula import AllOf, Literal
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.iam.explaining.answers_in_words import (
    change_in_words,
    match_in_words,
    residual_in_words,
    truth_in_words,
)
from policyhub.iam.explaining.changes import Change, ChangeKind
from policyhub.iam.explaining.explanation import residual_to_dict, trace
from policyhub.iam.explaining.facts import GivenAsList
from policyhub.iam.explaining.residual import residual
from policyhub.iam.language.wording import plain

TEAM = "aws:RequestTag/team"


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", **elements}


def deny(**elements: Any) -> dict[str, Any]:
    return {**allow(**elements), "Effect": "Deny"}


def when(**operators: Any) -> dict[str, Any]:
    """Conditions on the tag, by operator."""
    return {
        "Condition": {name.replace("__", ":"): {TEAM: value} for name, value in operators.items()}
    }


def read(*statements: dict[str, Any], **simulation: Any) -> Any:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return read_simulation(
        {"action": "ecs:RunTask", "identityPolicies": [json.dumps(document)], **simulation}
    )


OUTLOOKS: list[tuple[str, list[dict[str, Any]], list[str]]] = [
    ("nothing is open", [allow()], []),
    ("a condition", [allow(**when(StringEquals="a"))], [f'Allowed when {TEAM} is "a"']),
    (
        "a deny of what has no value",
        [allow(), deny(**when(Null="true"))],
        [f"Allowed when {TEAM} is present", f"Denied explicitly when {TEAM} is absent"],
    ),
    (
        "a deny of other values",
        [allow(), deny(**when(StringNotEquals="a"))],
        [
            f'Allowed when {TEAM} is "a"',
            f'Denied explicitly when {TEAM} is not "a" (or is absent)',
        ],
    ),
    (
        "a deny of a value",
        [allow(), deny(**when(StringEquals="a"))],
        [
            f'Allowed when {TEAM} is not "a" (or is absent)',
            f'Denied explicitly when {TEAM} is "a"',
        ],
    ),
    (
        "a deny with an operator that has no twin",
        [allow(), deny(**when(NumericLessThan="5"))],
        [
            f"Allowed when not ({TEAM} is less than 5)",
            f"Denied explicitly when {TEAM} is less than 5",
        ],
    ),
    (
        "a deny with IfExists",
        [allow(), deny(**when(StringNotEqualsIfExists="a"))],
        [
            f'Allowed when not ({TEAM} is not "a" (or is absent))',
            f'Denied explicitly when {TEAM} is not "a" (or is absent)',
        ],
    ),
    (
        "a deny and nothing that allows",
        [deny(**when(StringEquals="a"))],
        [
            "Never allowed, whatever values the open keys have",
            f'Denied explicitly when {TEAM} is "a"',
        ],
    ),
    (
        "two ways, one of them of two conditions",
        [
            allow(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            allow(Condition={"StringEquals": {TEAM: "a"}, "Null": {"aws:SourceVpc": "false"}}),
        ],
        [
            f'Allowed when aws:SecureTransport is true or ({TEAM} is "a" and aws:SourceVpc '
            "is present)"
        ],
    ),
    (
        "a variable in a resource",
        [allow(Resource="arn:aws:s3:::${aws:username}")],
        ["Allowed when arn:aws:s3:::${aws:username} covers arn:aws:s3:::ana"],
    ),
    (
        "a variable in a resource that is spared",
        [
            {
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "NotResource": "arn:aws:s3:::${aws:username}",
            }
        ],
        ["Allowed when arn:aws:s3:::${aws:username} does not cover arn:aws:s3:::ana"],
    ),
]


@pytest.mark.parametrize(
    ("statements", "told"), [pytest.param(*case[1:], id=case[0]) for case in OUTLOOKS]
)
def test_what_a_decision_depends_on_is_told(
    statements: list[dict[str, Any]], told: list[str]
) -> None:
    made = read(*statements, resource="arn:aws:s3:::ana")
    assert [
        plain(each) for each in residual_in_words(residual(made.request, made.policies))
    ] == told


def test_what_a_decision_depends_on_is_data_too() -> None:
    made = read(
        allow(Resource="arn:aws:s3:::${aws:username}"),
        allow(**when(StringEquals="a")),
        deny(**when(StringEquals="b")),
        resource="arn:aws:s3:::ana",
    )
    found = residual_to_dict(residual(made.request, made.policies))
    assert json.loads(json.dumps(found)) == found
    tag_b = {"operator": "StringEquals", "key": TEAM, "values": ["b"]}
    assert found["deniedWhen"] == tag_b
    assert found["allowedWhen"] == {
        "allOf": [
            {"not": tag_b},
            {"not": {"givenAsList": TEAM}},
            {
                "anyOf": [
                    {"pattern": "arn:aws:s3:::${aws:username}", "covers": "arn:aws:s3:::ana"},
                    {"operator": "StringEquals", "key": TEAM, "values": ["a"]},
                ]
            },
        ]
    }


CLAUSES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "a value that fits",
        when(StringEquals="a"),
        {TEAM: "a"},
        f'+ requires that {TEAM} is "a", and the request has "a"',
    ),
    (
        "a value that does not fit",
        when(StringEquals="a"),
        {TEAM: "b"},
        f'- requires that {TEAM} is "a", but the request has "b"',
    ),
    (
        "no value",
        when(StringEquals="a"),
        {},
        f'- requires that {TEAM} is "a", but the request has no {TEAM}',
    ),
    (
        "no value needed",
        when(StringNotEquals="a"),
        {},
        f'+ requires that {TEAM} is not "a" (or is absent), which is true without {TEAM}',
    ),
    (
        "a list for an operator that takes none",
        when(StringEquals="a"),
        {TEAM: ["a"]},
        f'? requires that {TEAM} is "a", but {TEAM} is a list, which needs ForAllValues or '
        "ForAnyValue",
    ),
    (
        "an operator that is unknown",
        when(StringMatches="a"),
        {},
        f'? requires that {TEAM} satisfies the unknown operator StringMatches for "a" (which '
        "cannot be evaluated): the operator is unknown",
    ),
    (
        "an empty list",
        when(ForAnyValue__StringEquals="a"),
        {TEAM: []},
        f'- requires that at least one value of {TEAM} is "a", but the request has an empty list',
    ),
]


@pytest.mark.parametrize(
    ("condition", "context", "told"), [pytest.param(*case[1:], id=case[0]) for case in CLAUSES]
)
def test_a_clause_is_told_with_its_reason(
    condition: dict[str, Any], context: dict[str, Any], told: str
) -> None:
    made = read(allow(Sid="One", **condition), context=context)
    (found,) = trace(made.request, made.policies)
    head, *clauses = match_in_words(found.policy, found.match, made.request)
    assert head[2:] == "identity policy, pasted, statement 1 (One), Allow"
    assert clauses[-1].strip() == told


CHANGES: list[tuple[Change, str]] = [
    (Change(ChangeKind.LEAVE_OUT_KEY, "a:k"), "leave out a:k"),
    (Change(ChangeKind.GIVE_KEY, "a:k", ("X",)), "set a:k to X"),
    (
        Change(ChangeKind.GIVE_KEY, "a:k", ("X", "Y"), is_list=True),
        "set a:k to the list of X and Y",
    ),
    (Change(ChangeKind.ASK_FOR_RESOURCE, values=("arn:x",)), "use the resource arn:x"),
    (
        Change(ChangeKind.CALL_AS, values=("ecs.amazonaws.com",), principal_type="Service"),
        "call as ecs.amazonaws.com",
    ),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_a_change_is_told(change: Change, told: str) -> None:
    assert plain(change_in_words(change)) == told


def test_truths_that_are_settled_and_lists_are_told_too() -> None:
    assert [plain(truth_in_words(each)) for each in (True, False)] == ["always", "never"]
    one_value = Literal(GivenAsList("a:k", "a:k"), negative=True)
    assert plain(truth_in_words(one_value)) == "a:k is not given as a list"
    other = Literal(GivenAsList("a:l", "a:l"), negative=True)
    assert plain(truth_in_words(AllOf((one_value, other)))) == "no key is given as a list"
