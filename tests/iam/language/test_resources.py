"""How the resources of statements relate, checked with every short resource there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.language import resources
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.language.resources import (
    on_all_resources,
    resources_are_apart,
    resources_are_covered,
)

WITH_VARIABLES, WITHOUT = "2012-10-17", "2008-10-17"
EVERY_RESOURCE = ["".join(text) for size in range(5) for text in product("ab", repeat=size)]
PATTERNS = st.text(alphabet="ab*?", min_size=1, max_size=4)
PATTERNS_WITH_VARIABLES = st.lists(
    st.sampled_from(["a", "b", "*", "?", "${aws:username}", "${aws:userid}"]),
    min_size=1,
    max_size=4,
).map("".join)


def about(*patterns: str, spared: bool = False) -> Statement:
    """A statement about these resources, or about all but these."""
    return Statement(
        position=0,
        sid="",
        effect="Allow",
        actions=("*",),
        not_action=False,
        resources=patterns,
        not_resource=spared,
        principals=None,
        not_principal=False,
        conditions=(),
    )


def statements(patterns: st.SearchStrategy[str]) -> st.SearchStrategy[Statement]:
    return st.builds(
        lambda texts, spared: about(*texts, spared=spared),
        st.lists(patterns, min_size=1, max_size=3),
        st.booleans(),
    )


def reached(statement: Statement, values: dict[str, str] | None = None) -> set[str]:
    """Every short resource that a statement is about, with variables filled in."""
    found = set()
    for text in statement.resources:
        for name, value in (values or {}).items():
            text = text.replace(f"${{{name}}}", value)
        found |= {each for each in EVERY_RESOURCE if compile_pattern(text).matches(each)}
    return set(EVERY_RESOURCE) - found if statement.not_resource else found


@given(statements(PATTERNS), st.lists(statements(PATTERNS), min_size=1, max_size=3))
def test_what_is_said_to_be_covered_has_no_resource_outside(
    inner: Statement, outers: list[Statement]
) -> None:
    if resources_are_covered(inner, outers, WITHOUT):
        assert reached(inner) <= set().union(*map(reached, outers))


@given(statements(PATTERNS), statements(PATTERNS))
def test_what_is_said_to_be_apart_shares_no_resource(one: Statement, other: Statement) -> None:
    if resources_are_apart(one, other, WITHOUT):
        assert not reached(one) & reached(other)


@given(
    statements(PATTERNS_WITH_VARIABLES),
    statements(PATTERNS_WITH_VARIABLES),
    st.sampled_from(EVERY_RESOURCE),
    st.sampled_from(EVERY_RESOURCE),
)
def test_both_relations_hold_whatever_the_variables_stand_for(
    one: Statement, other: Statement, name: str, identifier: str
) -> None:
    values = {"aws:username": name, "aws:userid": identifier}
    first, second = reached(one, values), reached(other, values)
    if resources_are_covered(one, [other], WITH_VARIABLES):
        assert first <= second
    if resources_are_apart(one, other, WITH_VARIABLES):
        assert not first & second


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (about("*"), True),
        (about("arn:aws:s3:::a", "**"), True),
        (about("arn:*"), False),
        (about(), False),
        (about("a", spared=True), False),
    ],
)
def test_only_a_pattern_of_stars_is_every_resource(statement: Statement, expected: bool) -> None:
    assert on_all_resources(statement) is expected


@pytest.mark.parametrize(
    ("inner", "outers"),
    [
        (about("arn:aws:s3:::a"), [about("*")]),
        (about("arn:aws:s3:::a/*"), [about("arn:aws:s3:::*")]),
        (about("arn:1", "arn:2"), [about("arn:1"), about("arn:2")]),
        (about("a", spared=True), [about("*")]),
        (about("a*", spared=True), [about("ab", spared=True)]),
        (about("b"), [about("a*", spared=True)]),
        (about("home/${aws:username}/*"), [about("home/${aws:username}/*")]),
        (about("home/${aws:username}/*"), [about("home/*")]),
    ],
)
def test_resources_are_seen_to_be_covered(inner: Statement, outers: list[Statement]) -> None:
    assert resources_are_covered(inner, outers, WITH_VARIABLES)


@pytest.mark.parametrize(
    ("inner", "outers"),
    [
        (about("*"), [about("arn:*")]),
        (about("*"), [about("a", spared=True)]),
        (about("a", spared=True), [about("b", spared=True)]),
        (about("a", spared=True), [about("b")]),
        (about("home/bob"), [about("home/${aws:username}")]),
        (about("home/${aws:username}"), [about("home/bob")]),
        (about(), [about("a")]),
        (about("a"), []),
    ],
)
def test_resources_are_not_said_to_be_covered(inner: Statement, outers: list[Statement]) -> None:
    assert not resources_are_covered(inner, outers, WITH_VARIABLES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (about("arn:aws:s3:::a"), about("arn:aws:s3:::b")),
        (about("arn:aws:s3:::*"), about("arn:aws:ec2:*")),
        (about("*/web"), about("*/db")),
        (about("ab"), about("b*")),
        (about("b*"), about("ab")),
        (about("a*", spared=True), about("ab")),
        (about("ab"), about("a*", spared=True)),
    ],
)
def test_resources_are_seen_to_be_apart(one: Statement, other: Statement) -> None:
    assert resources_are_apart(one, other, WITH_VARIABLES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (about("*"), about("b")),
        (about("a*b"), about("ab*b")),
        (about("a", spared=True), about("b", spared=True)),
        (about("home/${aws:username}"), about("home/bob")),
        (about(), about("a")),
        (about("a"), about()),
        (about(), about()),
    ],
)
def test_resources_are_not_said_to_be_apart(one: Statement, other: Statement) -> None:
    assert not resources_are_apart(one, other, WITH_VARIABLES)


def test_without_variables_a_dollar_sign_is_literal_text() -> None:
    named, bob = about("home/${aws:username}"), about("home/bob")
    assert resources_are_apart(named, bob, WITHOUT)
    assert resources_are_covered(named, [about("home/${aws:*")], WITHOUT)


def test_beyond_a_number_of_comparisons_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    inner, outer = about("a", "b"), about("a*", "b*")
    assert resources_are_covered(inner, [outer], WITHOUT)
    assert resources_are_apart(inner, about("c"), WITHOUT)
    monkeypatch.setattr(resources, "MAX_COMPARED_PATTERNS", 1)
    assert not resources_are_covered(inner, [outer], WITHOUT)
    assert not resources_are_apart(inner, about("c"), WITHOUT)
