"""String operators: exact, without case, or with wildcards (only in `…Like`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from policyhub.iam.language.conditions.operator import (
    IS,
    IS_NOT,
    Operator,
    Test,
    none_of,
    one_value_suffices,
)
from policyhub.iam.language.patterns import compile_pattern

_ANY_CASE = " (ignoring case)"
# A star in `StringEquals` is easily read as a wildcard, so the words say that it is not one.
_LITERALLY = "is literally"
_NOT_LITERALLY = ("is not literally", "is literally neither", "is literally none of")


def equal_to_any(values: Sequence[str]) -> Test:
    """Test for one of the values, exactly."""
    return frozenset(values).__contains__


def equal_to_any_ignoring_case(values: Sequence[str]) -> Test:
    """Test for one of the values, whatever the case."""
    expected = frozenset(map(str.lower, values))
    return lambda value: value.lower() in expected


def like_any(values: Sequence[str]) -> Test:
    """Test for one of the wildcard patterns; a pattern covers the whole value."""
    matchers = [compile_pattern(value).matches for value in values]
    return lambda value: any(matches(value) for matches in matchers)


def around_text(value: str) -> tuple[str, ...]:
    """The value itself, another that begins alike, and one that is unlike it."""
    return value, f"{value}-other", "other"


def around_pattern(value: str) -> tuple[str, ...]:
    """What the pattern covers, with something and nothing for its stars; a text unlike it."""
    single = value.replace("?", "x")
    return single.replace("*", "x"), single.replace("*", ""), "other"


_string = partial(Operator, family="String", pattern_signs="*?", takes_variables=True)
_exact = partial(_string, any_of_values=equal_to_any, around=around_text)
_any_case = partial(_string, any_of_values=equal_to_any_ignoring_case, around=around_text)
_pattern = partial(
    _string,
    any_of_values=like_any,
    around=around_pattern,
    has_wildcards=True,
    star_note=" (any value)",
)

EQUALS = _exact("StringEquals", phrase=IS, pattern_phrase=one_value_suffices(_LITERALLY))
EQUALS_IGNORE_CASE = _any_case(
    "StringEqualsIgnoreCase",
    phrase=one_value_suffices("is", _ANY_CASE),
    pattern_phrase=one_value_suffices(_LITERALLY, _ANY_CASE),
)
LIKE = _pattern("StringLike", phrase=IS, pattern_phrase=one_value_suffices("matches"))

OPERATORS = (
    EQUALS,
    _exact(
        "StringNotEquals",
        phrase=IS_NOT,
        pattern_phrase=none_of(*_NOT_LITERALLY),
        negates=EQUALS,
    ),
    EQUALS_IGNORE_CASE,
    _any_case(
        "StringNotEqualsIgnoreCase",
        phrase=none_of("is not", "is neither", "is none of", _ANY_CASE),
        pattern_phrase=none_of(*_NOT_LITERALLY, _ANY_CASE),
        negates=EQUALS_IGNORE_CASE,
    ),
    LIKE,
    _pattern(
        "StringNotLike",
        phrase=IS_NOT,
        pattern_phrase=none_of("does not match", "matches neither", "matches none of"),
        negates=LIKE,
    ),
)
