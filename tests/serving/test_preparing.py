"""What `start` says where the database can't be served, and whom its files are for."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import DatabaseError

from policyhub.serving import preparing
from tests.servers import ROOT, environment, free_port, manage


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A data folder from which its database was served; that is gone."""
    name = tmp_path / "policyhub.sqlite3"
    (tmp_path / "served-databases").write_text(f"{name}\n")
    return name


@pytest.mark.parametrize("command", [["start"], ["load_fixtures"]])
@pytest.mark.parametrize("left", [None, b""], ids=["deleted", "emptied"])
def test_a_database_that_is_gone_is_named_and_not_filled_again(
    served: Path, command: list[str], left: bytes | None
) -> None:
    if left is not None:
        served.write_bytes(left)
    port = ["--port", str(free_port())] if command == ["start"] else []
    done = manage(served.parent, *command, *port)
    assert done.returncode != 0
    assert f"the database {served} was served" in done.stderr
    assert "restore it from a backup" in done.stderr
    assert "Traceback" not in done.stderr
    if left is None:
        assert not served.exists()
    else:
        with closing(sqlite3.connect(served)) as emptied:
            assert emptied.execute("SELECT * FROM sqlite_master").fetchall() == []


def test_only_migrate_begins_again_where_a_database_is_gone(served: Path) -> None:
    assert manage(served.parent, "check").returncode == 0
    assert manage(served.parent, "check", "--database", "default").returncode == 0
    assert not served.exists()
    assert manage(served.parent, "migrate").returncode == 0
    assert served.stat().st_mode & 0o077 == 0


@contextmanager
def lock_held(file: Path) -> Iterator[None]:
    """Another program that is writing to the database."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_start_waits_while_another_program_writes_and_then_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "policyhub.sqlite3"
    with lock_held(file):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start", "--port", str(free_port())],
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert f"another program is writing to {file}" in process.stdout.readline()
    assert "migrations applied" in process.stdout.readline()
    process.kill()
    process.communicate()


TROUBLES = [
    (sqlite3.SQLITE_BUSY, "wait until it has finished"),
    (sqlite3.SQLITE_FULL, "make room"),
    (sqlite3.SQLITE_READONLY, "give its owner write access"),
    (sqlite3.SQLITE_CANTOPEN, "its folder is there"),
    (sqlite3.SQLITE_CORRUPT, "restore it from a backup"),
    (sqlite3.SQLITE_ERROR, "check that it is intact"),
]


@pytest.mark.parametrize(("code", "advice"), TROUBLES)
def test_the_advice_fits_the_trouble_and_loses_nothing(code: int, advice: str) -> None:
    cause = sqlite3.OperationalError("trouble")
    cause.sqlite_errorcode = code
    error = DatabaseError("trouble")
    error.__cause__ = cause
    sentence = preparing.database_trouble(error)
    assert advice in sentence
    assert "delete" not in sentence
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY):
        assert "move" not in sentence
        assert "migrate" not in sentence


def test_looser_files_of_ours_are_made_private_and_nothing_else(
    tmp_path: Path, settings: LazySettings
) -> None:
    data, shared = tmp_path / "data", tmp_path / "shared"
    settings.DATA_DIR, settings.STATIC_ROOT = data, data / "static"
    settings.DATABASES["default"]["NAME"]  # The tests' own, in memory: no file of it.
    (data / "static" / "css").mkdir(parents=True)
    shared.mkdir(mode=0o755)
    files = [data / "secret-key", data / "static" / "css" / "app.css", data / "mine.txt"]
    for file in files:
        file.write_text("x")
        file.chmod(0o644)
    (data / "static" / "link").symlink_to(shared)
    preparing.make_private()
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600, 0o644]
    assert {each.stat().st_mode & 0o777 for each in (data, data / "static" / "css")} == {0o700}
    assert shared.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_is_everybodys_stays_so(tmp_path: Path, settings: LazySettings) -> None:
    tmp_path.chmod(0o1777)
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    preparing.make_private()
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_a_secret_key_file_without_a_key_is_named(tmp_path: Path) -> None:
    key = tmp_path / "secret-key"
    for content, sentence in ((b"", "is empty"), (b" \n", "is empty"), (b"\xff", "can't be read")):
        key.write_bytes(content)
        done = manage(tmp_path, "check")
        assert done.returncode == 1
        assert f"the secret key in {key} {sentence}" in done.stderr
    key.unlink()
    key.mkdir()
    assert "can't be read" in manage(tmp_path, "check").stderr
