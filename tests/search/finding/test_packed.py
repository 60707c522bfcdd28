"""What the index keeps in strings of bytes is what was put in, and is found as in plain lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.catalog.access.bits import of_places
from policyhub.catalog.access.in_memory import compile_catalogue
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.search.finding.entries import STATEMENTS
from policyhub.search.finding.in_memory.following import gather_entries
from policyhub.search.finding.in_memory.packed import (
    PackedEntries,
    PackedSets,
    PackedTexts,
    SortedNames,
)
from policyhub.search.finding.reached import Reached

# Of so many places a set of a few is kept as places, and one of many as a whole number.
SIZE = 400
PLACES = st.one_of(
    st.sets(st.integers(0, SIZE - 1), max_size=4),
    st.sets(st.integers(0, SIZE - 1), min_size=60, max_size=200),
)
NAME = st.text(st.sampled_from("ab\x00\ud7ff\ud800\ue000\U0010ffff"), max_size=4)


@given(st.dictionaries(NAME, PLACES, max_size=6), PLACES)
def test_sets_come_back_and_are_counted_as_sets_of_places_are(
    sets: dict[str, set[int]], found: set[int]
) -> None:
    packed = PackedSets({name: of_places(places, SIZE) for name, places in sets.items()})
    assert {name: packed.get(name) for name in packed} == {
        name: of_places(places, SIZE) for name, places in sets.items()
    }
    assert dict(packed.counts(of_places(found, SIZE))) == {
        name: len(places & found) for name, places in sets.items()
    }


def test_a_set_that_is_not_there_is_empty() -> None:
    packed = PackedSets({"ecs": 0b101})
    assert "ecs" in packed
    assert "ec2" not in packed
    assert packed.get("ec2") == 0
    assert list(PackedSets({}).counts(0b1)) == []


@given(st.lists(st.tuples(NAME, st.integers(0, SIZE - 1)), max_size=20), NAME, NAME)
def test_names_between_two_are_those_that_a_sorted_list_has_there(
    names: list[tuple[str, int]], start: str, end: str
) -> None:
    expected = [place for name, place in sorted(names) if start <= name < end]
    assert list(SortedNames(names).between(start, end)) == expected
    called_so = [place for name, place in sorted(names) if name == start]
    assert list(SortedNames(names).whole(start)) == called_so


@given(st.lists(NAME, max_size=9), NAME)
def test_texts_hold_what_they_contain_and_nothing_of_the_next_one(
    texts: list[str], needle: str
) -> None:
    packed = PackedTexts(texts)
    assert [packed[place].decode("utf-8", "surrogatepass") for place in range(len(packed))] == texts
    holding = [place for place, text in enumerate(texts) if needle in text]
    assert packed.holding(needle, range(len(texts))) == holding


@pytest.mark.django_db
def test_every_entry_comes_back_as_it_was_with_the_statement_itself() -> None:
    entries = gather_entries(compile_catalogue(), Reached(get_reference()))
    packed = PackedEntries(entries)
    assert list(packed) == entries
    assert packed[-1] == entries[-1]
    assert packed[3:9:2] == entries[3:9:2]
    with pytest.raises(IndexError):
        packed[len(entries)]
    number = next(place for place, each in enumerate(entries) if each.group is STATEMENTS)
    assert packed[number].statement is entries[number].statement
