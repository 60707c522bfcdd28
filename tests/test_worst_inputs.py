"""The costliest questions through a real server, two at once, beside what answers at once."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.servers import started
from tests.worst_inputs import WorstInput, worst_inputs

SECONDS = 5.0
AT_ONCE = 0.3
LIGHT = ("/healthz", "/policies/AmazonECS_FullAccess/")


def seconds_of(url: str, asked: WorstInput | None = None, path: str = "") -> tuple[float, int]:
    """How long an answer takes to its last byte, and its status."""
    request = urllib.request.Request(url + (asked.path if asked else path))  # noqa: S310
    if asked and asked.posted is not None:
        request.data = asked.posted
        request.add_header("Content-Type", asked.content_type)
        request.add_header("HX-Request", "true")
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    return time.monotonic() - began, status


def ask_twice(url: str, asked: WorstInput) -> tuple[list[tuple[float, int]], list[float]]:
    """Ask it two times at once; meanwhile the light pages, one after the other."""
    found: list[tuple[float, int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(seconds_of(url, asked))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    light: list[float] = []
    while any(thread.is_alive() for thread in threads):
        light += (seconds_of(url, path=path)[0] for path in LIGHT)
        time.sleep(0.05)
    return found, light


@pytest.mark.endurance
def test_the_worst_inputs_answer_in_time_and_hold_nothing_up(tmp_path: Path) -> None:
    late: list[Sequence[object]] = []
    with started(tmp_path / "data") as server:
        seconds_of(server.url, path="/policies/AmazonECS_FullAccess/")
        for asked in worst_inputs():
            found, light = ask_twice(server.url, asked)
            slowest, slow_light = max(each for each, _ in found), max(light, default=0.0)
            statuses = sorted(status for _, status in found)
            print(f"{slowest:6.2f} s  {slow_light:5.2f} s  {statuses}  {asked.name}", flush=True)
            if slowest > SECONDS or slow_light > AT_ONCE or statuses[-1] in (500, 502):
                late.append((asked.name, slowest, slow_light, statuses))
    assert not late, late
