"""No request, however odd, breaks an answer; through the server, none takes long or leaks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.fuzzing import Fuzzed, requests, routes
from tests.servers import StartedServer, started

SECONDS = 5.0
# Caches fill while the first requests are answered.
WARM_UP, WHOLE = 2_000, 10_000
MAY_GROW = 1.05


def test_every_kind_of_route_is_asked() -> None:
    known = set(routes())
    assert {"/policies.json", "/policies/<policy:name>/", "/aws/", "/login/", "/healthz"} <= known
    assert any(route.startswith("/admin/") for route in known)


@pytest.mark.django_db
def test_three_hundred_odd_requests_break_nothing() -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    for asked in requests(seed=13, count=300):
        headers = {name: value for name, value in asked.headers.items() if value}
        answer = client.generic(
            asked.method,
            asked.target,
            asked.body,
            headers.pop("Content-Type", "application/octet-stream"),
            headers=headers,
        )
        for piece in answer:
            assert isinstance(piece, bytes)
        assert answer.status_code != 500, asked


@pytest.mark.endurance
def test_ten_thousand_odd_requests_are_answered_soon_and_leave_no_memory_behind(
    tmp_path: Path,
) -> None:
    with started(tmp_path / "data") as server:
        broken, slow, statuses = _ask(server, requests(1, WARM_UP))
        before = _workers_memory(server)
        more_broken, more_slow, more = _ask(server, requests(2, WHOLE))
        after = _workers_memory(server)
    print(f"\n{statuses + more}; workers hold {before / 1e6:.0f}, then {after / 1e6:.0f} MB")
    assert not broken + more_broken
    assert not slow + more_slow
    assert after <= before * MAY_GROW


def _ask(
    server: StartedServer, all_asked: Iterator[Fuzzed]
) -> tuple[list[Fuzzed], list[tuple[float, Fuzzed]], Counter[int]]:
    """Ask one after the other; what broke or was not answered, what was slow, the statuses."""
    broken, slow, statuses = [], [], Counter[int]()
    for asked in all_asked:
        began = time.monotonic()
        status = _status(server, asked)
        statuses[status] += 1
        if status in (0, 500):
            broken.append(asked)
        if (seconds := time.monotonic() - began) > SECONDS:
            slow.append((seconds, asked))
    return broken, slow, statuses


def _status(server: StartedServer, asked: Fuzzed) -> int:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        connection.request(asked.method, asked.target, asked.body or None, asked.headers)
        answer = connection.getresponse()
        while answer.read(65_536):
            pass
        return answer.status
    except (HTTPException, OSError):
        return 0
    finally:
        connection.close()


def _workers_memory(server: StartedServer) -> int:
    """What the workers use in bytes; pages shared with their master count from the start."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    return sum(_resident(pid) for pid in children.read_text().split())


def _resident(pid: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
