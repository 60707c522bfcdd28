"""The connection to SQLite: as Django makes it, read-only where no file can be made any more.

Source: SQLite's "Write-Ahead Logging", "Read-Only Databases", and "Uniform Resource Identifiers".
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base, features

# What SQLite answers where it can't make the shared memory next to a database in WAL mode.
_NOTHING_CAN_BE_WRITTEN = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}
_PRIMARY_CODE = 0xFF


def _knows_json() -> bool:
    with closing(sqlite3.connect(":memory:")) as any_database:
        try:
            any_database.execute("SELECT JSON('{}')")
        except sqlite3.OperationalError:
            return False
    return True


class DatabaseFeatures(features.DatabaseFeatures):
    """What SQLite can do, found out without the file: a check of the code needs no database."""

    supports_json_field = _knows_json()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper: reads on a full or a read-only disk too, and never makes the file."""

    features_class = DatabaseFeatures

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Connect; read-only where the disk takes no more and no other process is writing.

        The last connection takes the log away when it closes, and the next one can't make it
        again on a full disk. Without a log the file is complete, and nobody can begin to write.
        """
        if self.is_in_memory_db():
            return self._connected(conn_params)
        file = Path(conn_params["database"])
        address = f"{file.resolve().as_uri()}?mode=rw"
        try:
            return self._connected({**conn_params, "database": address})
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE not in _NOTHING_CAN_BE_WRITTEN:
                raise
            if not _is_whole(file):
                raise
            address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
            return self._connected({**conn_params, "database": address})

    def _connected(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        return connection


def _is_whole(file: Path) -> bool:
    """Whether a database is there, with no log of what is not in it yet."""
    log = file.with_name(f"{file.name}-wal")
    try:
        return file.stat().st_size > 0 and (not log.exists() or log.stat().st_size == 0)
    except OSError:
        return False
