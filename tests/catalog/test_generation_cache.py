"""A value is built once for a stamp, and again when the stamp has moved."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import pytest

from policyhub.catalog import generation_cache
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


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_cache, "_is_serving", True)


class Built:
    """A cache whose stamp a test moves, and whose builds wait until it lets them go on."""

    def __init__(self, *, beside: bool = True) -> None:
        self.stamp, self.builds = 1, 0
        self.go_on, self.begun = Event(), Event()
        self.fails = False
        self.cache = GenerationCache(lambda: self.stamp, self._build, beside=beside)

    def _build(self, stamp: int, last: Last) -> tuple[int, str]:
        self.builds += 1
        if last is not None:
            self.begun.set()
            assert self.go_on.wait(20)
        if self.fails:
            raise OSError("no room")
        return stamp, f"value {stamp}"

    def until_built(self) -> None:
        self.go_on.set()
        ends = time.monotonic() + 20
        while self.cache._lock.locked():
            assert time.monotonic() < ends
            time.sleep(0.01)


@pytest.mark.usefixtures("serving")
def test_a_server_answers_with_the_last_value_while_another_thread_builds() -> None:
    built = Built()
    assert built.cache.get() == "value 1"
    built.stamp = 2
    assert [built.cache.get() for _ in range(3)] == ["value 1"] * 3
    assert built.begun.wait(20)
    assert built.cache.is_behind()
    built.until_built()
    assert (built.cache.get(), built.builds) == ("value 2", 2)
    assert not built.cache.is_behind()


@pytest.mark.usefixtures("serving")
def test_what_moves_while_it_is_built_is_built_once_more() -> None:
    built = Built()
    built.cache.get()
    built.stamp = 2
    built.cache.get()
    assert built.begun.wait(20)
    built.stamp = 3
    built.until_built()
    assert (built.cache.get(), built.builds) == ("value 3", 3)


@pytest.mark.usefixtures("serving")
def test_what_can_not_be_built_beside_is_tried_again_at_the_next_question(
    caplog: pytest.LogCaptureFixture,
) -> None:
    built = Built()
    built.cache.get()
    built.stamp, built.fails = 2, True
    assert built.cache.get() == "value 1"
    built.until_built()
    assert "could not be built" in caplog.text
    built.fails = False
    assert built.cache.get() == "value 1"
    built.until_built()
    assert built.cache.get() == "value 2"


@pytest.mark.parametrize("is_serving", [True, False])
def test_elsewhere_and_where_it_must_be_todays_a_question_waits(
    monkeypatch: pytest.MonkeyPatch, is_serving: bool
) -> None:
    monkeypatch.setattr(generation_cache, "_is_serving", is_serving)
    built = Built(beside=not is_serving)
    built.go_on.set()
    built.cache.get()
    built.stamp = 2
    assert built.cache.get() == "value 2"


def test_a_server_says_that_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_cache, "_is_serving", False)
    generation_cache.begin_serving()
    assert generation_cache._is_serving
