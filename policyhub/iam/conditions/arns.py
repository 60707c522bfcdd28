"""ARN operators: six parts, each matched alone; `ArnEquals` and `ArnLike` are the same."""

from __future__ import annotations

from policyhub.iam.conditions.operator import IS, IS_NOT, Operator, any_of, none_of

_MATCHES = any_of("matches ARN pattern")
_DOES_NOT_MATCH = none_of(
    "does not match ARN pattern",
    "matches neither ARN pattern",
    "matches none of the ARN patterns",
)


def _positive(name: str) -> Operator:
    return Operator(name, "Arn", IS, _MATCHES, pattern_signs="*?", takes_variables=True)


def _negated(name: str, negates: Operator) -> Operator:
    return Operator(
        name,
        "Arn",
        IS_NOT,
        _DOES_NOT_MATCH,
        pattern_signs="*?",
        takes_variables=True,
        negates=negates,
    )


EQUALS = _positive("ArnEquals")
LIKE = _positive("ArnLike")

OPERATORS = (EQUALS, LIKE, _negated("ArnNotEquals", EQUALS), _negated("ArnNotLike", LIKE))
