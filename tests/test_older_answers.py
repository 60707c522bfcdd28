"""While a page is made again, visitors get the one of a moment ago; who is logged in never does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import current_thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from policyhub import kept_answers, older_answers
from policyhub.catalog import generation_cache
from policyhub.catalog.models import CatalogState, Policy
from policyhub.older_answers import MOVES, OFTEN, OlderAnswers, beside
from policyhub.search.finding.current import get_index

pytestmark = pytest.mark.django_db

NAME = "AmazonECS_FullAccess"
PAGE = f"/policies/{NAME}/"
TEXT = b"Written a moment ago."


@pytest.fixture(autouse=True)
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], None]]]:
    """Answer as a server does; what it has made beside waits until a test does it."""
    works: list[Callable[[], None]] = []
    get_index()
    monkeypatch.setattr(generation_cache, "_is_serving", True)
    monkeypatch.setattr(kept_answers, "LARGEST_IN_MEMORY", 1_000_000)
    monkeypatch.setattr(older_answers, "beside", works.append)
    caches["answers"].clear()
    yield works
    caches["answers"].clear()


def write(text: str = TEXT.decode()) -> None:
    """Edit what the page of the policy shows."""
    policy = Policy.objects.get(name=NAME)
    policy.summary = text
    policy.save()


def read_often(client: Client, path: str = PAGE) -> Any:
    """The page as it is, after it has become stale again and again."""
    for number in range(OFTEN - 1):
        client.get(path)
        write(f"Summary {number}.")
    return client.get(path)


def test_visitors_get_the_page_of_a_moment_ago_and_then_todays(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    first = read_often(client)
    assert b"Summary 2." in first.content
    write()
    older = [client.get(PAGE) for _ in range(3)]
    assert {(each.content, each["ETag"]) for each in older} == {(first.content, first["ETag"])}
    # However many ask, it is made once.
    [make] = waiting
    make()
    today = client.get(PAGE)
    assert TEXT in today.content
    assert today["ETag"] != first["ETag"]
    assert waiting == [make]


def test_after_a_single_edit_everybody_gets_todays_page(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    client.get(PAGE)
    write()
    assert TEXT in client.get(PAGE).content
    assert not waiting


def test_who_has_the_page_of_a_moment_ago_is_not_sent_it_again(client: Client) -> None:
    known = {"If-None-Match": read_often(client)["ETag"]}
    write()
    answer = client.get(PAGE, headers=known)
    assert (answer.status_code, answer["ETag"]) == (304, known["If-None-Match"])


def test_who_is_logged_in_gets_todays_page(
    client: Client, admin_client: Client, waiting: list[Callable[[], None]]
) -> None:
    client.handler = admin_client.handler
    for each in (admin_client, client):
        read_often(each)
    write()
    assert TEXT in admin_client.get(PAGE).content
    assert not waiting


def test_who_has_any_cookie_gets_todays_page(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    read_often(client)
    client.cookies["position"] = "0/3000148"
    write()
    assert TEXT in client.get(PAGE).content
    assert not waiting


@pytest.mark.parametrize(
    "path", [f"/policies/{NAME}.json", f"/policies/{NAME}/feed.atom", "/search.json?q=passrole"]
)
def test_programs_get_what_is_todays(
    client: Client, path: str, waiting: list[Callable[[], None]]
) -> None:
    read_often(client, path)
    write()
    client.get(path)
    assert not waiting


def test_where_nobody_serves_a_page_is_todays(
    client: Client, monkeypatch: pytest.MonkeyPatch, waiting: list[Callable[[], None]]
) -> None:
    monkeypatch.setattr(generation_cache, "_is_serving", False)
    read_often(client)
    write()
    assert TEXT in client.get(PAGE).content
    assert not waiting


def test_what_an_older_index_found_is_found_once_for_all_who_ask_meanwhile(
    client: Client, monkeypatch: pytest.MonkeyPatch, waiting: list[Callable[[], None]]
) -> None:
    path, behind = "/search/?q=passrole", True
    monkeypatch.setattr("policyhub.search.finding.views.is_behind", lambda: behind)
    first = read_often(client, path)
    again = client.get(path)
    assert again.content == first.content
    assert (again["Cache-Control"], again.has_header("ETag")) == ("no-store", False)
    behind = False
    [make] = waiting
    make()
    today = client.get(path)
    assert today.has_header("ETag")
    assert today.content != first.content
    assert waiting == [make]


def test_beside_replicas_a_page_is_todays(
    client: Client, monkeypatch: pytest.MonkeyPatch, waiting: list[Callable[[], None]]
) -> None:
    routed = SimpleNamespace(DATABASE_ROUTERS=["policyhub.replicas.routing.ReplicaRouter"])
    monkeypatch.setattr(older_answers, "settings", routed)
    read_often(client)
    write()
    assert TEXT in client.get(PAGE).content
    assert not waiting


def test_a_page_that_was_todays_too_long_ago_is_not_answered() -> None:
    now = 0.0
    older = OlderAnswers(lambda: now)
    for number in range(OFTEN):
        assert older.tag("asked") is None
        older.note("asked", f"tag {number}")
        older.note("asked", f"tag {number}")
    now = older_answers.SECONDS - 0.1
    assert older.tag("asked") == f"tag {OFTEN - 1}"
    now = older_answers.SECONDS + 0.1
    assert older.tag("asked") is None


def test_a_page_that_changes_now_and_then_is_not_answered_as_it_was() -> None:
    now = 0.0
    older = OlderAnswers(lambda: now)
    for number in range(3 * OFTEN):
        older.note("asked", f"tag {number}")
        assert older.tag("asked") is None
        now += older_answers.SECONDS / (OFTEN - 1) + 0.1


def test_while_an_import_goes_on_visitors_get_the_page_of_a_moment_ago(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    client.get(PAGE)
    for number in range(MOVES):
        write(f"Summary {number}.")
        CatalogState.advance()
        assert (f"Summary {number}.".encode() in client.get(PAGE).content) == (number < MOVES - 1)
    [make] = waiting
    make()
    assert f"Summary {MOVES - 1}.".encode() in client.get(PAGE).content


def test_after_a_single_import_everybody_gets_todays_page(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    client.get(PAGE)
    write()
    CatalogState.advance()
    assert TEXT in client.get(PAGE).content
    assert not waiting


def test_an_import_in_parts_keeps_no_visitor_waiting_from_its_first_part_on(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    first = client.get(PAGE)
    write()
    CatalogState.advance()
    CatalogState.announce_parts()
    assert client.get(PAGE).content == first.content
    [make] = waiting
    CatalogState.advance()
    CatalogState.end_parts()
    # It is the second catalogue within a minute: what is asked for is made beside.
    assert client.get(PAGE).content == first.content
    make()
    assert TEXT in client.get(PAGE).content


def test_an_import_that_was_cut_short_is_forgotten_soon(
    client: Client, waiting: list[Callable[[], None]]
) -> None:
    client.get(PAGE)
    write()
    CatalogState.advance()
    long_ago = timezone.now() - timedelta(seconds=1)
    CatalogState.objects.update(importing_until=long_ago)
    assert TEXT in client.get(PAGE).content
    assert not waiting


def test_an_import_is_told_by_several_catalogues_within_a_minute() -> None:
    now = 0.0
    older = OlderAnswers(lambda: now)
    older.note("asked", "tag")
    for state in (1, 2, 1, 2, 1, 2):
        older.see(state)
    # Two threads have read it before and after one change: that is no second one.
    assert older.tag("asked") is None
    now = older_answers.IMPORTING_SECONDS + 0.1
    older.note("asked", "tag")
    older.see(3)
    assert older.tag("asked") is None
    now += 1
    older.see(4)
    assert older.tag("asked") == "tag"
    assert older.tag("never asked") is None


def test_what_can_not_be_made_again_is_logged_and_tried_at_the_next_question(
    waiting: list[Callable[[], None]], caplog: pytest.LogCaptureFixture
) -> None:
    older = OlderAnswers()

    def fail() -> None:
        raise OSError("no room")

    older.renew("asked", fail)
    waiting.pop()()
    assert "could not be made again" in caplog.text
    older.renew("asked", fail)
    assert waiting


def test_pages_are_made_again_in_a_thread_that_leaves_no_connection_open() -> None:
    made: list[str] = []
    beside(lambda: made.append(current_thread().name))
    older_answers._thread().submit(int).result(20)
    assert made[0].startswith("pages")
