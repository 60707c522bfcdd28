"""The same tests once more, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, manage, started

pytestmark = pytest.mark.postgresql
PYTEST = [sys.executable, "-m", "pytest"]
# The simulator asks the database for names alone, and for text that PostgreSQL can't store.
ROOMS = ["tests/catalog", "tests/browse", "tests/search", "tests/simulate/test_unstorable_text.py"]


def test_every_test_that_needs_a_database_passes_on_postgresql(database_url: str) -> None:
    done = subprocess.run(
        [
            *PYTEST,
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "-m",
            "django_db and not endurance and not one_database",
            *ROOMS,
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]


def test_policyhub_starts_on_postgresql(database_url: str, tmp_path: Path) -> None:
    with started(tmp_path / "data", DATABASE_URL=database_url) as server:
        assert "1,582" in server.output
        assert server.interrupt() == 0
    checked = manage(tmp_path / "data", "reindex", "--check", DATABASE_URL=database_url)
    assert checked.returncode == 0, checked.stdout + checked.stderr
