"""String operators: exact, without case, or with wildcards (only in `…Like`)."""

from __future__ import annotations

from functools import partial

from policyhub.iam.conditions.operator import IS, IS_NOT, Operator, any_of, none_of

_ANY_CASE = " (ignoring case)"
# A star in `StringEquals` is easily read as a wildcard, so the words say that it is none.
_LITERALLY = "is literally"
_NOT_LITERALLY = ("is not literally", "is literally neither", "is literally none of")

_string = partial(Operator, family="String", pattern_signs="*?", takes_variables=True)

EQUALS = _string("StringEquals", phrase=IS, pattern_phrase=any_of(_LITERALLY))
EQUALS_IGNORE_CASE = _string(
    "StringEqualsIgnoreCase",
    phrase=any_of("is", _ANY_CASE),
    pattern_phrase=any_of(_LITERALLY, _ANY_CASE),
)
LIKE = _string("StringLike", phrase=IS, pattern_phrase=any_of("matches"), star_note=" (any value)")

OPERATORS = (
    EQUALS,
    _string(
        "StringNotEquals",
        phrase=IS_NOT,
        pattern_phrase=none_of(*_NOT_LITERALLY),
        negates=EQUALS,
    ),
    EQUALS_IGNORE_CASE,
    _string(
        "StringNotEqualsIgnoreCase",
        phrase=none_of("is not", "is neither", "is none of", _ANY_CASE),
        pattern_phrase=none_of(*_NOT_LITERALLY, _ANY_CASE),
        negates=EQUALS_IGNORE_CASE,
    ),
    LIKE,
    _string(
        "StringNotLike",
        phrase=IS_NOT,
        pattern_phrase=none_of("does not match", "matches neither", "matches none of"),
        negates=LIKE,
        star_note=" (any value)",
    ),
)
