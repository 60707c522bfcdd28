"""Which version was in force on a day: cases, and a reference that knows the true dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.versions_by_day import PastVersion, VersionChoice, version_on

START = datetime(2024, 1, 1, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def made(
    number: int | None, after: int | None, by: int | None = None, default: bool = False
) -> PastVersion:
    """A version made at an hour, or between two, or nobody knows when."""
    name = f"v{number}" if number else ""
    earliest, latest = (None if each is None else hour(each) for each in (after, by))
    return PastVersion(
        number or 0, name, number, earliest, latest or (earliest if by is None else None), default
    )


def told(choice: VersionChoice) -> tuple[str | None, str, list[str]]:
    chosen = choice.version
    return (
        chosen.version_id if chosen else None,
        choice.doubt,
        [each.version_id for each in choice.others],
    )


FIRST, SECOND, THIRD = made(1, 10), made(2, 30, 50), made(3, 70)
BOUNDED_FIRST = made(1, 30, 50)
CASES: list[tuple[str, list[PastVersion], int, int | None, tuple[str | None, str, list[str]]]] = [
    ("nothing is known", [], 24, None, (None, "", [])),
    ("before the first", [FIRST], 10, None, (None, "", [])),
    ("right after the first", [FIRST], 11, None, ("v1", "", [])),
    ("before the bounds of the next", [FIRST, SECOND, THIRD], 30, None, ("v1", "", [])),
    ("between the bounds of the next", [FIRST, SECOND, THIRD], 31, None, ("v1", "bounds", ["v2"])),
    ("at the end of the bounds", [FIRST, SECOND, THIRD], 50, None, ("v1", "bounds", ["v2"])),
    ("after the bounds", [FIRST, SECOND, THIRD], 51, None, ("v2", "", [])),
    ("the newest", [FIRST, SECOND, THIRD], 999, None, ("v3", "", [])),
    ("given in any order", [THIRD, SECOND, FIRST], 51, None, ("v2", "", [])),
    ("one between is missing", [FIRST, THIRD], 60, None, ("v1", "gap", [])),
    ("behind a missing one", [FIRST, THIRD], 71, None, ("v3", "", [])),
    ("the first are missing", [THIRD], 60, None, (None, "gap", [])),
    ("the policy came later than that", [THIRD], 60, 65, (None, "", [])),
    ("the first has only bounds", [BOUNDED_FIRST], 40, None, (None, "bounds", ["v1"])),
    ("the first has bounds, the policy a date", [BOUNDED_FIRST], 40, 45, (None, "", [])),
    ("no date at all", [made(None, None, default=True)], 40, None, ("", "undated", [])),
    ("no dates, two versions", [made(1, None, default=True), made(2, None)], 9, None,
     ("v1", "undated", [])),
    ("no date, but seen by then", [made(4, None, 20)], 40, None, ("v4", "", [])),
    ("the newest has no date", [FIRST, made(2, None)], 40, None, ("v1", "bounds", ["v2"])),
    ("made again, with its numbers", [made(1, 10), made(2, 20), made(1, 60)], 70, None,
     ("v1", "", [])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "end", "created", "expected"),
    [pytest.param(*each[1:], id=each[0]) for each in CASES],
)
def test_the_newest_that_existed_for_certain_is_chosen(
    versions: list[PastVersion],
    end: int,
    created: int | None,
    expected: tuple[str | None, str, list[str]],
) -> None:
    moment = None if created is None else hour(created)
    assert told(version_on(versions, hour(end), moment)) == expected


class Past(NamedTuple):
    """When each version was truly made, by number from 1, and what is known of it."""

    true: list[int]
    known: list[PastVersion]


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    true = sorted(draw(st.lists(st.integers(0, 40), min_size=1, max_size=6)))
    known = []
    for number, moment in enumerate(true, 1):
        how = draw(st.sampled_from(["exact", "bounds", "seen", "missing"]))
        if how == "exact":
            known.append(made(number, moment))
        elif how == "bounds":
            after, by = draw(st.integers(0, 9)), draw(st.integers(0, 9))
            known.append(made(number, moment - after, moment + by))
        elif how == "seen":
            known.append(made(number, None, moment + draw(st.integers(0, 9))))
    return Past(true, known)


@given(pasts(), st.integers(0, 50))
def test_what_was_in_force_is_among_the_candidates_unless_a_version_is_missing(
    past: Past, end: int
) -> None:
    truth = sum(moment < end for moment in past.true)
    choice = version_on(past.known, hour(end))
    numbers = [each.number for each in choice.candidates]
    if choice.doubt == "undated":
        assert all(each.earliest is None for each in past.known)
    elif choice.doubt == "":
        newest = max((each.number or 0 for each in past.known), default=0)
        # Of what came after the newest known version, nothing can be told.
        assert min(truth, newest) == (choice.version.number if choice.version else 0)
    elif choice.doubt == "bounds" and truth <= max(each.number or 0 for each in past.known):
        assert truth in numbers or (truth == 0 and choice.version is None)
    if choice.version is not None and choice.doubt != "undated":
        assert (choice.version.number or 0) <= truth


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 50))
def test_where_all_is_dated_there_is_no_doubt(moments: list[int], end: int) -> None:
    versions = [made(number, moment) for number, moment in enumerate(sorted(moments), 1)]
    choice = version_on(versions, hour(end))
    before = [each for each in versions if each.earliest and each.earliest < hour(end)]
    assert choice == VersionChoice(before[-1] if before else None)
