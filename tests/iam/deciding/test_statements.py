"""One statement against one request: every clause with its element, verdict and reason."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import pytest

from policyhub.iam.deciding.callers import caller_from_arn
from policyhub.iam.deciding.decision import Grade, Reason, StatementMatch, Verdict
from policyhub.iam.deciding.formula import Literal, any_of
from policyhub.iam.deciding.request import make_request
from policyhub.iam.deciding.statements import CompiledPolicy, ResourcePattern, match_statement
from policyhub.iam.explaining.answers_in_words import truth_in_words
from policyhub.iam.explaining.facts import ResourceCovered
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.document import Usage, parse_policy

TODAY = "2012-10-17"
ROLE = "arn:aws:iam::123456789012:role/app"
BUCKET = "arn:aws:s3:::bucket"
ALLOW = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET}


def match(statement: dict[str, Any], version: str = TODAY, **request: Any) -> StatementMatch:
    text = json.dumps({"Version": version, "Statement": statement})
    has_principal = {"Principal", "NotPrincipal"} & statement.keys()
    usage = Usage.RESOURCE if has_principal else Usage.IDENTITY
    parsed = parse_policy(text, usage)
    assert parsed.policy is not None, parsed.problems
    caller = caller_from_arn(request.pop("principal", ROLE))
    assert caller is not None
    asked: dict[str, Any] = {
        "action": "s3:ListBucket",
        "resource": BUCKET,
        "caller": caller,
    } | request
    return match_statement(CompiledPolicy(parsed.policy).statements[0], make_request(**asked))


def told(found: StatementMatch) -> list[tuple[str, Verdict, Reason, str]]:
    return [(each.element, each.verdict, each.reason, each.detail) for each in found.clauses]


def test_what_is_compiled_at_once_is_what_questions_compile_one_by_one() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": ["web", "ops"]}}
    text = json.dumps({"Version": TODAY, "Statement": {**ALLOW, "Condition": condition}})
    parsed = parse_policy(text).policy
    assert parsed is not None
    now, later = CompiledPolicy(parsed).statements[0], CompiledPolicy(parsed).statements[0]
    now.compile_now()
    compiled = {name for name, each in vars(type(now)).items() if isinstance(each, cached_property)}
    assert compiled <= set(vars(now))
    caller = caller_from_arn(ROLE)
    assert caller is not None
    request = make_request(action="s3:ListBucket", resource=BUCKET, caller=caller)
    assert match_statement(now, request) == match_statement(later, request)


YES, NO, UNKNOWN = Verdict.MATCHES, Verdict.DOES_NOT_MATCH, Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("elements", "clause"),
    [
        ({"Action": "s3:List*"}, ("Action", YES, Reason.LISTED, "s3:List*")),
        ({"Action": "s3:Get*"}, ("Action", NO, Reason.NOT_LISTED, "")),
        ({"NotAction": "s3:List*"}, ("NotAction", NO, Reason.AMONG_EXCEPTIONS, "s3:List*")),
        ({"NotAction": "s3:Get*"}, ("NotAction", YES, Reason.NOT_AMONG_EXCEPTIONS, "")),
        ({"Resource": BUCKET}, ("Resource", YES, Reason.LISTED, BUCKET)),
        ({"Resource": ROLE}, ("Resource", NO, Reason.NOT_LISTED, "")),
        ({"NotResource": BUCKET}, ("NotResource", NO, Reason.AMONG_EXCEPTIONS, BUCKET)),
        ({"NotResource": ROLE}, ("NotResource", YES, Reason.NOT_AMONG_EXCEPTIONS, "")),
        (
            {"Resource": "arn:aws:s3:::${aws:PrincipalTag/home}"},
            ("Resource", NO, Reason.VARIABLE_WITHOUT_VALUE, ""),
        ),
        (
            {"Resource": [ROLE, "arn:aws:s3:::${aws:PrincipalTag/home}", BUCKET]},
            ("Resource", YES, Reason.LISTED, BUCKET),
        ),
        (
            {"NotResource": "arn:aws:s3:::${aws:PrincipalTag/home}"},
            ("NotResource", YES, Reason.NOT_AMONG_EXCEPTIONS, ""),
        ),
    ],
)
def test_each_element_says_whether_it_matches_and_why(
    elements: dict[str, str], clause: tuple[str, Verdict, Reason, str]
) -> None:
    statement = dict(ALLOW)
    for element in elements:
        del statement[element.removeprefix("Not")]
    found = match(statement | elements)
    assert clause in told(found)
    assert len(found.clauses) == 2
    assert found.verdict is clause[1]


def test_a_trust_policy_without_a_resource_is_about_its_own() -> None:
    found = match(
        {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"},
        action="sts:AssumeRole",
        resource="arn:aws:iam::123456789012:role/other",
    )
    assert told(found) == [
        ("Action", YES, Reason.LISTED, "sts:AssumeRole"),
        ("Principal", YES, Reason.LISTED, ROLE),
        ("Resource", YES, Reason.NO_ELEMENT, ""),
    ]
    assert (found.verdict, found.grade) == (YES, Grade.ROLE)


@pytest.mark.parametrize(
    ("principal", "clause", "grade"),
    [
        ({"Principal": "*"}, ("Principal", YES, Reason.LISTED, "*"), Grade.EVERYONE),
        (
            {"Principal": {"AWS": "210987654321"}},
            ("Principal", NO, Reason.NOT_LISTED, ""),
            Grade.NOT_ASKED,
        ),
        (
            {"Principal": {"AWS": "123456789012"}},
            ("Principal", YES, Reason.LISTED, "123456789012"),
            Grade.ACCOUNT,
        ),
        (
            {"NotPrincipal": {"AWS": ROLE}},
            ("NotPrincipal", NO, Reason.AMONG_EXCEPTIONS, ""),
            Grade.EVERYONE,
        ),
    ],
)
def test_the_principal_says_how_it_names_the_caller(
    principal: dict[str, Any], clause: tuple[str, Verdict, Reason, str], grade: Grade
) -> None:
    found = match(ALLOW | principal)
    assert told(found)[1] == clause
    assert found.grade is grade


NAMES_THE_ROLE = {"ArnEquals": {"aws:PrincipalArn": ROLE}}


@pytest.mark.parametrize(
    ("principal", "condition", "grade"),
    [
        ("*", NAMES_THE_ROLE, Grade.BY_PRINCIPAL_ARN),
        ({"AWS": "*"}, {"StringLike": {"aws:PrincipalArn": ROLE}}, Grade.BY_PRINCIPAL_ARN),
        ({"AWS": "123456789012"}, NAMES_THE_ROLE, Grade.ACCOUNT),
        ({"AWS": ROLE}, NAMES_THE_ROLE, Grade.ROLE),
        ("*", {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}, Grade.EVERYONE),
        ("*", {"ArnEqualsIfExists": {"aws:PrincipalArn": ROLE}}, Grade.EVERYONE),
        ("*", {"ForAllValues:ArnEquals": {"aws:PrincipalArn": ROLE}}, Grade.EVERYONE),
        ("*", {"Null": {"aws:PrincipalArn": "false"}}, Grade.EVERYONE),
        ("*", {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, Grade.EVERYONE),
    ],
)
def test_everyone_with_a_condition_on_the_arn_names_the_caller_alone(
    principal: Any, condition: dict[str, Any], grade: Grade
) -> None:
    found = match(ALLOW | {"Principal": principal, "Condition": condition})
    assert found.grade is grade


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (ALLOW | {"Condition": {"StringEquals": {"a:k": "v"}}}, YES),
        (ALLOW | {"Condition": {"StringEquals": {"a:k": "w"}}}, NO),
        (ALLOW | {"Condition": {"StringEquals": {"a:k": "v", "a:other": "w"}}}, NO),
        (ALLOW | {"Condition": {"StringSounds": {"a:k": "v"}}}, UNKNOWN),
        (ALLOW | {"Action": "s3:Get*", "Condition": {"StringEquals": {"a:k": "v"}}}, NO),
        (ALLOW | {"Resource": ROLE, "Condition": {"StringEquals": {"a:k": "v"}}}, NO),
        (ALLOW | {"Action": "s3:Get*", "Condition": {"StringSounds": {"a:k": "v"}}}, NO),
    ],
)
def test_a_statement_matches_when_all_its_clauses_do(
    statement: dict[str, Any], verdict: Verdict
) -> None:
    assert match(statement, context={"a:k": "v"}).verdict is verdict


@pytest.mark.parametrize(
    ("pattern", "resource", "context", "expected"),
    [
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::bob", {"aws:username": "bob"}, True),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::eve", {"aws:username": "bob"}, False),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::eve", {}, None),
        ("arn:aws:s3:::a-${aws:username}-*", "arn:aws:s3:::a-b-c", {"aws:username": "b"}, True),
        # Variables work in the last of six parts alone, and in no text of fewer parts.
        ("arn:aws:s3:${aws:username}::x", "arn:aws:s3:bob::x", {"aws:username": "bob"}, False),
        ("bucket:${aws:username}", "bucket:bob", {"aws:username": "bob"}, False),
        ("${aws:username}", "bob", {"aws:username": "bob"}, False),
        ("bucket:${name}", "bucket:bob", {"name": "bob"}, False),
        ("arn:aws:s3:::a*", "arn:aws:s3:::a:b:c", {}, True),
    ],
)
def test_a_resource_pattern_is_filled_in_and_matched(
    pattern: str, resource: str, context: dict[str, str], expected: bool | None
) -> None:
    given = make_request("a:B", context=context).context
    assert ResourcePattern(pattern, TODAY).matches(resource, given) is expected


def test_a_filled_in_value_is_shown_as_it_is() -> None:
    pattern = ResourcePattern("arn:aws:s3:::${aws:username}/*", TODAY)
    context = make_request("a:B", context={"aws:username": "b*"}).context
    assert pattern.filled(context) == "arn:aws:s3:::b*/*"
    assert pattern.matches("arn:aws:s3:::b*/x", context) is True
    assert pattern.matches("arn:aws:s3:::bc/x", context) is False
    assert ResourcePattern("arn:aws:s3:::a", TODAY).filled(context) == "arn:aws:s3:::a"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (BUCKET, f"the resource is {BUCKET}"),
        ("arn:aws:s3:::b*", "the resource matches arn:aws:s3:::b*"),
        (
            "arn:aws:s3:::${aws:username}",
            "the resource matches arn:aws:s3:::${aws:username}",
        ),
    ],
)
def test_one_resource_is_told_apart_from_many(pattern: str, words: str) -> None:
    atom = ResourceCovered(pattern, "", ResourcePattern(pattern, TODAY))
    assert plain(truth_in_words(Literal(atom))) == words


def test_several_resources_are_told_together() -> None:
    atoms = [
        ResourceCovered(text, "", ResourcePattern(text, TODAY))
        for text in ("arn:aws:s3:::a*", "arn:aws:s3:::b*")
    ]
    words = plain(truth_in_words(any_of(map(Literal, atoms))))
    assert words == "the resource matches arn:aws:s3:::a* or arn:aws:s3:::b*"


@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        ({"Service": "ecs.amazonaws.com"}, "arn:aws:iam::123456789012:role/ecs.amazonaws.com"),
        ({"Service": "ecs.amazonaws.com"}, "arn:aws:iam::123456789012:user/ecs.amazonaws.com"),
        ({"Federated": "idp"}, "arn:aws:iam::123456789012:user/idp"),
        ({"Federated": ROLE}, ROLE),
        ({"CanonicalUser": ROLE}, ROLE),
    ],
)
def test_a_name_of_another_kind_of_principal_is_not_the_caller(
    principal: dict[str, str], caller: str
) -> None:
    found = match(ALLOW | {"Principal": principal}, principal=caller)
    assert told(found)[1] == ("Principal", NO, Reason.NOT_LISTED, "")


DENY = ALLOW | {"Effect": "Deny"}
ROOT = "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize(
    ("listed", "caller", "clause"),
    [
        ([ROLE], ROLE, ("NotPrincipal", YES, Reason.ACCOUNT_NOT_EXCEPTED, "")),
        ([ROLE, ROOT], ROLE, ("NotPrincipal", NO, Reason.AMONG_EXCEPTIONS, "")),
        ([f"{ROLE}2"], ROLE, ("NotPrincipal", YES, Reason.NOT_AMONG_EXCEPTIONS, "")),
        ([ROOT], ROOT, ("NotPrincipal", NO, Reason.AMONG_EXCEPTIONS, "")),
        ([ROLE], ROOT, ("NotPrincipal", YES, Reason.NOT_AMONG_EXCEPTIONS, "")),
    ],
)
def test_not_principal_spares_those_whose_account_is_listed_too(
    listed: list[str], caller: str, clause: tuple[str, Verdict, Reason, str]
) -> None:
    found = match(DENY | {"NotPrincipal": {"AWS": listed}}, principal=caller)
    assert told(found)[1] == clause


LONG = "1" + "0" * 398


@pytest.mark.parametrize(
    ("operator", "value", "given", "verdict"),
    [
        # Digits of other scripts are not a prefix, and a zone or a mask is not part of a range.
        ("IpAddress", "10.0.0.0/\u0668", "10.0.0.1", NO),
        ("IpAddress", "10.0.0.0/8", "10.0.0.1", YES),
        ("IpAddress", "0.0.0.0/0", "::1", NO),
        # An ARN with fewer parts is like none.
        ("ArnLike", "arn:aws:s3:*:*:*", "arn:aws:s3", NO),
        ("ArnNotLike", "arn:aws:s3:*:*:*", "arn:aws:s3", YES),
        # Dates in lowercase are dates, with digits of other scripts they are none.
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", YES),
        ("DateEquals", "2026-01-01", "2026-01-0\u0661", NO),
        # Four hundred characters are the longest number.
        ("NumericEquals", LONG + "0", LONG + "0", YES),
        ("NumericEquals", LONG + "00", LONG + "00", NO),
        ("Bool", "FALSE", "false", YES),
        ("Bool", "falsehood", "falsehood", NO),
    ],
)
def test_values_are_read_whole(operator: str, value: str, given: str, verdict: Verdict) -> None:
    statement = ALLOW | {"Condition": {operator: {"a:k": value}}}
    found = match(statement, context={"a:k": given})
    assert found.clauses[-1].element == "Condition"
    assert found.verdict is verdict


def test_null_with_one_invalid_value_can_not_be_decided() -> None:
    statement = ALLOW | {"Condition": {"Null": {"a:k": ["true", "maybe"]}}}
    assert match(statement).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("ArnLike", NO),
        ("ArnEquals", NO),
        ("ArnNotLike", YES),
        ("ArnNotEquals", YES),
        ("StringLike", NO),
        ("StringNotLike", YES),
    ],
)
def test_a_star_in_a_variable_s_value_is_no_wildcard(operator: str, holds: Verdict) -> None:
    condition = {operator: {"a:arn": "arn:aws:s3:::${aws:PrincipalTag/bucket}"}}
    context = {"a:arn": "arn:aws:s3:::x", "aws:PrincipalTag/bucket": "*"}
    assert match(ALLOW | {"Condition": condition}, context=context).verdict is holds
