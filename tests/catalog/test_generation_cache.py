"""A value is built once for a stamp, and again when the stamp has moved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policyhub.catalog.generation_cache import GenerationCache

Last = tuple[int, str] | None


def test_a_value_is_kept_until_the_stamp_moves() -> None:
    stamps: Iterator[int] = iter([1, 1, 2, 2, 1])
    built: list[tuple[int, Last]] = []

    def build(stamp: int, last: Last) -> tuple[int, str]:
        built.append((stamp, last))
        return stamp, f"value {stamp}"

    cache = GenerationCache(lambda: next(stamps), build)
    assert [cache.get() for _ in range(5)] == [f"value {each}" for each in (1, 1, 2, 2, 1)]
    assert built == [(1, None), (2, (1, "value 1")), (1, (2, "value 2"))]


def test_where_the_last_value_is_kept_it_is_built_again_at_the_next_question() -> None:
    tried: list[int] = []

    def build(stamp: int, last: Last) -> tuple[int, str]:
        tried.append(stamp)
        return last or (stamp, "the first")

    stamps = iter([1, 2, 2])
    cache = GenerationCache(lambda: next(stamps), build)
    assert [cache.get() for _ in range(3)] == ["the first"] * 3
    assert tried == [1, 2, 2]


def test_what_can_not_be_built_leaves_the_last_value_for_its_stamp() -> None:
    stamps = iter([1, 2, 1])

    def build(stamp: int, _: Last) -> tuple[int, str]:
        if stamp == 2:
            raise OSError("no room")
        return stamp, "the first"

    cache = GenerationCache(lambda: next(stamps), build)
    assert cache.get() == "the first"
    with pytest.raises(OSError, match="no room"):
        cache.get()
    assert cache.get() == "the first"
