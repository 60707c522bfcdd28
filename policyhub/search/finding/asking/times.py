"""The time at the end of a text, in words: `in the last two years`, `since 2024`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from policyhub.catalog.source_ages import newest_source

# As many days as the periods that the list of changes offers.
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
}
_AT_THE_END = re.compile(
    r"(?:^|\s+)(?:"
    rf"(?P<period>(?:(?:in|over|during|within|for)\s+)?(?:the\s+)?(?:last|past)\s+"
    rf"(?:(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})\s+)?(?P<unit>{'|'.join(_DAYS)})s?)"
    r"|(?P<since>since\s+(?P<day>\d{4}(?:-\d\d(?:-\d\d)?)?))"
    r")\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NamedTime:
    """The first day of a time, and the words that were typed for it."""

    day: date
    words: str


def split_time(text: str) -> tuple[str, NamedTime | None]:
    """A text without the time at its end, and the time; periods end with the newest source."""
    found = _AT_THE_END.search(text)
    since = _since(found) if found else None
    return (text[: found.start()].strip(), since) if found and since else (text, None)


def _since(found: re.Match[str]) -> NamedTime | None:
    if found["since"]:
        try:
            day = date.fromisoformat(f"{found['day']}-01-01"[:10])
        except ValueError:
            return None
        return NamedTime(day, " ".join(found["since"].lower().split()))
    number = (found["number"] or "one").lower()
    days = _DAYS[found["unit"].lower()] * (_NUMBERS.get(number) or int(number))
    newest = newest_source()
    words = " ".join(found["period"].lower().split())
    return NamedTime(newest - timedelta(days=days), words) if newest else None
