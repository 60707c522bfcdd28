"""The long proofs: connections kept for minutes, a reader who thinks between two clicks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import require
from tests.servers import StartedServer, started
from tests.serving.raw import asked, connected, get, received_within

pytestmark = pytest.mark.endurance

HELD_SECONDS = 120
MOST_SECONDS = 0.3
HALF_SENT = (
    b"GET / HTTP/1.1\r\nHo",
    b"POST /simulate.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
)
# A page of each kind, in the order in which a reader comes to them.
CLICKS = (
    "/policies/",
    "/policies/AmazonECS_FullAccess/",
    "/services/ecs/",
    "/actions/ecs:RunTask/",
    "/changes/",
    "/search/?q=passrole",
)
PAUSE_SECONDS = 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedServer]:
    with started(tmp_path_factory.mktemp("patience") / "data") as running:
        yield running


def test_for_two_minutes_idle_and_half_sent_connections_slow_nothing_down(
    server: StartedServer,
) -> None:
    port = int(server.url.rpartition(":")[2])
    paths = ("/healthz", "/policies/AmazonECS_FullAccess/")
    for path in paths * 4:  # What a page needs once is made now.
        asked(port, get(path))
    seconds: list[float] = []
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(4)]
        half = [stack.enter_context(connected(port)) for _ in range(4)]
        for number, each in enumerate(half):
            each.sendall(HALF_SENT[number % 2])
        ends = time.monotonic() + HELD_SECONDS
        while time.monotonic() < ends:
            for number, each in enumerate(half):
                if received_within(each, 0.001) == (b"", True):  # In vain: another in its place.
                    half[number] = stack.enter_context(connected(port))
                    half[number].sendall(HALF_SENT[number % 2])
            for path in paths:
                began = time.monotonic()
                assert asked(port, get(path))[0] == 200
                seconds.append(time.monotonic() - began)
            time.sleep(0.5)
        assert {received_within(each, 0.01)[0] for each in idle} == {b""}
    print(f"{len(seconds)} answers, the slowest in {max(seconds):.3f} s")
    assert max(seconds) < MOST_SECONDS


def test_an_everyday_browser_gets_each_page_after_each_pause(
    server: StartedServer, tmp_path: Path
) -> None:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    require(found is not None, "Chromium is not installed", "apt-get install chromium")
    with sync_playwright() as playwright:
        # As a person has it: a profile, and none of the switches that tests usually set, which
        # keep it from opening connections in advance.
        profile = tmp_path / "profile"
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=found,
            ignore_default_args=True,
            args=[
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
            ],
        )
        page = context.new_page()
        page.goto(server.url)
        for path in CLICKS:
            time.sleep(PAUSE_SECONDS)
            # A link like those of the page itself, clicked by its place as a person does.
            page.evaluate(
                "path => { const link = document.createElement('a'); link.href = path;"
                " link.id = 'next'; link.textContent = 'next'; document.body.prepend(link); }",
                path,
            )
            with page.expect_navigation(url=f"**{path}") as navigation:
                page.click("#next")
            answer = navigation.value
            assert answer is not None
            assert answer.status == 200, path
            assert "Policyhub" in page.title()
        context.close()
