"""Conditions and statements in plain English: cases as data, laws, and the real policies."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from policyhub.iam.language.conditions import OPERATORS
from policyhub.iam.language.conditions.operator import Operator
from policyhub.iam.language.variables import LANGUAGE_WITH_VARIABLES
from policyhub.iam.language.wording import (
    Segment,
    Words,
    actions_in_words,
    condition_in_words,
    conditions_in_words,
    given_in_words,
    plain,
    principals_in_words,
    resources_in_words,
    statement_in_words,
    value_in_words,
)
from policyhub.iam.reading.document import Condition, Principal, Statement, parse_policy

CASES = Path(__file__).parents[1] / "cases" / "wording"
KEYS_OF_A_CASE = {"name", "version", "conditions", "statement", "words"}


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}::{case['name']}")
        for path in sorted(CASES.rglob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def conditions_of(rows: list[list[Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(operator, key, tuple(values)) for operator, key, values in rows)


def statement_of(
    effect: Any = "Allow",
    actions: Any = ("s3:GetObject",),
    not_action: bool = False,
    resources: Any = ("*",),
    not_resource: bool = False,
    principals: Any = None,
    not_principal: bool = False,
    conditions: Any = (),
) -> Statement:
    """Return a statement from a case's elements; an unknown element is a TypeError."""
    return Statement(
        position=0,
        sid="",
        effect=effect,
        actions=tuple(actions),
        not_action=not_action,
        resources=tuple(resources),
        not_resource=not_resource,
        principals=None if principals is None else tuple(Principal(*row) for row in principals),
        not_principal=not_principal,
        conditions=conditions_of(conditions),
    )


@pytest.mark.parametrize("case", cases())
def test_the_words_are_as_written_down(case: dict[str, Any]) -> None:
    assert set(case) <= KEYS_OF_A_CASE
    version = case.get("version", LANGUAGE_WITH_VARIABLES)
    if "statement" in case:
        words = statement_in_words(statement_of(**case["statement"]), version)
    else:
        words = conditions_in_words(conditions_of(case["conditions"]), version)
    assert plain(words) == case["words"]


def test_every_operator_has_a_case() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in CASES.rglob("*.json"))
    for operator in OPERATORS.values():
        assert re.search(rf'[":]{operator.name}(IfExists)?"', written), operator.name


def test_keys_values_and_variables_are_segments_of_their_own() -> None:
    condition = Condition("StringLike", "s3:prefix", ("home/${aws:username}/*", "public"))
    assert condition_in_words(condition) == (
        Segment("key", "s3:prefix"),
        Segment("text", " matches "),
        Segment("value", "home/"),
        Segment("variable", "${aws:username}"),
        Segment("value", "/*"),
        Segment("text", ' or "'),
        Segment("value", "public"),
        Segment("text", '"'),
    )


def test_a_value_of_a_simulation_reads_as_a_list_only_if_it_is_one() -> None:
    values = ["10.0.0.1", True, 5, ["Web"], ["Web", "App"], []]
    assert [plain(value_in_words(each)) for each in values] == [
        "10.0.0.1",
        "True",
        "5",
        "the list of only Web",
        "the list of Web and App",
        "an empty list",
    ]


def test_an_unknown_operator_is_a_segment_of_its_own() -> None:
    words = condition_in_words(Condition("StringIs", "k", ("A",)))
    assert Segment("operator", "StringIs") in words
    assert Segment("key", "k") in words
    assert Segment("value", "A") in words


def test_actions_resources_and_principals_are_segments_of_their_own() -> None:
    statement = statement_of(
        principals=[["AWS", "111122223333"]],
        actions=["s3:GetObject"],
        resources=["arn:aws:s3:::home/${aws:username}"],
    )
    assert actions_in_words(statement) == (Segment("action", "s3:GetObject"),)
    assert resources_in_words(statement) == (
        Segment("resource", "arn:aws:s3:::home/"),
        Segment("variable", "${aws:username}"),
    )
    assert principals_in_words(statement) == (
        Segment("text", "account "),
        Segment("principal", "111122223333"),
    )


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        ("arn:aws:s3:::${aws:username}", "2008-10-17"),
        ("arn:*:kms:*:${aws:PrincipalAccount}:key/*", LANGUAGE_WITH_VARIABLES),
        ("${aws:username}", LANGUAGE_WITH_VARIABLES),
        ("", LANGUAGE_WITH_VARIABLES),
    ],
)
def test_a_variable_where_none_works_is_part_of_the_resource(resource: str, version: str) -> None:
    words = resources_in_words(statement_of(resources=[resource]), version)
    assert all(segment.kind != "variable" for segment in words)
    assert plain(words) == (resource or "the empty string")


