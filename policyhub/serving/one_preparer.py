"""One server at a time prepares a database that several serve from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# Of all locks that programs agree on by a number, ours.
_LOCK = 7_105_115_117
_LOOK_SECONDS = 0.5


class StillPreparingError(Exception):
    """Another server has been preparing the database for too long; the message says what to do."""


@contextmanager
def one_preparer(say: Callable[[str], object], seconds: float) -> Iterator[None]:
    """Run the block while no other server runs it on this PostgreSQL; wait for one that does.

    The lock is the connection's: whatever ends the process ends it. SQLite has one server. Raises
    `StillPreparingError` after so many seconds.
    """
    if connection.vendor != "postgresql":
        yield
        return
    # The usual connection may be closed by a step, and made again.
    holder = connection.copy()
    try:
        _wait(holder, say, seconds)
        yield
    finally:
        holder.close()


def _wait(holder: BaseDatabaseWrapper, say: Callable[[str], object], seconds: float) -> None:
    ends, told = time.monotonic() + seconds, False
    while not _takes(holder):
        if not told:
            say("Database: another server is preparing it; waiting until it has finished")
            told = True
        if time.monotonic() > ends:
            raise StillPreparingError(
                f"another server has been preparing the database for {seconds / 60:.0f} minutes: "
                "see what it says, then start again"
            )
        time.sleep(_LOOK_SECONDS)


def _takes(holder: BaseDatabaseWrapper) -> bool:
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool((cursor.fetchone() or (False,))[0])
