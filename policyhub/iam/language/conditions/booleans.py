"""The Boolean operator; it has no negated twin, `Bool` with `false` serves."""

from __future__ import annotations

from collections.abc import Sequence

from policyhub.iam.language.conditions.operator import IS, Operator, Test

_BOOLEANS = frozenset({"true", "false"})


def same_as_any_boolean(values: Sequence[str]) -> Test:
    """Test for true or false, ignoring case."""
    expected = _BOOLEANS.intersection(map(str.lower, values))
    return lambda value: value.lower() in expected


def is_boolean(text: str) -> bool:
    """Whether the text is true or false, in any case."""
    return text.lower() in _BOOLEANS


def around_boolean(value: str) -> tuple[str, ...]:
    """Both, whatever the value."""
    return "true", "false"


OPERATORS = (
    Operator(
        "Bool",
        "Bool",
        IS,
        IS,
        same_as_any_boolean,
        around_boolean,
        can_match=is_boolean,
        takes="`true` or `false`",
    ),
)
