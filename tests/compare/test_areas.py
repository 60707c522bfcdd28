"""Two sides as sets: squares whose areas are the numbers of actions, and the same in words."""

from __future__ import annotations

from math import sqrt

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access_levels import GRAVEST_FIRST
from policyhub.compare.areas import PHONE, WIDE, AreaSize, LevelSets, area_picture, level_sets
from policyhub.compare.matrix import CHANGES
from policyhub.compare.sizes import LevelSizes
from tests.html_text import markup_of

pytestmark = pytest.mark.one_database

COUNTS = st.fixed_dictionaries({change: st.integers(0, 9_999) for change in CHANGES})
SIZES = st.lists(COUNTS, min_size=5, max_size=5).map(
    lambda counts: [
        LevelSizes(level, each) for level, each in zip(GRAVEST_FIRST, counts, strict=True)
    ]
)


def sets(left: int = 0, both: int = 0, right: int = 0) -> LevelSets:
    return LevelSets("Write", left, both, right, ())


@given(SIZES, st.sampled_from([WIDE, PHONE]))
def test_areas_are_numbers_and_nothing_is_drawn_over_anything_else(
    sizes: list[LevelSizes], size: AreaSize
) -> None:
    found = level_sets(sizes)
    picture = area_picture(found, size)
    largest = max(square.side for row in picture.rows for square in row.squares or [_NONE])
    assert largest <= size.largest + 0.1
    unit = largest / sqrt(max(1, *(count for each in found for count in each.parts)))
    foot = 0.0
    for row, each in zip(picture.rows, found, strict=True):
        parts = [square for square in row.squares if square.texture != "bounded"]
        for square, count in zip(parts, [n for n in each.parts if n], strict=True):
            assert square.side == pytest.approx(max(4, unit * sqrt(count)), abs=0.2)
        assert all(square.y >= foot for square in row.squares)
        foot = max([foot, *(square.y + square.side for square in row.squares)])
        ends = [label.x + len(label.text) * 6 for label in row.labels]
        starts = [label.x for label in row.labels]
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert foot <= picture.height


class _None:
    side = 0.0


_NONE = _None()


def test_what_both_allow_in_other_bounds_is_a_square_within_theirs() -> None:
    counts = dict.fromkeys(CHANGES, 0) | {"same": 12, "wider": 3, "narrower": 1, "gained": 9}
    (each,) = level_sets([LevelSizes("Write", counts)])
    assert each.parts == (0, 16, 9)
    assert each.bounds_in_words == "↑3, ↓1"
    (row,) = area_picture([each], WIDE).rows
    assert [square.texture for square in row.squares] == ["same", "bounded", "free"]
    assert row.squares[1].side == pytest.approx(row.squares[0].side / 2, abs=0.1)
    assert [label.text for label in row.labels] == ["0", "16, ↑3, ↓1", "+9"]


@pytest.mark.parametrize(
    ("bounded", "textures"), [(0, ["free"]), (2, ["free", "bounded"]), (8, ["bounded"])]
)
def test_what_is_gained_in_bounds_is_hatched(bounded: int, textures: list[str]) -> None:
    counts = dict.fromkeys(CHANGES, 0) | {"gained": 8}
    (row,) = area_picture(level_sets([LevelSizes("Read", counts, bounded)]), WIDE).rows
    assert [square.texture for square in row.squares] == textures


def test_the_frames_of_both_sets_overlap_in_what_both_allow() -> None:
    picture = area_picture([sets(4, 9, 1)], WIDE)
    (start, end), (other_start, other_end) = picture.frames
    assert start < other_start < end < other_end <= WIDE.width
    (row,) = picture.rows
    left, both, right = row.squares
    assert left.x + left.side < other_start < both.x
    assert both.x + both.side < end < right.x


@pytest.mark.django_db
def test_the_page_draws_two_sides_and_says_the_same_in_a_table(client: Client) -> None:
    sides = {"policy": ["AmazonECS_FullAccess@v20", "AmazonECS_FullAccess@v22"]}
    html = markup_of(client.get("/compare/", sides))
    assert "Write: 0 only the first, 119 both, 0 only the second" in html
    assert '<td class="number">↑1</td>' in html
    three = {"policy": [*sides["policy"], "ReadOnlyAccess"]}
    assert "areas-head" not in markup_of(client.get("/compare/", three))
