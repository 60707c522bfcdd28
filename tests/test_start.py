"""`manage.py start` and `check --deploy`, run as a newcomer runs them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import feedparser
import pytest
from django.core.management import CommandError, call_command

from policyhub.http import LONGEST_ADDRESS
from policyhub.serving import preparing
from policyhub.serving.connections import THREADS
from tests.servers import ROOT, FirstStart, StartedServer, environment, free_port, manage, started
from tests.serving.raw import connected, received_within

HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"


def body_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own server
        text: str = answer.read().decode()
        return text


@pytest.fixture(scope="module")
def data_dir(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a first start left, to go on with."""
    folder = tmp_path_factory.mktemp("start") / "data"
    shutil.copytree(first_start.folder, folder)
    return folder


def test_a_first_start_prepares_everything_and_answers(first_start: FirstStart) -> None:
    assert "migrations applied" in first_start.output
    assert "1,582" in first_start.output
    assert "Deployment checks: clean" in first_start.output
    assert "1,582" in first_start.home_page


def test_control_c_ends_it_cleanly(first_start: FirstStart) -> None:
    assert first_start.status == 0
    assert "Traceback" not in first_start.output


def test_everything_kept_is_for_its_owner_alone(first_start: FirstStart) -> None:
    kept = [first_start.folder, *first_start.folder.rglob("*")]
    assert len(kept) > 100
    assert [each for each in kept if each.stat().st_mode & 0o077] == []


def test_the_secret_key_is_kept_and_only_its_owner_reads_it(first_start: FirstStart) -> None:
    key = first_start.folder / "secret-key"
    assert len(key.read_text()) >= 50
    assert key.stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def second(data_dir: Path) -> Iterator[StartedServer]:
    """A second start, which goes on answering."""
    with started(data_dir) as server:
        yield server


def test_a_second_start_finds_every_step_done(second: StartedServer) -> None:
    assert "tables are up to date" in second.output
    assert second.output.count("already") >= 3
    assert "Search: in memory" in second.output
    assert "1,582" in body_of(f"{second.url}/")


def test_the_server_takes_the_longest_address_that_pages_offer(second: StartedServer) -> None:
    path = "/search/?q=passrole&" + "x" * (LONGEST_ADDRESS - len("/search/?q=passrole&"))
    with urllib.request.urlopen(f"{second.url}{path}", timeout=20) as answer:  # noqa: S310
        assert answer.status == 200


def test_pages_are_answered_while_more_connections_idle_than_there_are_threads(
    second: StartedServer,
) -> None:
    port = int(second.url.rpartition(":")[2])
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(2 * THREADS + 4)]
        half = [stack.enter_context(connected(port)) for _ in range(2 * THREADS + 4)]
        for number, each in enumerate(half):
            each.sendall((b"GET / HTTP/1.1\r\nHo", HALF_A_BODY)[number % 2])
        for _ in range(3):
            assert body_of(f"{second.url}/healthz") == "ok"
            assert "ecs" in body_of(f"{second.url}/policies/AmazonECS_FullAccess/")
            time.sleep(1)
        assert {received_within(each, 0.01) for each in idle} == {(b"", False)}


@pytest.mark.parametrize("path", ["/changes/feed.atom?access=widened", "/changes/feed.rss"])
def test_a_feed_reader_does_not_get_again_what_it_has(second: StartedServer, path: str) -> None:
    read = feedparser.parse(f"{second.url}{path}")
    assert not read.bozo
    assert read.version in ("atom10", "rss20")
    assert all(each.id and each.title and each.published_parsed for each in read.entries)
    for known in ({"etag": read.etag}, {"modified": read.modified}):
        again = feedparser.parse(f"{second.url}{path}", **known)
        assert (again.status, again.entries) == (304, [])


