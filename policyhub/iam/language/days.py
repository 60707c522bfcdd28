"""A day in the past, as questions give it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

#: Of the year in which AWS published its first managed policies.
#: Source: AWS News Blog, 11 February 2015.
FIRST_DAY = date(2015, 1, 1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def read_day(text: str) -> date:
    """Read `YYYY-MM-DD`, a day in UTC from 2015 until today.

    Raises ValueError with what is wrong and how to fix it.
    """
    quoted = f"`{text[:20]}`" if text.isprintable() else "what is given"
    today = datetime.now(UTC).date()
    try:
        if not _DAY.match(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{quoted} is not a day: write it as YYYY-MM-DD, such as {today}"
        ) from None
    if day < FIRST_DAY:
        raise ValueError(f"{quoted} is before the first managed policies: begin at {FIRST_DAY}")
    if day > today:
        raise ValueError(f"{quoted} is still to come: give a day until today, {today} (UTC)")
    return day
