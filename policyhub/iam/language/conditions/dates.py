"""Date operators: values are ISO 8601 or epoch seconds, compared as moments."""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from policyhub.iam.language.conditions.numbers import Comparison, compared, read_number
from policyhub.iam.language.conditions.operator import IS, IS_NOT, Operator, Phrase, threshold

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"(?:T\d{2}:\d{2}(?::\d{2}(?P<fraction>\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
# Seconds beyond which no date can be written.
_FAR = Decimal(10) ** 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_since_1970(text: str) -> Decimal | None:
    """Return the seconds since 1970 of an ISO 8601 date or of epoch seconds; else None.

    Without an offset a time is UTC, and a bare date is its midnight.
    """
    shape = _ISO.fullmatch(text)
    if shape is None:
        return read_number(text)
    fraction = shape["fraction"] or ""
    try:
        moment = datetime.fromisoformat(text.upper().replace(fraction, "", 1))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return Decimal(since.days * 86_400 + since.seconds) + Decimal(fraction or 0)


def is_moment(text: str) -> bool:
    """Whether the text is an ISO 8601 date or epoch seconds."""
    return seconds_since_1970(text) is not None


def around_moment(value: str) -> tuple[str, ...]:
    """The moment, a day before, a day after; as dates where these can be written."""
    moment = seconds_since_1970(value)
    if moment is None:
        return ()
    if abs(moment) > _FAR:
        return (value,)
    days = (_EPOCH + timedelta(seconds=int(moment) + step) for step in (-86_400, 86_400))
    try:
        return value, *(day.strftime("%Y-%m-%dT%H:%M:%SZ") for day in days)
    except OverflowError:
        return (value,)


def _date(
    name: str,
    phrase: Phrase,
    holds: Comparison,
    negates: Operator | None = None,
) -> Operator:
    return Operator(
        name,
        "Date",
        phrase,
        phrase,
        compared(holds, seconds_since_1970),
        around_moment,
        negates=negates,
        can_match=is_moment,
        takes="a date (ISO 8601, or seconds since 1970)",
    )


EQUALS = _date("DateEquals", IS, operator.eq)

OPERATORS = (
    EQUALS,
    _date("DateNotEquals", IS_NOT, operator.eq, EQUALS),
    _date("DateLessThan", threshold("is before"), operator.lt),
    _date("DateLessThanEquals", threshold("is at or before"), operator.le),
    _date("DateGreaterThan", threshold("is after"), operator.gt),
    _date("DateGreaterThanEquals", threshold("is at or after"), operator.ge),
)
