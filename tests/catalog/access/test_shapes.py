"""Statements that differ in their own account alone have one shape, and get the same answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.catalogue import CatalogPolicy
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.access.shapes import PARTICULAR, StatementShape, accounts_in, shape_of
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.deciding.request import make_request
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import read_alone
from policyhub.search.who_can.answers import Answer
from policyhub.search.who_can.questions import questions
from tests.catalog.small_reference import allow, deny

HERE, THERE = "444455556666", "777788889999"
NAMES = ("role/x", "role/*", "*", "role/a/${aws:username}", "role/${aws:username}-*", "role/s?x")
HEADS = ("arn:aws:iam:", "arn:aws:iam:*", "arn:*:iam:", "arn:aws:iam:eu-west-1")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"StringLike": {"iam:PassedToService": ["ec2.*", "ecs-tasks.amazonaws.com"]}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"Null": {"aws:username": "true"}},
)


def read(*statements: dict[str, Any], language: str = "2012-10-17") -> PolicyDocument:
    document = read_alone(json.dumps({"Version": language, "Statement": statements}))
    assert document is not None
    return document


def shape(language: str = "2012-10-17", **elements: Any) -> StatementShape:
    document = read(allow("iam:PassRole", **elements), language=language)
    return shape_of(document.statements[0], document.version)


def arn(account: str, name: str = "role/x") -> str:
    return f"arn:aws:iam::{account}:{name}"


def test_only_the_own_account_and_the_actions_make_no_difference() -> None:
    here, there = shape(Resource=arn(HERE)), shape(Resource=arn(THERE))
    assert here.digest == there.digest
    assert (here.account, there.account) == (HERE, THERE)
    other = [
        shape(Resource=arn("*")),
        shape(Resource=arn(HERE, "role/y")),
        shape(NotResource=arn(HERE)),
        shape(Resource=arn(HERE), Condition=CONDITIONS[1]),
        shape(Resource=arn(HERE), language="2008-10-17"),
        shape(Resource=[arn(HERE), "*"]),
    ]
    assert len({here.digest, *(each.digest for each in other)}) == 1 + len(other)
    document = read(allow("iam:*", "s3:*", Sid="Named", Resource=arn(HERE)))
    assert shape_of(document.statements[0], document.version) == here


@pytest.mark.parametrize("resource", ["*", arn("*"), arn(""), "arn:aws:iam:*:*:role/${a:b}"])
def test_without_an_account_no_account_makes_a_difference(resource: str) -> None:
    assert shape(Resource=resource).account == ""


@pytest.mark.parametrize(
    "elements",
    [
        {"Resource": arn("4444*")},
        {"Resource": arn("????55556666")},
        {"Resource": arn("${aws:PrincipalAccount}")},
        {"Resource": [arn(HERE), arn(THERE)]},
        {"Resource": arn(HERE, f"role/{THERE}")},
        {"Resource": arn(HERE, "role/4*")},
        {"Resource": arn(HERE, "role/*4")},
        {"Resource": arn(HERE, "role/4${aws:username}")},
        {"Resource": arn(HERE, "role/${aws:username}*")},
        {"Resource": arn(HERE, "role/${aws:username, '4'}")},
        {"Resource": "arn:aws:iam*:444455556666:role/x"},
        {"Resource": f"arn:aws:*{HERE}::{HERE}:role/x"},
        {"Resource": arn("123456789012")},
        {"Resource": arn(HERE), "Condition": {"StringEquals": {"aws:ResourceAccount": HERE}}},
        {"Resource": arn(HERE), "Condition": {"StringLike": {"aws:SourceArn": "arn:*:4*"}}},
        {"Resource": arn(HERE), "Condition": {"NumericLessThan": {"aws:ResourceAccount": "5"}}},
        {
            "Resource": arn(HERE),
            "Condition": {"NumericLessThan": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        },
    ],
)
def test_what_may_tell_accounts_apart_is_of_its_accounts_alone(elements: dict[str, Any]) -> None:
    assert shape(**elements).account == PARTICULAR
    other = json.loads(json.dumps(elements).replace(HERE, "999900001111"))
    assert other == elements or shape(**other).digest != shape(**elements).digest


def test_a_question_names_accounts_wherever_it_has_their_digits() -> None:
    context = {"aws:SourceArn": arn(THERE, "user/1"), "aws:userid": f"x1{HERE}"}
    request = make_request("iam:PassRole", arn("123123123123"), context=context)
    assert accounts_in(request) >= {HERE, THERE, "123123123123"}
    assert not accounts_in(make_request("iam:PassRole", context={"a:b": "1234"}))


@st.composite
def statements(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Statements about one action, with HERE wherever they have an account."""
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        make = draw(st.sampled_from([allow, allow, deny]))
        heads, names = st.sampled_from(HEADS), st.sampled_from(NAMES)
        accounts = st.sampled_from([HERE, HERE, "*", ""])
        resources = draw(
            st.lists(
                st.builds(lambda *parts: ":".join(parts), heads, accounts, names),
                min_size=1,
                max_size=3,
            )
        )
        element = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
        condition = draw(st.sampled_from(CONDITIONS))
        more = {"Condition": condition} if condition else {}
        rows.append(make("iam:PassRole", **{element: resources}, **more))
    return rows


@given(
    statements(),
    st.sampled_from(["", "*", arn("123456789012"), arn("321321321321", "role/a/me")]),
    st.sampled_from([{}, {"aws:PrincipalAccount": "321321321321"}, {"aws:username": "me"}]),
)
def test_what_has_the_same_shapes_is_answered_alike(
    rows: list[dict[str, Any]], resource: str, context: dict[str, str]
) -> None:
    there = json.loads(json.dumps(rows).replace(HERE, THERE))
    documents = {"Here": read(*rows), "There": read(*there)}
    shapes = [
        [shape_of(each, document.version) for each in document.statements]
        for document in documents.values()
    ]
    assert [each.digest for each in shapes[0]] == [each.digest for each in shapes[1]]
    assert all(each.account in (HERE, "") for each in shapes[0])
    policies = [CatalogPolicy(name, "v1", document) for name, document in documents.items()]
    catalogue = CompiledCatalogue(policies, get_reference())
    question = questions(catalogue, get_reference(), "iam:PassRole", resource, context)
    for asked in question:
        here, there_too = (
            Answer(asked, each) for each in catalogue.explaining(asked.request, asked.any_resource)
        )
        assert here.told == there_too.told
        assert len(here.missing) == len(there_too.missing)
