"""A day in the past: read, or refused with what to write instead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from policyhub.iam.language.days import FIRST_DAY, read_day


def test_every_day_from_the_first_until_today_is_read() -> None:
    today = datetime.now(UTC).date()
    for day in (FIRST_DAY, date(2020, 2, 29), today - timedelta(days=1)):
        assert read_day(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`` is not a day: write it as YYYY-MM-DD"),
        ("2021-02-29", "`2021-02-29` is not a day: write it as YYYY-MM-DD"),
        ("20210601", "`20210601` is not a day"),
        ("2021-06-01T00:00", "`2021-06-01T00:00` is not a day"),
        (" 2021-06-01", "is not a day"),
        ("2021-06-01\n", "what is given is not a day"),
        ("\N{FULLWIDTH DIGIT TWO}021-06-01", "is not a day"),
        ("\ud800", "what is given is not a day"),
        ("2014-12-31", "`2014-12-31` is before the first managed policies: begin at 2015-01-01"),
        ("9999-12-31", "`9999-12-31` is still to come: give a day until"),
    ],
)
def test_what_is_no_day_of_the_past_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"day|begin") as refused:
        read_day(text)
    assert message in str(refused.value)
