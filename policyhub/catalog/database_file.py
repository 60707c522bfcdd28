"""The database as a thing that can be missing: made on purpose only, and never filled in silence.

Opening a SQLite file that is not there does not make it (`policyhub.sqlite`). A data folder keeps
the names of the databases that were served from it: where one of those is empty, something was
lost, and nobody wants it replaced by an empty catalogue without being asked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

if TYPE_CHECKING:
    from django.db.migrations.executor import MigrationExecutor

_SERVED = "served-databases"


class LostDatabaseError(CommandError):
    """A database that was served before is missing or empty; the message says how to go on."""

    def __init__(self) -> None:
        super().__init__(
            f"the database {database_name()} was served from {settings.DATA_DIR} before, and now "
            "it is missing or empty: restore it from a backup. To start over with an empty one, "
            "run `uv run manage.py migrate` first"
        )


def database_name() -> str:
    """The database as a person calls it, without account and password."""
    given = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return str(given["NAME"])
    return f"{given['NAME']} at {given['HOST']}:{given['PORT'] or 5432}"


def open_database() -> MigrationExecutor:
    """Make the database file on first use, and return what is known of the tables.

    Raises `LostDatabaseError` where the database had been served and nothing of it is left.
    """
    served = database_name() in _served()
    if file := database_file():
        if served and not file.exists():
            raise LostDatabaseError
        make_file(file)
    # Imported where the database is prepared: other commands only ask where it is.
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if served and not executor.loader.applied_migrations:
        raise LostDatabaseError
    return executor


def database_file() -> Path | None:
    """The file of a SQLite database; None where it is in memory, or a server's."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]
        return None
    return Path(settings.DATABASES["default"]["NAME"])


def make_file(file: Path) -> None:
    """Make an empty database file for its owner alone, unless it is there already.

    SQLite gives the files that it creates next to it (`-wal`, `-shm`) the same mode.
    """
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def note_served() -> None:
    """Keep in the data folder that this database is served from it."""
    served = _served()
    if database_name() not in served:
        lines = [*served, database_name()]
        (Path(settings.DATA_DIR) / _SERVED).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _served() -> list[str]:
    kept = Path(settings.DATA_DIR) / _SERVED
    return kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
