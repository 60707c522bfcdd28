"""Policyhub started on PostgreSQL, and the same tests once more on what that start has made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.browser.test_pages import PAGES
from tests.postgresql import PostgreSQL
from tests.servers import ROOT, started_at_once

pytestmark = pytest.mark.postgresql
PYTEST = [sys.executable, "-m", "pytest"]
# The simulator asks the database for names alone, and for text that PostgreSQL can't store.
ROOMS = [
    "tests/catalog",
    "tests/browse",
    "tests/search",
    "tests/curating",
    "tests/desk",
    "tests/simulate/test_unstorable_text.py",
]
# Where statements are made that no other page makes: what is written, facets, and the search.
ROOMS_OF_SQL = [
    "tests/catalog/access",
    "tests/catalog/deriving",
    "tests/catalog/importing",
    "tests/browse/policies",
    "tests/browse/changes",
    "tests/search/finding",
    "tests/curating",
    "tests/desk",
    "tests/simulate/test_unstorable_text.py",
]
SERVED = "served"


@pytest.fixture(scope="module")
def served(database_server: PostgreSQL) -> str:
    """The address of a database that the first test fills; the next one copies it."""
    database_server.make_database(SERVED)
    return database_server.url_of(SERVED)


def answer_of(url: str, accept: str = "text/html") -> tuple[int, str]:
    """Status and text of an answer, whatever it is."""
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - our server
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our server
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_two_servers_started_at_once_fill_one_database_show_its_pages_and_outlive_its_stop(
    database_server: PostgreSQL, served: str, installation: Path, tmp_path: Path
) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    for each in folders:
        # Collected by the first start of all tests: it is about the database here.
        shutil.copytree(installation / "static", each / "static")
    with started_at_once(*folders, DATABASE_URL=served) as servers:
        _, second = sorted(servers, key=lambda each: "migrations applied" not in each.output)
        assert [each.output.count("migrations applied") for each in servers].count(1) == 1
        assert "another server is preparing it" in second.output
        assert "tables are up to date" in second.output
        answers = {path: answer_of(f"{second.url}{path}")[0] for path in PAGES}
        wrong = {path: status for path, status in answers.items() if status != 200}
        assert wrong == {"/policies/NoSuchPolicy/": 404}
        database_server.stop()
        for path in ("/policies/", "/policies.json", "/aws/?Action=ListPolicies", "/readyz"):
            status, text = answer_of(f"{second.url}{path}")
            assert status == 503, path
            assert "Traceback" not in text
            assert "psycopg" not in text
        assert json.loads(answer_of(f"{second.url}/policies.json", "application/json")[1])
        assert answer_of(f"{second.url}/healthz") == (200, "ok")
        database_server.start()
        for server in servers:
            assert answer_of(f"{server.url}/readyz")[0] == 200
            assert "AmazonECS_FullAccess" in answer_of(f"{server.url}/policies/?q=ecs_full")[1]
            assert server.interrupt() == 0


# That nothing of it drifted is among them, so that no process of its own has to derive all again.
FEW = "2", "django_db and not endurance and not one_database", ROOMS_OF_SQL
ALL = "0", "django_db and not endurance", ROOMS


@pytest.mark.parametrize(
    ("cases", "marks", "rooms"),
    [FEW, pytest.param(*ALL, marks=pytest.mark.endurance)],
    ids=["few", "all"],
)
def test_every_test_that_needs_a_database_passes_on_postgresql(
    database_server: PostgreSQL, served: str, cases: str, marks: str, rooms: list[str]
) -> None:
    copied = {"DATABASE_URL": database_server.url, "TEST_TEMPLATE": SERVED, "TEST_CASES": cases}
    done = subprocess.run(
        [
            *PYTEST,
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "-m",
            marks,
            *rooms,
        ],
        cwd=ROOT,
        env={**os.environ, **copied},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
