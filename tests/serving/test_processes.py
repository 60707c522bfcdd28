"""The processes that serve: stopped, killed, stuck, orphaned."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from policyhub.serving.worker import YOUNG_COLLECTIONS
from tests.serving.conftest import SmallServer, small_server
from tests.serving.raw import answer, asked, connected, described, get, received_within


def pids(server: SmallServer) -> set[int]:
    """The processes that answer, as far as twenty requests at once show them."""
    with ThreadPoolExecutor(20) as pool:
        return {
            seen["pid"]
            for seen in pool.map(lambda _: described(server.port, "/?seconds=0.05"), range(40))
        }


def is_alive(pid: int) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def wait_until_gone(found: set[int], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while any(map(is_alive, found)):
        assert time.monotonic() < ends, f"of {found} some still live"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_server_finishes_what_is_at_hand_and_ends_well(
    own: SmallServer, number: signal.Signals
) -> None:
    with connected(own.port) as busy, connected(own.port) as idle, connected(own.port) as half:
        half.sendall(b"GET / HT")
        busy.sendall(get("/?seconds=1"))
        time.sleep(0.4)
        own.master.send_signal(number)
        assert answer(busy)[0] == 200
        assert own.master.wait(timeout=5) == 0
        assert received_within(idle, 1) == (b"", True)
        assert received_within(half, 1) == (b"", True)


def test_a_killed_process_leaves_no_answer_and_is_replaced(own: SmallServer) -> None:
    found = pids(own)
    with connected(own.port) as busy:
        busy.sendall(get("/?seconds=20"))
        time.sleep(0.4)
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        assert received_within(busy, 5) == (b"", True)
    assert described(own.port)["pid"] not in found


def test_under_load_a_killed_process_costs_its_own_requests_only(own: SmallServer) -> None:
    def ask(_: int) -> int | None:
        with suppress(OSError, IndexError):  # Closed without an answer.
            return asked(own.port, get("/?seconds=0.02"))[0]
        return None

    with ThreadPoolExecutor(4) as pool:
        answers: list[Future[int | None]] = [pool.submit(ask, turn) for turn in range(200)]
        time.sleep(0.3)
        os.kill(described(own.port)["pid"], signal.SIGKILL)
        statuses = [each.result() for each in answers]
    assert set(statuses) <= {200, None}
    assert statuses.count(None) <= 10
    assert statuses[-1] == 200


def test_when_the_master_is_killed_its_processes_go_too(own: SmallServer) -> None:
    found = pids(own)
    assert found
    own.master.kill()
    wait_until_gone(found, 4)


def test_a_process_with_a_request_that_does_not_end_is_replaced() -> None:
    with small_server("1") as server, connected(server.port) as stuck:
        stuck.sendall(get("/?seconds=40"))
        time.sleep(0.4)
        found = pids(server)
        got, closed = received_within(stuck, 15)
        assert (got, closed) == (b"", True)
        assert pids(server) != found


def serve_while_killing(server: SmallServer, number: signal.Signals, kills: int) -> tuple[int, int]:
    """Read from four sides while processes are ended one by one.

    Returns how many requests were answered, and how many had to be asked for twice: those that
    were closed without a byte, as a proxy asks again. None is ever answered in part.
    """
    ended = Event()

    def read(_: int) -> tuple[int, int]:
        answered = again = 0
        while not ended.is_set():
            for attempt in range(2):
                with connected(server.port) as opened:
                    with suppress(OSError):
                        opened.sendall(get("/?seconds=0.02", "Connection: close"))
                    got, _ = received_within(opened, 20)
                if got or attempt:
                    break
                again += 1
            assert got.startswith(b"HTTP/1.1 200 OK")
            assert json.loads(got.partition(b"\r\n\r\n")[2])["pid"]
            answered += 1
        return answered, again

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, turn) for turn in range(4)]
        try:
            for _ in range(kills):
                before = pids(server)
                os.kill(before.pop(), number)
                wait_for_processes(server, 2)
        finally:
            ended.set()
        counts = [reader.result() for reader in readers]
    return sum(answered for answered, _ in counts), sum(again for _, again in counts)


def wait_for_processes(server: SmallServer, count: int) -> None:
    """Wait until so many processes answer, for an ended one is replaced."""
    ends, found = time.monotonic() + 20, 0
    while found < count:
        assert time.monotonic() < ends, "an ended process is not replaced"
        with suppress(OSError, IndexError):  # Asked of the one that is ending.
            found = len(pids(server))


@pytest.mark.endurance
def test_twenty_processes_told_to_end_under_load_lose_no_request(own: SmallServer) -> None:
    answered, again = serve_while_killing(own, signal.SIGTERM, 20)
    assert answered > 500
    assert again == 0


@pytest.mark.endurance
def test_twenty_processes_killed_under_load_lose_no_request_that_is_asked_again(
    own: SmallServer,
) -> None:
    answered, again = serve_while_killing(own, signal.SIGKILL, 20)
    assert answered > 500
    # Each had at most what four readers and the look at its processes were asking.
    assert again <= 20 * 4


@pytest.mark.endurance
def test_a_process_that_hangs_is_killed_and_replaced_without_an_answer(own: SmallServer) -> None:
    found = pids(own)
    with connected(own.port) as busy:
        busy.sendall(get("/?seconds=60"))
        time.sleep(0.4)
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        assert received_within(busy, 45) == (b"", True)
    wait_until_gone(found, 5)
    assert described(own.port)["pid"] not in found


def test_all_garbage_is_looked_for_while_nobody_asks(own: SmallServer) -> None:
    before = described(own.port, f"/?young={YOUNG_COLLECTIONS}&seconds=2.5")
    ends = time.monotonic() + 20
    while (now := described(own.port))["pid"] != before["pid"] or now["full"] == before["full"]:
        assert time.monotonic() < ends, "garbage is not looked for"
        time.sleep(0.2)
    # Two seconds with a request at hand were none to look for it in.
    assert now["full"] == before["full"] + 1
