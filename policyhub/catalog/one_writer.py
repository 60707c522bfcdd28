"""One writer at a time: a save waits until an import, or another save, has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from policyhub.catalog.models import CatalogState

# An import of the whole corpus keeps SQLite's only write lock for some 8 s.
PATIENCE_SECONDS = 20
# Work for which nobody waits gives way to those who save or import, and must not give up for that.
LONG_PATIENCE_SECONDS = 600
BUSY = (
    "Not saved: an import or another save kept the database locked for too long. Nothing that you "
    "entered is lost: try again in a moment."
)
UNWRITABLE = (
    "Not saved: the database can't be written ({reason}). Nothing that you entered is lost: try "
    "again once that is fixed."
)


@contextmanager
def writing(seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Run the block in a transaction in which no import and no other save writes.

    What it reads stays so until it ends. Raises OperationalError where others hold the
    database for longer than `seconds`.
    """
    milliseconds = int(seconds * 1_000)
    with _busy_timeout(milliseconds), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")
        CatalogState.hold()
        yield


@contextmanager
def _busy_timeout(milliseconds: int) -> Iterator[None]:
    """Have SQLite wait so long for its lock; elsewhere do nothing."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


def unwritable(error: OperationalError) -> str:
    """Say why the database took no save."""
    reason = str(error).strip().partition("\n")[0]
    if any(word in reason for word in ("locked", "lock timeout", "deadlock")):
        return BUSY
    return UNWRITABLE.format(reason=reason)
