"""Sets of places as whole numbers are the sets that they stand for."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access import bits

SIZE = 300
PLACES = st.sets(st.integers(min_value=0, max_value=SIZE - 1))


@given(PLACES, PLACES)
def test_sets_are_joined_cut_and_counted_as_sets_are(one: set[int], other: set[int]) -> None:
    left, right = bits.of_places(one, SIZE), bits.of_places(other, SIZE)
    assert bits.places(left) == sorted(one)
    assert bits.places(left & right) == sorted(one & other)
    assert bits.places(left | right) == sorted(one | other)
    assert left.bit_count() == len(one)
    assert list(islice(bits.first(left), 5)) == sorted(one)[:5]


@pytest.mark.parametrize("step", [1, 7, 63, 64, 65, 4_000, 9_999])
def test_few_places_and_many_are_the_same_kind_of_set(step: int) -> None:
    every = range(0, 10_000, step)
    found = bits.of_places(every, 10_000)
    assert found == sum(1 << place for place in every)
    assert bits.places(found) == list(every)


def test_nothing_is_a_set_too() -> None:
    assert (bits.of_places([], 0), bits.places(0), list(bits.first(0))) == (0, [], [])
