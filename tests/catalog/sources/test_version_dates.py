"""When versions were created: what each source can tell, and nothing that none tells."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policyhub.catalog.sources.version_dates import Default, VersionDate, date_versions


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2024, 1, number, hour, tzinfo=UTC)


def test_a_moment_is_the_creation() -> None:
    assert date_versions([1, 2], {1: [day(1)], 2: [day(3)]}) == {
        1: VersionDate(day(1)),
        2: VersionDate(day(3)),
    }


def test_of_several_moments_the_first_counts_for_the_default_may_return() -> None:
    assert date_versions([1], {1: [day(9), day(2), day(5)]})[1].at == day(2)


def test_a_moment_after_that_of_a_higher_number_is_a_return() -> None:
    found = date_versions([5, 6, 7], {5: [day(1)], 6: [day(20)], 7: [day(9)]})
    assert found[6] == VersionDate(None, day(1), day(9))
    assert found[7].at == day(9)


def test_without_a_moment_it_is_between_its_neighbours() -> None:
    found = date_versions([1, 2, 3], {1: [day(1)], 3: [day(8)]})
    assert found[2] == VersionDate(None, day(1), day(8))
    assert found[2].known == "between"


def test_a_snapshot_with_a_lower_default_narrows_it() -> None:
    defaults = [Default(day(4), 1), Default(day(6), 1)]
    found = date_versions([1, 2, 3], {1: [day(1)], 3: [day(8)]}, defaults)
    assert found[2] == VersionDate(None, day(6), day(8))


def test_a_snapshot_in_which_the_default_was_set_back_does_not() -> None:
    defaults = [Default(day(9), 1)]
    found = date_versions([1, 2, 3], {1: [day(1)], 3: [day(8)]}, defaults)
    assert found[2] == VersionDate(None, day(1), day(8))


def test_between_two_moments_of_a_day_the_day_is_known() -> None:
    found = date_versions([1, 2, 3], {1: [day(5, 1)], 3: [day(5, 23)]})
    assert found[2] == VersionDate(datetime(2024, 1, 5, tzinfo=UTC))
    assert found[2].known == "day"


def test_the_oldest_is_no_older_than_its_policy() -> None:
    found = date_versions([4, 5], {5: [day(9)]}, created=day(2))
    assert found[4] == VersionDate(None, day(2), day(9))


def test_what_no_source_tells_stays_unknown() -> None:
    assert date_versions([1], {}) == {1: VersionDate()}
    assert VersionDate().known == ""


def test_earlier_bounds_are_narrowed_and_never_widened() -> None:
    known = {2: VersionDate(None, day(3), day(8))}
    moments = {1: [day(1)], 3: [day(9)]}
    assert date_versions([1, 2, 3], moments, known=known)[2] == known[2]
    narrowed = date_versions([1, 2, 3], moments, [Default(day(5), 1)], known)
    assert narrowed[2] == VersionDate(None, day(5), day(8))


moments_of = st.dictionaries(
    st.integers(1, 8),
    st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31)).map(
        lambda each: each.replace(tzinfo=UTC, microsecond=0)
    ), min_size=1, max_size=3),
)  # fmt: skip


@example(
    {1, 2, 3},
    {
        1: [datetime(2020, 2, 1, 10, tzinfo=UTC)],
        2: [datetime(2020, 3, 1, tzinfo=UTC)],
        3: [datetime(2020, 1, 5, 10, tzinfo=UTC)],
    },
)
@given(st.sets(st.integers(1, 8), min_size=1), moments_of)
def test_exact_moments_rise_with_the_numbers_and_bounds_enclose(
    numbers: set[int], moments: dict[int, list[datetime]]
) -> None:
    found = date_versions(numbers, moments)
    exact = [found[number].at for number in sorted(numbers) if found[number].known == "second"]
    assert all(one and other and one < other for one, other in pairwise(exact))
    for number, each in found.items():
        if each.known == "second":
            assert each.at in moments[number]
        elif each.not_before and each.not_after:
            assert each.not_before < each.not_after


@pytest.mark.parametrize("numbers", [[1], [3, 1, 2]])
def test_every_version_is_in_the_answer(numbers: list[int]) -> None:
    assert list(date_versions(numbers, {})) == sorted(numbers)
