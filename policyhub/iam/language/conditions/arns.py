"""ARN operators: six parts, each matched alone; `ArnEquals` and `ArnLike` are the same."""

from __future__ import annotations

from collections.abc import Sequence

from policyhub.iam.language.arn import PARTS
from policyhub.iam.language.conditions.operator import (
    IS,
    IS_NOT,
    Operator,
    Test,
    none_of,
    one_value_suffices,
)
from policyhub.iam.language.conditions.strings import around_pattern
from policyhub.iam.language.patterns import compile_pattern


def like_any_arn(values: Sequence[str]) -> Test:
    """Test an ARN part by part, so that a `*` crosses no colon before the sixth part."""
    patterns = [
        tuple(map(compile_pattern, parts))
        for parts in (value.split(":", PARTS - 1) for value in values)
        if len(parts) == PARTS
    ]

    def is_like(value: str) -> bool:
        parts = value.split(":", PARTS - 1)
        return len(parts) == PARTS and any(
            all(pattern.matches(part) for pattern, part in zip(each, parts, strict=True))
            for each in patterns
        )

    return is_like


def has_all_parts(text: str) -> bool:
    """Whether the text has the six parts of an ARN."""
    return text.count(":") >= PARTS - 1


_MATCHES = one_value_suffices("matches ARN pattern")
_DOES_NOT_MATCH = none_of(
    "does not match ARN pattern",
    "matches neither ARN pattern",
    "matches none of the ARN patterns",
)


_TAKES = "an ARN of six parts with colons between"


def _positive(name: str) -> Operator:
    return Operator(
        name,
        "Arn",
        IS,
        _MATCHES,
        like_any_arn,
        around_pattern,
        has_wildcards=True,
        pattern_signs="*?",
        takes_variables=True,
        can_match=has_all_parts,
        takes=_TAKES,
    )


def _negated(name: str, negates: Operator) -> Operator:
    return Operator(
        name,
        "Arn",
        IS_NOT,
        _DOES_NOT_MATCH,
        like_any_arn,
        around_pattern,
        has_wildcards=True,
        pattern_signs="*?",
        takes_variables=True,
        negates=negates,
        can_match=has_all_parts,
        takes=_TAKES,
    )


EQUALS = _positive("ArnEquals")
LIKE = _positive("ArnLike")

OPERATORS = (EQUALS, LIKE, _negated("ArnNotEquals", EQUALS), _negated("ArnNotLike", LIKE))
