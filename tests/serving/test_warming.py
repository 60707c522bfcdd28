"""Pages of policies are made before anybody asks for them, once nothing changes any more."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError
from django.http import HttpRequest
from django.test import override_settings

from policyhub.catalog.models import CatalogState, Policy
from policyhub.serving import warming
from policyhub.serving.warming import NotedVisitor, Watch, addresses, beside, make_pages
from tests.servers import started
from tests.serving.children import children, until
from tests.serving.running import wait_until_made

HOST = {"HTTP_HOST": "policyhub.example.com:8443", "wsgi.url_scheme": "http"}
VISITOR = HOST | {"HTTP_X_FORWARDED_PROTO": "https", "SERVER_NAME": "127.0.0.1"}


class Answers:
    """A WSGI application that answers with a status."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response(self.status, [("Content-Type", "text/plain")])
        return [b"answered"]


def ask(application: Callable[..., Any], path: str, **environ: str) -> bytes:
    asked: dict[str, Any] = {"PATH_INFO": path, **VISITOR, **environ}
    setup_testing_defaults(asked)
    return b"".join(application(asked, lambda *_: len))


def test_how_a_visitor_reached_the_server_is_noted_once(tmp_path: Path) -> None:
    file = tmp_path / "visitor.json"
    application = NotedVisitor(Answers(), file)
    own = {"HTTP_USER_AGENT": "curl", "REMOTE_ADDR": "192.0.2.7"}
    answer = ask(application, "/policies/", HTTP_X_FORWARDED_FOR="192.0.2.8", **own)
    assert answer == b"answered"
    known = json.loads(file.read_text())
    # Nothing of who that was.
    assert VISITOR.items() <= known.items()
    assert not {"HTTP_USER_AGENT", "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"} & set(known)
    ask(application, "/policies/", HTTP_HOST="another.example.com")
    assert json.loads(file.read_text()) == known