def test_a_statement_without_resources_has_no_words_for_them() -> None:
    assert resources_in_words(statement_of(resources=[])) == ()
    assert principals_in_words(statement_of()) == ()


def assert_well_formed(words: Words) -> None:
    """Segments are never empty, and neighbours are always of different kinds."""
    assert all(segment.text for segment in words)
    assert all(left.kind != right.kind for left, right in pairwise(words))


names = st.sampled_from([operator.name for operator in OPERATORS.values()])
spellings = st.builds(
    lambda qualifier, name, suffix: qualifier + name + suffix,
    st.sampled_from(["", "ForAllValues:", "forAnyValue:", "ForNone:"]),
    names | st.text(max_size=8),
    st.sampled_from(["", "IfExists", "ifexists", "IfexistsIfExists"]),
)
values = st.text(max_size=12) | st.sampled_from(
    ["true", "FALSE", "*", "a*", "${aws:username}", "x${aws:PrincipalTag/a, 'b, c'}", "10.0.0.0/8"]
)
written_conditions = st.builds(
    Condition, spellings, st.text(min_size=1, max_size=12), st.lists(values, max_size=5).map(tuple)
)
versions = st.sampled_from(["2012-10-17", "2008-10-17"])


@given(written_conditions, versions)
def test_every_key_and_value_stands_in_the_words(condition: Condition, version: str) -> None:
    words = condition_in_words(condition, version)
    assert_well_formed(words)
    assert Segment("key", condition.key) in words
    if condition.operator.lower() != "null":
        text = plain(words)
        assert all(value in text for value in condition.values)


@given(st.lists(written_conditions, min_size=1, max_size=4), versions)
def test_conditions_together_keep_every_key_and_value(
    conditions: list[Condition], version: str
) -> None:
    words = conditions_in_words(conditions, version)
    assert_well_formed(words)
    for condition in conditions:
        assert Segment("key", condition.key) in words
        if condition.operator.lower() != "null":
            assert all(value in plain(words) for value in condition.values)


@pytest.mark.parametrize("suffix", ["", "IfExists"])
@pytest.mark.parametrize("operator", [item for item in OPERATORS.values() if item.name != "Null"])
def test_the_words_say_that_an_absent_key_passes_exactly_where_it_does(
    operator: Operator, suffix: str
) -> None:
    words = condition_in_words(Condition(operator.name + suffix, "k", ("1", "2")))
    assert plain(words).endswith(" (or is absent)") == bool(operator.negated or suffix)


def test_every_statement_of_the_real_policies_has_words_for_all_that_it_holds() -> None:
    with_conditions = 0
    for name, entry in json.loads(aws_managed_policies_data).items():
        policy = parse_policy(json.dumps(entry["Document"])).policy
        assert policy is not None, name
        for statement in policy.statements:
            text = plain(statement_in_words(statement, policy.version))
            held = [*statement.actions, *statement.resources]
            for condition in statement.conditions:
                held.append(condition.key)
                held.extend(condition.values if condition.operator != "Null" else ())
            assert all(item in text for item in held if item != "*"), (name, text)
            assert "cannot be evaluated" not in text, (name, text)
            with_conditions += bool(statement.conditions)
    assert with_conditions > 3_900


@pytest.mark.parametrize(
    ("values", "is_list", "words"),
    [
        (["a.b"], False, "a.b"),
        (["a.b"], True, "the list of only a.b"),
        (["a.b", "c, d"], True, 'the list of a.b and "c, d"'),
        ([], True, "an empty list"),
        ([], False, "no value"),
        ([""], False, "the empty string"),
    ],
)
def test_what_a_key_is_given_says_whether_it_is_a_list(
    values: list[str], is_list: bool, words: str
) -> None:
    assert plain(given_in_words(values, is_list)) == words
