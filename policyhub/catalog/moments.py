"""Moments that sources give with more or less precision."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

DateKnown = Literal["second", "day", "between", ""]


def may_be_one_moment(one: datetime | None, other: datetime | None) -> bool:
    """Whether two sources may mean the same moment: one may know the day only, or nothing."""
    if one is None or other is None or one == other:
        return True
    return one.date() == other.date() and (is_bare_date(one) or is_bare_date(other))


def is_bare_date(moment: datetime) -> bool:
    """Whether only the day is known, which is kept as midnight UTC."""
    return moment == moment.replace(hour=0, minute=0, second=0, microsecond=0)


def date_known(
    at: datetime | None, not_before: datetime | None, not_after: datetime | None
) -> DateKnown:
    """How a moment is known: to the second, to the day, between two others; "" where it is not."""
    if at is not None:
        return "day" if is_bare_date(at) else "second"
    return "between" if not_before or not_after else ""