@pytest.mark.parametrize(
    ("status", "path", "environ"),
    [
        ("200 OK", "/policies.json", {}),
        ("200 OK", "/simulate/", {"REQUEST_METHOD": "POST"}),
        ("200 OK", "/policies/", {"HTTP_COOKIE": "sessionid=1"}),
        ("302 Found", "/policies/", {}),
        ("400 Bad Request", "/policies/", {"HTTP_HOST": "unknown.example.com"}),
    ],
)
def test_only_a_visitor_who_gets_a_page_is_noted(
    status: str, path: str, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "visitor.json"
    assert ask(NotedVisitor(Answers(status), file), path, **environ) == b"answered"
    assert not file.exists()


def test_where_it_can_not_be_noted_the_visitor_is_answered(tmp_path: Path) -> None:
    assert ask(NotedVisitor(Answers(), tmp_path / "gone" / "file"), "/policies/") == b"answered"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> tuple[WSGIHandler, list[tuple[str, str]]]:
    """The application, and the addresses with the statuses of what it was asked for."""
    addresses: list[tuple[str, str]] = []
    made = get_wsgi_application()
    get_response = made.get_response

    def noted(request: HttpRequest) -> object:
        answer = get_response(request)
        addresses.append((request.build_absolute_uri(), str(answer.status_code)))
        return answer

    monkeypatch.setattr(made, "get_response", noted)
    return made, addresses


@pytest.mark.django_db
@override_settings(ALLOWED_HOSTS=["policyhub.example.com"])
def test_each_page_is_asked_for_at_the_address_that_visitors_use(
    asked: tuple[WSGIHandler, list[tuple[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "MOST_PAGES", 3)
    make_pages(asked[0], HOST)
    names = Policy.objects.order_by("name").values_list("name", flat=True)[:3]
    root = "http://policyhub.example.com:8443"
    assert asked[1] == [(f"{root}/policies/{name}/", "200") for name in names]


@pytest.mark.django_db
def test_the_pages_of_all_policies_come_before_those_one_asks_for_later() -> None:
    count = Policy.objects.count()
    made = list(addresses())
    assert len(made) == len(set(made)) == 4 * count
    ends = [each.rpartition("/")[2] or each.split("/")[-2] for each in made[count - 1 :: count]]
    assert ends[1:3] == ["permissions", "document"]
    assert made[-1].endswith(".json")


class Clock:
    """Seconds that pass when a test says so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each time that pages were made, in whichever process."""
    lines = tmp_path / "made"

    def make(_: object, visitor: dict[str, str]) -> None:
        with lines.open("a") as file:
            file.write(f"{visitor['HTTP_HOST']}\n")

    lines.touch()
    monkeypatch.setattr(warming, "make_pages", make)
    return lines


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Iterator[Watch]:
    file = tmp_path / "visitor.json"
    file.write_text(json.dumps(HOST))
    each = Watch(get_wsgi_application(), file, clock)
    yield each
    each.close()


def look(watch: Watch, clock: Clock, seconds: float) -> None:
    """Look after so many seconds, and wait for what is made."""
    clock.seconds += seconds
    watch.look()
    if watch._maker:
        watch._maker.join(20)


def test_pages_are_made_once_what_they_hang_on_has_lasted(
    watch: Watch, clock: Clock, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: object = "first"
    monkeypatch.setattr(watch, "_state", lambda: state)
    look(watch, clock, 0)
    look(watch, clock, warming.SETTLED_SECONDS - 1)
    assert not made.read_text()
    state = "second"
    look(watch, clock, 1)
    look(watch, clock, warming.SETTLED_SECONDS - 1)
    assert not made.read_text()
    look(watch, clock, 1)
    assert made.read_text() == f"{HOST['HTTP_HOST']}\n"
    look(watch, clock, 1_000)
    assert made.read_text().count("\n") == 1
    state = "third"
    look(watch, clock, 1)
    look(watch, clock, 1_000)
    assert made.read_text().count("\n") == 2


def test_where_it_fails_the_log_says_so_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise OSError("no process can be made")

    monkeypatch.setattr(warming, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(Watch, "look", fail)
    before = children()
    with (
        override_settings(WARMING=True, DATA_DIR=tmp_path),
        beside(get_wsgi_application()) as process,
    ):
        until(lambda: children() == before)
        assert isinstance(process.application, NotedVisitor)
    said = capfd.readouterr().err
    assert "pages are no longer made in advance" in said
    assert "no process can be made" in said


def test_when_the_data_moves_its_pages_are_made_no_further(
    watch: Watch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = ["first"]
    monkeypatch.setattr(watch, "_state", lambda: states[-1])
    monkeypatch.setattr(warming, "make_pages", lambda *_: time.sleep(60))
    watch.look()
    clock.seconds += warming.SETTLED_SECONDS
    watch.look()
    maker = watch._maker
    assert maker
    assert maker.is_alive()
    states.append("second")
    watch.look()
    assert not maker.is_alive()


@pytest.mark.django_db
def test_pages_hang_on_the_data_the_day_and_how_visitors_come(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [watch._state()]
    for move in (
        CatalogState.advance,
        CatalogState.advance_prose,
        lambda: CatalogState.objects.update(history_done=7),
        lambda: monkeypatch.setattr(warming, "today", lambda: "2030-01-01"),
        lambda: watch._file.write_text(json.dumps(HOST | {"HTTP_HOST": "localhost"})),
    ):
        move()
        states.append(watch._state())
    assert len(set(states)) == len(states)
    assert watch._state() == states[-1]


@pytest.mark.parametrize("text", [None, "", '{"HTTP_HOST"'])
def test_before_anybody_has_come_nothing_is_made(watch: Watch, text: str | None) -> None:
    if text is None:
        watch._file.unlink()
    else:
        watch._file.write_text(text)
    assert watch._state() is None


def test_while_the_database_is_away_nothing_is_made(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(CatalogState, "current", away)
    assert watch._state() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_a_process_beside_the_server_makes_them_and_ends_with_it(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(warming, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(Watch, "_state", lambda watch: warming.read_visitor(watch._file) and "is")
    before = children()
    with (
        override_settings(WARMING=True, DATA_DIR=tmp_path),
        beside(get_wsgi_application()),
    ):
        [watching] = children() - before
        # Of another session it would not give way.
        assert os.getsid(int(watching)) == os.getsid(0)
        until(lambda: os.getpriority(os.PRIO_PROCESS, int(watching)) == warming.NICENESS)
        NotedVisitor(Answers(), tmp_path / "visitor.json")({**HOST, **page()}, lambda *_: len)
        until(lambda: made.read_text() != "")
    until(lambda: children() == before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be forked here")
def test_it_ends_with_the_server_at_whichever_moment_that_is(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(warming, "SETTLED_SECONDS", 0.0)
    # Each look begins a process, and the next one ends it.
    monkeypatch.setattr(Watch, "_state", lambda _: time.monotonic() // 0.01)
    before = children()
    for number in range(25):
        with override_settings(WARMING=True, DATA_DIR=tmp_path), beside(get_wsgi_application()):
            time.sleep(number * 0.003)
    until(lambda: children() == before)


def page() -> dict[str, str]:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/policies/"}


@pytest.mark.parametrize("is_on", [True, False])
def test_where_it_is_off_or_processes_can_not_be_forked_nobody_watches(
    is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_on:
        monkeypatch.delattr(os, "fork")
    made = get_wsgi_application()
    with override_settings(WARMING=is_on), beside(made) as process:
        assert process.application is made


@pytest.mark.endurance
def test_a_server_answers_every_page_of_a_policy_from_what_was_made(tmp_path: Path) -> None:
    with started(tmp_path / "data", POLICYHUB_WARMING="on") as server:
        began = time.monotonic()
        kept = wait_until_made(server, tmp_path / "data" / "answers")
        print(f"\n{kept:,} answers after {time.monotonic() - began:.0f} s")
