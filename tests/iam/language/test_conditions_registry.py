"""The table of condition operators, and how an operator's name is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.iam.language.conditions import OPERATORS, UNKNOWN, OperatorUse, parse_operator

COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan")
# IAM User Guide, "IAM JSON policy elements: Condition operators".
DOCUMENTED = {
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike"),
    *(f"Numeric{name}" for name in (*COMPARISONS, "GreaterThanEquals")),
    *(f"Date{name}" for name in (*COMPARISONS, "GreaterThanEquals")),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null"),
}


def test_the_table_holds_the_documented_operators_and_no_other() -> None:
    assert {operator.name for operator in OPERATORS.values()} == DOCUMENTED


def test_a_row_is_found_by_its_name_in_lower_case() -> None:
    assert all(name == operator.name.lower() for name, operator in OPERATORS.items())


def test_an_operator_is_negated_when_its_name_says_so() -> None:
    for operator in OPERATORS.values():
        assert operator.negated == ("Not" in operator.name)


def test_a_negated_operator_turns_round_the_one_without_not() -> None:
    for operator in OPERATORS.values():
        if operator.negates:
            assert operator.negates.name == operator.name.replace("Not", "")
            assert operator.negates.family == operator.family
            assert operator.negates is OPERATORS[operator.negates.name.lower()]


def test_only_string_and_arn_operators_take_variables() -> None:
    families = {item.family for item in OPERATORS.values() if item.takes_variables}
    assert families == {"String", "Arn"}
    for operator in OPERATORS.values():
        assert operator.takes_variables == (operator.family in families)


@pytest.mark.parametrize("name", sorted(DOCUMENTED - {"Null"}))
@pytest.mark.parametrize("qualifier", ["", "ForAllValues", "ForAnyValue"])
@pytest.mark.parametrize("if_exists", [False, True])
def test_an_operator_takes_a_qualifier_and_if_exists(
    name: str, qualifier: str, if_exists: bool
) -> None:
    text = f"{qualifier}{':' if qualifier else ''}{name}{'IfExists' if if_exists else ''}"
    operator = OPERATORS[name.lower()]
    for spelling in (text, text.lower(), text.upper()):
        use = parse_operator(spelling)
        assert (use.qualifier, use.operator, use.if_exists) == (qualifier, operator, if_exists)


def test_null_stands_alone() -> None:
    assert parse_operator("Null") == OperatorUse("", OPERATORS["null"], if_exists=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "IfExists",
        "StringIs",
        "Equals",
        "String",
        "Numeric",
        "BinaryNotEquals",
        "StringEquals ",
        " StringEquals",
        "StringEqualsIfExistsIfExists",
        "IfExistsStringEquals",
        ":StringEquals",
        "ForAllValues",
        "ForAllValues:",
        "ForAllValue:StringEquals",
        "ForAllValues :StringEquals",
        "ForAllValues:ForAnyValue:StringEquals",
        "ForAllValues::StringEquals",
        "StringEquals:ForAllValues",
        "NullIfExists",
        "ForAnyValue:Null",
        "ForAllValues:NullIfExists",
    ],
)
def test_any_other_name_is_unknown(text: str) -> None:
    assert parse_operator(text) == UNKNOWN


@pytest.mark.drawn
@given(st.text())
def test_no_name_makes_the_reader_fail(text: str) -> None:
    use = parse_operator(text)
    assert use.operator is None or use.operator.name.lower() in text.lower()
