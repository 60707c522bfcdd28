"""Two servers on a primary and a replica, which stops, falls behind, and comes back."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from policyhub.replicas.positions import SILENT
from tests.html_forms import form_of
from tests.postgresql import PostgreSQL, open_folder, postgresql
from tests.servers import manage, manage_in_turn
from tests.test_curators_at_once import MAKE, NAME, Curator, server_on_what_is_there

pytestmark = pytest.mark.postgresql
DATABASE = "postgres"
PAGE = f"/policies/{NAME}/"
SUMMARY = f"SELECT summary FROM catalog_policy WHERE name = '{NAME}'"  # noqa: S608 - our own text
# What a test waits for at most; each takes a second or two.
PATIENCE_SECONDS = 30.0


@dataclass
class Site:
    """Two servers on one database, its replica, and a curator who has logged in at the first."""

    primary: PostgreSQL
    replica: PostgreSQL
    urls: list[str]
    curator: Curator
    form: str

    def edit(self, text: str) -> None:
        """Save another summary at the first server."""
        given = form_of(self.curator.ask(self.form)[1], "policy_form") | {"summary": [text]}
        assert self.curator.ask(self.form, given)[0] == 302

    def seen_by_curator(self) -> list[str]:
        """The policy's page at each server, as the curator gets it."""
        pages = []
        for url in self.urls:
            self.curator.url = url
            pages.append(self.curator.ask(PAGE)[1])
        self.curator.url = self.urls[0]
        return pages

    def read(self, path: str = PAGE) -> str:
        """What somebody without cookies gets at the second server."""
        with urllib.request.urlopen(f"{self.urls[1]}{path}", timeout=20) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text

    def conditions(self) -> dict[str, Any]:
        """What the second server says about its parts, with the `status` of the answer."""
        status = 200
        try:
            text = self.read("/readyz")
        except urllib.error.HTTPError as answer:
            with answer:
                status, text = answer.code, answer.read().decode()
        return {**json.loads(text), "status": status}

    def replica_is(self, words: str) -> bool:
        """Whether the second server says so of the replica."""
        return words in str(self.conditions()["replicas"])


def wait_until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.fixture(scope="module")
def site(database_server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An empty catalogue with one policy; the replica is a copy of its database."""
    data = tmp_path_factory.mktemp("site") / "data"
    settings = {
        "DATABASE_URL": database_server.url_of(DATABASE),
        "SECRET_KEY": "one for both servers, of " + "letters" * 8,
    }
    source = tmp_path_factory.mktemp("source") / f"{NAME}.json"
    statement = {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}
    source.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    made = manage_in_turn(
        data,
        ("import_policies", str(source), "--json"),
        ("shell", "-v", "0", "-c", MAKE.format(count=1, policies=1)),
        **settings,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    form = f"/admin/catalog/policy/{int(made.stdout.split()[-1])}/change/"
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder())
        following = postgresql(database_server.programs, folder / "replica", database_server)
        replica = stack.enter_context(following)
        settings["DATABASE_REPLICA_URL"] = replica.url_of(DATABASE)
        with ThreadPoolExecutor(2) as pool:
            servers = [server_on_what_is_there(data, **settings) for _ in range(2)]
            urls = list(pool.map(stack.enter_context, servers))
        curator = Curator("curator0", urls[0])
        curator.log_in()
        yield Site(database_server, replica, urls, curator, form)


def test_a_start_is_refused_where_a_replica_is_another_database(site: Site, tmp_path: Path) -> None:
    urls = {"DATABASE_URL": site.primary.url_of(DATABASE), "SECRET_KEY": "letters" * 10}
    for replica, status in ((site.replica, 0), (site.primary, 1)):
        urls["DATABASE_REPLICA_URL"] = replica.url_of(DATABASE)
        checked = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **urls)
        assert checked.returncode == status, checked.stderr
    assert "replica_1: It is no replica of the database in DATABASE_URL" in checked.stderr


def test_who_only_reads_is_answered_by_the_replica_also_while_the_primary_is_gone(
    site: Site,
) -> None:
    site.edit("Written before the primary went.")
    wait_until(lambda: "Written before the primary went." in site.read())
    wait_until(lambda: site.replica_is("'ok'"))
    site.primary.stop()
    try:
        assert "Written before the primary went." in site.read()
        assert "policies" in site.read("/policies.json")
        told = site.conditions()
        assert told["replicas"] == {"replica_1": "ok"}
        assert "does not answer" in told["database"]
        # A balancer that asked for readiness would else take every server out.
        assert told["status"] == 200
        assert (told["reference"], told["index"]) == ("ok", "ok")
    finally:
        site.primary.start()
    wait_until(lambda: site.conditions()["database"] != told["database"])


def test_nobody_s_edit_vanishes_while_the_replica_is_behind(site: Site) -> None:
    wait_until(lambda: site.replica_is("'ok'"))
    site.replica.ask("SELECT pg_wal_replay_pause()")
    wait_until(lambda: site.replica.ask("SELECT pg_get_wal_replay_pause_state()") == "paused")
    try:
        for number in range(3):
            text = f"Edit {number}, which the replica lacks."
            site.edit(text)
            assert [text in page for page in site.seen_by_curator()] == [True, True]
            assert site.replica.ask(SUMMARY, DATABASE) != text
        # Others have it a moment later, though the replica still lacks it.
        wait_until(lambda: text in site.read())
        assert site.replica.ask(SUMMARY, DATABASE) != text
        wait_until(lambda: site.replica_is("of log behind the primary"))
    finally:
        site.replica.ask("SELECT pg_wal_replay_resume()")
    wait_until(lambda: site.replica_is("'ok'"))
    assert site.replica.ask(SUMMARY, DATABASE) == text
    assert text in site.read()
    assert [text in page for page in site.seen_by_curator()] == [True, True]


def test_a_replica_killed_under_load_costs_no_request(site: Site) -> None:
    wait_until(lambda: site.replica_is("'ok'"))
    ended = Event()

    def ask(number: int) -> int:
        asked = 0
        while not ended.is_set():
            assert NAME in site.read(f"{PAGE}?asked={number}" if asked % 2 else PAGE)
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(ask, number) for number in range(4)]
        try:
            time.sleep(1)
            site.replica.stop()
            assert site.replica_is(SILENT)
            time.sleep(1)
            site.replica.start()
            wait_until(lambda: site.replica_is("'ok'"))
        finally:
            ended.set()
        assert all(reader.result() > 5 for reader in readers)
