"""Numeric operators: values compare as numbers."""

from __future__ import annotations

from policyhub.iam.conditions.operator import Operator, Phrase, any_of, none_of, threshold


def _number(name: str, phrase: Phrase, negates: Operator | None = None) -> Operator:
    return Operator(name, "Numeric", phrase, phrase, negates=negates)


EQUALS = _number("NumericEquals", any_of("equals"))

OPERATORS = (
    EQUALS,
    _number(
        "NumericNotEquals", none_of("does not equal", "equals neither", "equals none of"), EQUALS
    ),
    _number("NumericLessThan", threshold("is less than")),
    _number("NumericLessThanEquals", threshold("is at most")),
    _number("NumericGreaterThan", threshold("is more than")),
    _number("NumericGreaterThanEquals", threshold("is at least")),
)
