"""Which database a request reads from: a replica that has all that the reader must see."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import OperationalError

from policyhub.catalog.models import CatalogState
from policyhub.replicas import positions
from policyhub.replicas.checks import check_replicas
from policyhub.replicas.positions import ANOTHER, OK, OLDER, SILENT, Primary, Replicas

CLUSTER = 7


@dataclass
class Databases:
    """What a primary and its replicas answer, and how often each was asked."""

    primary: int | None = 1_000
    replicas: dict[str, tuple[int, ...] | None] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: float = 100.0

    def ask(self, alias: str, query: str) -> tuple[int, ...]:
        self.asked.append(alias)
        if alias == "default":
            if self.primary is None:
                raise OperationalError("the primary is gone")
            return self.primary, CLUSTER
        told = self.replicas[alias]
        if told is None:
            raise OperationalError("connection to 10.0.0.7 refused")
        return told

    def wait(self, seconds: float) -> None:
        self.now += seconds


def at(position: int, cluster: int = CLUSTER, is_replica: int = 1, generation: int = 5) -> tuple[
    int, ...
]:  # fmt: skip
    """What a replica says that has come to a position."""
    return position, cluster, is_replica, generation, 0


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> Databases:
    """A primary and two replicas that have all of it."""
    found = Databases(replicas={"one": at(1_000), "two": at(1_000)})
    monkeypatch.setattr(positions, "replicas", lambda: list(found.replicas))
    monkeypatch.setattr(positions, "_ask", found.ask)
    monkeypatch.setattr("policyhub.replicas.positions.time.monotonic", lambda: found.now)
    monkeypatch.setattr(
        positions, "connections", dict.fromkeys(("default", *found.replicas), _Closing())
    )
    monkeypatch.setattr(CatalogState, "newest", lambda: (5, 0))
    return found


class _Closing:
    def close(self) -> None: ...


@pytest.fixture
def pool(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Replicas:
    """A pool that has not asked anybody yet, also for the check."""
    made = Replicas(Primary())
    monkeypatch.setattr("policyhub.replicas.checks.pool", made)
    return made


def test_replicas_take_turns(pool: Replicas) -> None:
    assert [pool.choose() for _ in range(4)] == ["one", "two", "one", "two"]


def test_the_primary_is_asked_once_a_second_and_not_for_each_request(
    pool: Replicas, databases: Databases
) -> None:
    for _ in range(10):
        pool.choose()
    assert databases.asked.count("default") == 1
    databases.wait(1.0)
    pool.choose()
    assert databases.asked.count("default") == 2


def test_without_a_word_from_the_primary_ever_no_replica_is_trusted(
    pool: Replicas, databases: Databases
) -> None:
    databases.primary = None
    assert pool.choose() == "default"


def test_while_the_primary_is_gone_the_replicas_answer(
    pool: Replicas, databases: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    pool.choose()
    databases.primary = None
    databases.wait(60)
    assert [pool.choose() for _ in range(3)] == ["two", "one", "two"]
    assert databases.asked.count("default") == 2
    assert "the primary is gone" in caplog.text


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(at(999), id="behind the primary"),
        pytest.param(at(1_000, generation=4), id="an older catalogue than this process has read"),
        pytest.param(at(1_000, cluster=8), id="a replica of another database"),
        pytest.param(at(1_000, is_replica=0), id="a database of its own"),
        pytest.param(None, id="down"),
    ],
)
def test_a_replica_that_lacks_something_is_skipped(
    pool: Replicas, databases: Databases, told: tuple[int, ...] | None
) -> None:
    databases.replicas["one"] = told
    assert {pool.choose() for _ in range(4)} == {"two"}
    databases.replicas["two"] = told
    assert {pool.choose() for _ in range(4)} == {"default"}


def test_whoever_wrote_reads_only_what_has_followed(pool: Replicas, databases: Databases) -> None:
    databases.replicas = {"one": at(1_000), "two": at(1_200)}
    assert {pool.choose(needed=1_100) for _ in range(4)} == {"two"}
    assert {pool.choose(needed=1_300) for _ in range(4)} == {"default"}
    databases.replicas["one"] = at(1_300)
    assert {pool.choose(needed=1_300) for _ in range(4)} == {"one"}


def test_a_replica_may_be_as_far_behind_as_the_last_look_and_no_further(
    pool: Replicas, databases: Databases
) -> None:
    del databases.replicas["two"]
    assert pool.primary.look() == 1_000
    databases.primary = 1_500
    databases.wait(1.0)
    assert pool.primary.look() == 1_000
    databases.wait(1.0)
    assert pool.primary.look() == 1_500


def test_after_a_write_of_this_process_it_must_have_that_too(
    pool: Replicas, databases: Databases
) -> None:
    pool.choose()
    databases.primary = 1_500
    pool.primary.note_write()
    assert pool.choose() == "default"
    databases.replicas["two"] = at(1_500)
    assert pool.choose() == "two"


def test_one_that_is_down_rests_and_is_taken_again_when_it_is_back(
    pool: Replicas, databases: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    databases.replicas["one"] = None
    for _ in range(6):
        pool.choose()
    assert databases.asked.count("one") == 1
    databases.wait(positions.SHELVED_SECONDS)
    for _ in range(6):
        pool.choose()
    assert databases.asked.count("one") == 2
    databases.replicas["one"] = at(1_000)
    databases.wait(positions.SHELVED_SECONDS)
    assert {pool.choose() for _ in range(4)} == {"one", "two"}
    told = [record.getMessage() for record in caplog.records]
    assert told == ["one: OperationalError: connection to 10.0.0.7 refused", "one: ok"]


def test_each_replica_says_what_is_wrong_with_it(pool: Replicas, databases: Databases) -> None:
    assert pool.conditions() == {"one": OK, "two": OK}
    databases.primary = 9_000
    pool.primary.note_write()
    databases.replicas["two"] = None
    assert pool.conditions() == {
        "one": "It is 7.8 KB of log behind the primary, and is skipped until it has caught up.",
        "two": SILENT,
    }
    databases.replicas["one"] = at(9_000, cluster=8)
    assert pool.conditions() == {"one": ANOTHER, "two": SILENT}
    assert pool.conditions()["one"] == ANOTHER
    databases.wait(positions.SHELVED_SECONDS)
    databases.replicas = {"one": at(9_000, generation=1), "two": at(9_000)}
    assert pool.conditions() == {"one": OLDER, "two": OK}


def test_without_replicas_nobody_is_asked(pool: Replicas, databases: Databases) -> None:
    databases.replicas.clear()
    assert (pool.choose(), pool.conditions()) == ("default", {})
    assert databases.asked == []


def test_the_check_refuses_another_database_and_only_mentions_one_that_is_down(
    pool: Replicas, databases: Databases
) -> None:
    assert check_replicas() == []
    databases.replicas = {"one": at(1_000, is_replica=0), "two": None}
    found = {each.id: (each.is_serious(), each.msg) for each in check_replicas()}
    assert found == {
        "replicas.E001": (True, f"one: {ANOTHER}"),
        "replicas.I001": (False, f"two: {SILENT}"),
    }
