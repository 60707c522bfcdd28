"""The history comes in while the server answers, and whatever ends it, it goes on."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, environment, started

DEADLINE_SECONDS = 120
KILLS = 20
# What is compared: all but keys of the database and clocks.
VERSIONS = """
    SELECT policy.name, version.version_id, version.created_at, version.not_before,
        version.not_after, version.digest, version.is_default, version.action_count,
        policy.last_seen_on
    FROM catalog_policyversion AS version
    JOIN catalog_policy AS policy ON policy.id = version.policy_id
    ORDER BY policy.name, version.version_id, version.digest
"""
ENTRIES = """
    SELECT key, date, not_before, title, description, access, denies
    FROM catalog_changelogentry WHERE source = 'observed' ORDER BY key
"""


def stored(data_dir: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(data_dir / "policyhub.sqlite3")) as database:
        return {query: database.execute(query).fetchall() for query in (VERSIONS, ENTRIES)}


def done(data_dir: Path) -> int:
    with closing(sqlite3.connect(data_dir / "policyhub.sqlite3")) as database:
        (found,) = database.execute("SELECT history_done FROM catalog_catalogstate").fetchone()
        return int(found)


def command(data_dir: Path, *arguments: str) -> str:
    """What a command prints that may take long."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=3_600,
        check=True,
    ).stdout


def history_of(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/readyz", timeout=20) as answer:  # noqa: S310 - our own
        return json.loads(answer.read())["history"]


def test_it_comes_in_behind_the_server_and_ends_with_it(installation: Path, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(installation, data_dir)
    with started(data_dir, POLICYHUB_HISTORY="on", POLICYHUB_LINTING="on") as server:
        assert "History: 0 of 1,653 policies; the others follow while serving" in server.output
        ends = time.monotonic() + DEADLINE_SECONDS
        while (told := history_of(server.url))["done"] == 0:
            assert time.monotonic() < ends, server.output
            time.sleep(1)
        assert told["of"] == 1_653
        assert server.interrupt() == 0
    assert "Traceback" not in server.output
    before = done(data_dir)
    assert before > 0
    time.sleep(2)
    assert done(data_dir) == before


@pytest.mark.endurance
def test_killed_at_twenty_moments_it_comes_to_the_same(installation: Path, tmp_path: Path) -> None:
    at_once, killed = tmp_path / "at-once", tmp_path / "killed"
    for folder in (at_once, killed):
        shutil.copytree(installation, folder)
    began = time.monotonic()
    assert "History: complete" in command(at_once, "load_history")
    took = time.monotonic() - began
    moments = random.Random(20)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "load_history"],
            cwd=ROOT,
            env=environment(killed),
            stdout=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(2, 2 + took / KILLS * 2))
        process.kill()
        process.wait()
    assert "History: complete" in command(killed, "load_history")
    assert stored(killed) == stored(at_once)
    assert "Nothing drifted" in command(killed, "reindex", "--check")
