"""Numeric operators: values compare as numbers."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext

from policyhub.iam.language.conditions.operator import (
    Operator,
    Phrase,
    Test,
    TestMaker,
    none_of,
    one_value_suffices,
    threshold,
)

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)
_LONGEST = 400
# Numbers beyond it are written with more digits than an example should have.
_FAR = Decimal(10) ** 30
_EXACT = Context(prec=_LONGEST + 40)

Comparison = Callable[[Decimal, Decimal], bool]


def read_number(text: str) -> Decimal | None:
    """Return the number that the whole text is, or None; `10abc` is not one."""
    return Decimal(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else None


def is_number(text: str) -> bool:
    """Whether the whole text is a number."""
    return read_number(text) is not None


def compared(holds: Comparison, read: Callable[[str], Decimal | None]) -> TestMaker:
    """Make tests of ordered values: whether the request's has this relation to any of the policy's.

    What `read` can't read, on either side, has no such relation to anything.
    """

    def any_of_values(values: Sequence[str]) -> Test:
        expected = [each for each in map(read, values) if each is not None]

        def test(value: str) -> bool:
            given = read(value)
            return given is not None and any(holds(given, each) for each in expected)

        return test

    return any_of_values


def around_number(value: str) -> tuple[str, ...]:
    """The number, one less, one more."""
    number = read_number(value)
    if number is None:
        return ()
    with localcontext(_EXACT):
        return value, *(format(number + step, "f") for step in (-1, 1) if abs(number) < _FAR)


def _number(
    name: str,
    phrase: Phrase,
    holds: Comparison,
    negates: Operator | None = None,
) -> Operator:
    return Operator(
        name,
        "Numeric",
        phrase,
        phrase,
        compared(holds, read_number),
        around_number,
        negates=negates,
        can_match=is_number,
        takes="a number",
    )


EQUALS = _number("NumericEquals", one_value_suffices("equals"), operator.eq)

OPERATORS = (
    EQUALS,
    _number(
        "NumericNotEquals",
        none_of("does not equal", "equals neither", "equals none of"),
        operator.eq,
        EQUALS,
    ),
    _number("NumericLessThan", threshold("is less than"), operator.lt),
    _number("NumericLessThanEquals", threshold("is at most"), operator.le),
    _number("NumericGreaterThan", threshold("is more than"), operator.gt),
    _number("NumericGreaterThanEquals", threshold("is at least"), operator.ge),
)
