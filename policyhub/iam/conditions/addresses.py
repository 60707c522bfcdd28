"""IP address operators: single addresses, or ranges written with a slash."""

from __future__ import annotations

from functools import partial

from policyhub.iam.conditions.operator import IS, IS_NOT, Operator, any_of, none_of

_address = partial(Operator, family="IpAddress", pattern_signs="/")

IN = _address("IpAddress", phrase=IS, pattern_phrase=any_of("is in"))

OPERATORS = (
    IN,
    _address(
        "NotIpAddress",
        phrase=IS_NOT,
        pattern_phrase=none_of("is not in", "is in neither", "is in none of"),
        negates=IN,
    ),
)
