"""Workers that share little memory any more are replaced by ones that do."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.db import DatabaseError

from policyhub.catalog import generation_cache
from policyhub.serving import application, sharing
from policyhub.serving.sharing import AGAIN_SECONDS, LOOK_SECONDS, LOOKS, Memory, Sharing
from tests.serving.conftest import SmallServer
from tests.serving.test_processes import pids, wait_for_processes, wait_until_gone

ALONE = (165_000, 250_000)
SHARED = (100_000, 210_000)


class Watched:
    """A server that is looked at, and the signals that it gets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        self.workers: list[Memory] = []
        self.signals: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "kill", lambda *sent: self.signals.append(sent))
        self._sharing = Sharing(7, LOOK_SECONDS, lambda: self.seconds, lambda _: self.workers)

    def look(self, workers: list[Memory], times: int = 1, seconds: float = LOOK_SECONDS) -> None:
        self.workers = workers
        for _ in range(times):
            self.seconds += seconds
            self._sharing.look()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_workers_that_have_most_of_their_memory_alone_for_a_while_are_replaced(
    watched: Watched,
) -> None:
    watched.look([ALONE, ALONE], LOOKS - 1)
    assert watched.signals == []
    watched.look([ALONE, ALONE])
    assert watched.signals == [(7, signal.SIGHUP)]
    # Not again for a long time, whatever is the reason.
    watched.look([ALONE, ALONE], int(AGAIN_SECONDS / LOOK_SECONDS) - 1)
    assert len(watched.signals) == 1
    watched.look([ALONE, ALONE], LOOKS)
    assert len(watched.signals) == 2


@pytest.mark.parametrize(
    "workers",
    [[], [SHARED, SHARED], [ALONE, SHARED], [(70_000, 80_000)], [(400_000, 900_000)]],
    ids=["none", "shared", "one alone", "small", "large and shared"],
)
def test_others_are_left_as_they_are(watched: Watched, workers: list[Memory]) -> None:
    watched.look(workers, 10 * LOOKS)
    assert watched.signals == []


def test_a_look_at_which_they_share_begins_the_count_anew(watched: Watched) -> None:
    for _ in range(4):
        watched.look([ALONE], LOOKS - 1)
        watched.look([SHARED])
    assert watched.signals == []


def test_it_looks_once_a_minute(watched: Watched) -> None:
    watched.look([ALONE], 3 * LOOKS, LOOK_SECONDS / 3)
    assert len(watched.signals) == 1


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="only Linux tells")
def test_the_memory_of_each_worker_is_what_the_system_says(own: SmallServer) -> None:
    assert pids(own)
    found = sharing.memory_of_workers(own.master.pid)
    assert len(found) == 2
    assert all(0 < alone < whole for alone, whole in found)


def test_of_a_server_that_has_ended_nothing_is_known() -> None:
    assert sharing.memory_of_workers(2**22 + 1) == []


def test_on_the_signal_the_master_builds_anew_and_all_workers_are_replaced(
    own: SmallServer,
) -> None:
    wait_for_processes(own, 2)
    before = children(own)
    own.master.send_signal(signal.SIGHUP)
    wait_until_gone(before, 20)
    wait_for_processes(own, 2)
    assert pids(own) <= children(own)
    assert len(before) == 2
    assert own.master.poll() is None


def children(server: SmallServer) -> set[int]:
    master = server.master.pid
    return set(map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split()))


def test_what_is_built_anew_for_all_is_built_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_cache, "_is_serving", True)
    stamp, built = [1], []

    def build(now: int, last: tuple[int, int] | None) -> tuple[int, int]:
        built.append(now)
        return now, now

    cache = generation_cache.GenerationCache(lambda: stamp[0], build, beside=True)
    monkeypatch.setattr(application, "warm_up", cache.get)
    cache.get()
    stamp[0] = 2
    application.share_anew()
    # In this thread, before anybody is forked.
    assert built == [1, 2]
    assert generation_cache.is_serving()


def test_where_the_database_is_away_workers_are_forked_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(application, "warm_up", away)
    application.share_anew()
    assert "the server closed the connection" in caplog.text