def test_with_little_memory_the_database_is_asked(data_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(data_dir, tmp_path / "data")
    with started(tmp_path / "data", POLICYHUB_MEMORY_MB="1") as server:
        assert "Search: in the database, texts of 1,58" in server.output
        assert "AmazonECS_FullAccess" in body_of(f"{server.url}/search/?q=ecs_full")
        assert "AmazonECS_FullAccess" in body_of(f"{server.url}/who-can/?action=ecs:RunTask")


ONE_PROCESS = """
import django, sys
django.setup()
from policyhub.serving.application import load_application
from policyhub.serving.server import serve_from_one_process
ready = lambda: print("ready", flush=True)
serve_from_one_process(load_application(), "127.0.0.1", int(sys.argv[1]), ready)
"""


def test_it_also_serves_where_processes_cannot_be_forked(data_dir: Path) -> None:
    port = str(free_port())
    variables = environment(data_dir, DJANGO_SETTINGS_MODULE="policyhub.settings")
    with subprocess.Popen(
        [sys.executable, "-c", ONE_PROCESS, port],
        cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            assert "1,582" in body_of(f"http://127.0.0.1:{port}/")
        finally:
            process.terminate()


def test_the_deployment_checks_are_clean(data_dir: Path) -> None:
    for https in ("off", "on"):
        done = manage(
            data_dir, "check", "--deploy", "--fail-level", "WARNING", POLICYHUB_HTTPS=https
        )
        assert done.returncode == 0, done.stderr


def test_a_taken_port_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = manage(tmp_path / "data", "start", "--port", port)
    assert done.returncode == 1
    assert f"can't listen on 127.0.0.1 port {port}" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / "data" / "policyhub.sqlite3").exists()


# The last of those that use the second start: it takes its database away.
def test_it_is_ready_until_its_database_is_gone_and_does_not_make_it_again(
    second: StartedServer, data_dir: Path
) -> None:
    file = data_dir / "policyhub.sqlite3"
    ready = {"database": "ok", "reference": "ok", "index": "ok", "history": "complete"}
    assert json.loads(body_of(f"{second.url}/readyz")) == ready
    file.unlink()
    for path in ("/readyz", "/policies/"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            body_of(f"{second.url}{path}")
        assert raised.value.code == 503
        raised.value.close()
    assert body_of(f"{second.url}/healthz") == "ok"
    assert not file.exists()


@pytest.mark.parametrize("arguments", [("--port", "99999"), ("--workers", "0")])
def test_invalid_arguments_get_a_sentence(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]
) -> None:
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    with pytest.raises(CommandError, match=f"{arguments[0]}.* number"):
        call_command("start", *arguments)


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    done = manage(tmp_path / "data", "start")
    assert done.returncode == 1
    assert "POLICYHUB_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_a_data_folder_that_cannot_be_made_is_named() -> None:
    done = manage(Path("/proc/policyhub"), "start")
    assert done.returncode == 1
    assert "the data folder /proc/policyhub can't be written" in done.stderr
    assert "POLICYHUB_DATA_DIR" in done.stderr


def test_a_data_folder_without_write_access_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write everywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(preparing.PreparationError, match="give its owner write access"):
        preparing.require_writable(tmp_path)


def test_a_broken_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "policyhub.sqlite3").write_bytes(b"this is no database" * 500)
    done = manage(tmp_path, "start")
    assert done.returncode == 1
    assert str(tmp_path / "policyhub.sqlite3") in done.stderr
    assert "restore it from a backup" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_server_that_is_down_is_named(tmp_path: Path) -> None:
    done = manage(tmp_path, "start", DATABASE_URL="postgresql://u:p@127.0.0.1:1/policyhub")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_REPLICA_URL", "postgresql://u:p@127.0.0.1/policyhub"),
        ("DEBUG", "maybe"),
        ("POLICYHUB_LOGIN_REQUIRED", "2"),
        ("POLICYHUB_MEMORY_MB", "-5"),
    ],
)
def test_an_invalid_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = manage(tmp_path, "check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Invalid setting: {name}")
