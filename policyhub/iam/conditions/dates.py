"""Date operators: values are ISO 8601 or epoch seconds, compared as moments."""

from __future__ import annotations

from policyhub.iam.conditions.operator import IS, IS_NOT, Operator, Phrase, threshold


def _date(name: str, phrase: Phrase, negates: Operator | None = None) -> Operator:
    return Operator(name, "Date", phrase, phrase, negates=negates)


EQUALS = _date("DateEquals", IS)

OPERATORS = (
    EQUALS,
    _date("DateNotEquals", IS_NOT, EQUALS),
    _date("DateLessThan", threshold("is before")),
    _date("DateLessThanEquals", threshold("is at or before")),
    _date("DateGreaterThan", threshold("is after")),
    _date("DateGreaterThanEquals", threshold("is at or after")),
)
