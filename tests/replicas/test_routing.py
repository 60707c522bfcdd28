"""Where the queries of a request go, what a write changes, and what a failing replica costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from policyhub.catalog.models import CatalogState, Policy
from policyhub.replicas import middleware, routing
from policyhub.replicas.middleware import COOKIE, read_from_replicas
from policyhub.replicas.positions import Primary
from policyhub.replicas.routing import ReplicaRouter, reading_from
from policyhub.search.models import FoundText
from policyhub.workbench.models import WatchedPolicy

router = ReplicaRouter()


@pytest.fixture(autouse=True)
def replica(monkeypatch: pytest.MonkeyPatch) -> Primary:
    """A second connection to go by; returns what is known of the primary."""
    one = Primary()
    monkeypatch.setattr(routing, "primary", one)
    monkeypatch.setitem(connections.settings, "replica_1", connections.settings["default"])
    return one


def test_outside_of_a_request_everything_is_read_from_the_primary() -> None:
    assert router.db_for_read(Policy) == "default"


@pytest.mark.parametrize("model", [Policy, CatalogState, FoundText])
def test_the_catalogue_and_the_search_are_read_from_a_replica(model: Any) -> None:
    with reading_from("replica_1"):
        assert router.db_for_read(model) == "replica_1"
    assert router.db_for_read(model) == "default"


@pytest.mark.parametrize("model", [User, Session, WatchedPolicy])
def test_accounts_sessions_and_what_people_keep_are_read_from_the_primary(model: Any) -> None:
    with reading_from("replica_1"):
        assert router.db_for_read(model) == "default"


def test_after_a_write_a_request_reads_from_the_primary(replica: Primary) -> None:
    with reading_from("replica_1") as reading:
        assert router.db_for_write(Policy) == "default"
        assert router.db_for_read(Policy) == "default"
    assert reading.has_written
    assert replica._is_due()


def test_inside_of_a_transaction_the_primary_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "in_atomic_block", True)
    with reading_from("replica_1"):
        assert router.db_for_read(Policy) == "default"


def test_a_write_counts_again_when_its_transaction_ends(
    replica: Primary, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending: list[Callable[[], object]] = []
    monkeypatch.setattr(connections["default"], "in_atomic_block", True)
    monkeypatch.setattr(transaction, "on_commit", ending.append)
    router.db_for_write(Policy)
    replica._seen_writes, replica._next_look = replica._writes, float("inf")
    assert not replica._is_due()
    for each in ending:
        each()
    assert replica._is_due()


def test_rows_of_a_replica_belong_to_the_primary_s_and_only_that_is_migrated() -> None:
    assert router.allow_relation(Policy(), Policy())
    assert router.allow_migrate("default", "catalog")
    assert not router.allow_migrate("replica_1", "catalog")


class Pool:
    """A pool that always has a replica to offer."""

    def __init__(self) -> None:
        self.needed: list[int] = []
        self.shelved: list[str] = []

    def choose(self, needed: int = 0) -> str:
        self.needed.append(needed)
        return "replica_1"

    def shelve(self, alias: str, error: BaseException) -> None:
        self.shelved.append(alias)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    made = Pool()
    monkeypatch.setattr(middleware, "pool", made)
    monkeypatch.setattr(middleware, "written", lambda: 4_711)
    return made


View = Callable[[HttpRequest], HttpResponse]


def told_database(request: HttpRequest) -> HttpResponse:
    """A view that answers with the database it would read from."""
    return HttpResponse(router.db_for_read(Policy))


def writes(request: HttpRequest) -> HttpResponse:
    router.db_for_write(Policy)
    return told_database(request)


def ask(view: View, method: str = "get", path: str = "/policies/", **cookies: str) -> HttpResponse:
    request = getattr(RequestFactory(), method)(path)
    request.COOKIES |= cookies
    return read_from_replicas(view)(request)


@pytest.mark.parametrize(
    ("method", "path", "database"),
    [
        ("get", "/policies/", b"replica_1"),
        ("head", "/policies.json", b"replica_1"),
        ("post", "/simulate/", b"default"),
        ("put", "/policies/", b"default"),
        ("get", "/admin/catalog/policy/", b"default"),
        ("get", "/account/tokens/", b"default"),
        ("get", "/login/", b"default"),
    ],
)
def test_only_what_reads_goes_to_a_replica(
    pool: Pool, method: str, path: str, database: bytes
) -> None:
    answer = ask(told_database, method, path)
    assert answer.content == database
    assert not answer.cookies


def test_whoever_wrote_takes_the_position_along(pool: Pool) -> None:
    answer = ask(writes, "post")
    given = answer.cookies[COOKIE]
    assert (given.value, given["httponly"], given["samesite"]) == ("4711", True, "Lax")
    assert "private" in answer["Cache-Control"]
    ask(told_database, **{COOKIE: given.value})
    assert pool.needed == [4_711]


def test_a_get_that_writes_reads_from_the_primary_from_then_on(pool: Pool) -> None:
    answer = ask(writes)
    assert answer.content == b"default"
    assert COOKIE in answer.cookies


@pytest.mark.parametrize("text", ["", "-1", "4.5", "x", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 400])
def test_a_cookie_that_is_no_position_asks_for_nothing(pool: Pool, text: str) -> None:
    ask(told_database, **{COOKIE: text})
    assert pool.needed == [0]


def test_where_the_primary_is_gone_after_a_write_the_answer_is_given_all_the_same(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(middleware, "written", gone)
    assert ask(writes, "post").status_code == 200


def fails_on_a_replica(request: HttpRequest) -> HttpResponse:
    """A view of which the replica's connection breaks; failures have their shape already."""
    alias = router.db_for_read(Policy)
    if alias == "default":
        return HttpResponse("whole")

    def breaks(*_: Any) -> None:
        raise OperationalError("terminating connection due to administrator command")

    for wrapper in connections[alias].execute_wrappers:
        with pytest.raises(OperationalError):
            wrapper(breaks, "SELECT 1", (), False, {})
    return HttpResponse("half", status=503)


def test_a_request_that_a_replica_fails_is_answered_by_the_primary(pool: Pool) -> None:
    answer = ask(fails_on_a_replica)
    assert (answer.status_code, answer.content) == (200, b"whole")
    assert pool.shelved == ["replica_1"]
    assert connections["replica_1"].execute_wrappers == []


def test_a_failure_that_is_no_replica_s_is_not_asked_for_again(pool: Pool) -> None:
    asked: list[str] = []

    def busy(request: HttpRequest) -> HttpResponse:
        asked.append(request.path)
        return HttpResponse("busy", status=503)

    assert ask(busy).status_code == 503
    assert asked == ["/policies/"]
    assert pool.shelved == []
