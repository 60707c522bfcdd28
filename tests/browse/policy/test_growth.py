"""The areas of a policy's growth add up to what its versions allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.browse.policy.growth import HEIGHT, WIDTH, growth_of
from policyhub.browse.policy.timeline import VersionMark
from policyhub.catalog.access_levels import ACCESS_LEVELS

pytestmark = pytest.mark.one_database

KEYS = [level.key for level in ACCESS_LEVELS]
COUNTS = st.fixed_dictionaries({key: st.integers(0, 900) for key in KEYS})


def marked(counts: list[dict[str, int]]) -> list[VersionMark]:
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    step = 92 / max(len(counts) - 1, 1)
    return [
        VersionMark(f"v{i + 1}", begin + timedelta(days=i), round(4 + i * step, 2), True, each)
        for i, each in enumerate(counts)
    ]


def surface(points: str) -> float:
    """The surface of a polygon, by the shoelace formula."""
    corners = [tuple(map(float, each.split(","))) for each in points.split()]
    following = [*corners[1:], corners[0]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, following, strict=True))) / 2


@given(st.lists(COUNTS, min_size=2, max_size=12))
def test_the_areas_together_cover_what_all_versions_allow_in_their_time(
    counts: list[dict[str, int]],
) -> None:
    marks = marked(counts)
    growth = growth_of(marks)
    if growth is None:
        assert not any(sum(each.values()) for each in counts)
        return
    ends = [*(mark.x for mark in marks[1:]), 100.0]
    expected = sum(
        (end - mark.x) * WIDTH / 100 * mark.action_count * HEIGHT / growth.most
        for mark, end in zip(marks, ends, strict=True)
    )
    # Heights are rounded to a tenth of a pixel.
    rounding = 0.1 * WIDTH * len(growth.areas)
    assert sum(surface(area.points) for area in growth.areas) == pytest.approx(
        expected, abs=rounding
    )


def test_a_level_that_no_version_allows_has_no_area() -> None:
    none = dict.fromkeys(KEYS, 0)
    growth = growth_of(marked([none, none | {"write": 3}]))
    assert growth is not None
    assert [area.slug for area in growth.areas] == ["write"]


def test_changes_that_took_something_away_are_counted() -> None:
    some = dict.fromkeys(KEYS, 1)
    first, second, third = marked([some, some, some])
    changed = [
        first,
        VersionMark(second.name, second.day, second.x, True, some, "both"),
        VersionMark(third.name, third.day, third.x, True, some, "widened"),
    ]
    growth = growth_of(changed)
    assert growth is not None
    assert (growth.changed, growth.taking) == (2, 1)
