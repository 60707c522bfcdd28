"""Reading from SQLite goes on where nothing can be written."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.db.transaction import atomic, set_rollback

from policyhub.catalog.models import PolicyVersion
from policyhub.sqlite.base import DatabaseWrapper

# These connections are their own; pytest-django knows no other way to allow them.
pytestmark = pytest.mark.django_db


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow: what a full disk does, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database in WAL mode, which no connection has open."""
    path = tmp_path / "policyhub.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1);"
        )
    return path


def opened(file: Path) -> DatabaseWrapper:
    options = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=1;",
    }
    return DatabaseWrapper(
        {**connection.settings_dict, "NAME": str(file), "OPTIONS": options}, "other"
    )


def numbers(database: DatabaseWrapper) -> list[int]:
    with database.cursor() as cursor:
        return [row[0] for row in cursor.execute("SELECT n FROM t")]


def test_a_row_that_points_nowhere_is_found_after_the_test_that_wrote_it() -> None:
    connection.check_constraints()
    version = PolicyVersion.objects.first()
    assert version is not None
    with atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(policy_id=0)
        with pytest.raises(IntegrityError, match="policy_id"):
            connection.check_constraints()
        set_rollback(True)


def test_reading_goes_on_while_the_disk_is_full(file: Path) -> None:
    with full_disk(), closing(opened(file)) as database:
        assert numbers(database) == [1]


def test_writing_to_a_full_disk_is_refused_and_possible_again_afterwards(file: Path) -> None:
    with full_disk(), closing(opened(file)) as database:
        numbers(database)
        with pytest.raises(OperationalError, match="readonly"), database.cursor() as cursor:
            cursor.execute("INSERT INTO t VALUES (2)")
    with closing(opened(file)) as database, database.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (3)")
        assert numbers(database) == [1, 3]


def test_what_the_log_alone_has_is_never_passed_over(file: Path) -> None:
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("INSERT INTO t VALUES (2)")
        writer.commit()
        log = file.with_name(f"{file.name}-wal").read_bytes()
        os.unlink(file.with_name(f"{file.name}-shm"))
    file.with_name(f"{file.name}-wal").write_bytes(log)
    file.with_name(f"{file.name}-shm").unlink(missing_ok=True)
    with full_disk(), closing(opened(file)) as database, pytest.raises(OperationalError):
        numbers(database)


def test_reading_goes_on_while_another_program_holds_the_lock(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with closing(opened(file)) as database:
            assert numbers(database) == [1]
            with pytest.raises(OperationalError, match="locked"), database.cursor() as cursor:
                cursor.execute("INSERT INTO t VALUES (2)")


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 500])
def test_a_missing_or_damaged_file_is_an_error_of_the_database(
    file: Path, content: bytes | None
) -> None:
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with closing(opened(file)) as database, pytest.raises(DatabaseError):
        numbers(database)
