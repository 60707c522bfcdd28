"""The same tests once more, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import require
from tests.servers import ROOT, manage, postgresql, postgresql_programs, started

pytestmark = pytest.mark.postgresql
PYTEST = [sys.executable, "-m", "pytest"]
ROOMS = [f"tests/{room}" for room in ("catalog", "browse", "search", "simulate")]


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    programs = postgresql_programs()
    require(programs is not None, "PostgreSQL is not installed", "apt-get install postgresql")
    assert programs is not None
    # Not below pytest's own folder, which is closed to the account that the server runs as.
    with TemporaryDirectory(prefix="policyhub-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with postgresql(programs, Path(folder) / "server") as url:
            yield url


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
            "django_db and not endurance",
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
