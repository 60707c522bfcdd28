"""The steps from an empty machine to a database that can be served.

Each step looks first whether it is already done, so that a second start takes seconds.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction

from policyhub.catalog.database_file import (
    database_file,
    database_name,
    note_served,
    open_database,
)
from policyhub.catalog.deriving import indexing, observed_changes
from policyhub.catalog.importing import fixtures
from policyhub.catalog.signals import import_finished
from policyhub.serving.one_preparer import StillPreparingError, one_preparer

if TYPE_CHECKING:
    from collections.abc import Iterator

Say = Callable[[str], object]


class PreparationError(Exception):
    """A step can't be done; the message says why and what to do."""


def prepare(say: Say) -> None:
    """Run every step that is not done yet, saying what each does and how long it took."""
    require_writable(settings.DATA_DIR)
    make_private()
    wait_for_other_writers(say)
    try:
        with one_preparer(say, _WAIT_SECONDS):
            prepare_database(say)
    except StillPreparingError as error:
        raise PreparationError(str(error)) from error
    with step(say, "Static files", "already collected") as done:
        collect_static(done)
    with step(say, "Deployment checks", "clean"):
        call_command("check", deploy=True, fail_level="WARNING", stdout=StringIO())
    note_served()


def prepare_database(say: Say) -> None:
    """Run the steps that are about the database: of several servers on it, one at a time."""
    with step(say, "Database", "tables are up to date") as done:
        migrate(done)
    with step(say, "Service authorization reference", "already loaded") as done:
        if indexing.load_reference():
            done("loaded")
    with step(say, "Fixtures", "already loaded") as done:
        load_fixtures(done)
    with step(say, "Observed changes", "already derived") as done:
        if count := observed_changes.observe_all():
            done(f"{count:,} derived")
    with step(say, "Search", "in memory") as done:
        for _, written in import_finished.send(prepare):
            if written is not None:
                done(f"in the database, texts of {written:,} policies written")


@contextmanager
def step(say: Say, name: str, otherwise: str) -> Iterator[Callable[[str], None]]:
    """Say the step's name and, at its end, what was done and in how many seconds."""
    outcome = [otherwise]
    began = time.monotonic()
    yield outcome.append
    say(f"{name}: {outcome[-1]} ({time.monotonic() - began:.1f} s)")


def require_writable(folder: Path) -> None:
    """Raise `PreparationError` unless files can be made in `folder`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise PreparationError(
            f"the data folder {folder} can't be created ({error.strerror}): name another in "
            "POLICYHUB_DATA_DIR"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PreparationError(
            f"the data folder {folder} can't be written: give its owner write access, or name "
            "another in POLICYHUB_DATA_DIR"
        )


def migrate(done: Callable[[str], None]) -> None:
    """Apply the migrations that the database lacks."""
    executor = open_database()
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        call_command("migrate", interactive=False, verbosity=0)
        done(f"{len(missing)} migrations applied")


def load_fixtures(done: Callable[[str], None]) -> None:
    """Load the fixtures that changed since they were last loaded."""
    try:
        results = [result for result in fixtures.load_fixtures() if result.loaded]
    except fixtures.BrokenFixtureError as error:
        raise PreparationError(str(error)) from error
    if results:
        done("; ".join(str(result) for result in results))


def collect_static(done: Callable[[str], None]) -> None:
    """Collect and compress the static files, unless those collected are the same."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    digest, count = static_digest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(digest, encoding="utf-8")
    done(f"{count} collected and compressed")


def static_digest() -> tuple[str, int]:
    """A digest of all static files' paths and contents, and how many there are."""
    sha, count = hashlib.sha256(), 0
    for finder in get_finders():
        for path, storage in finder.list([]):
            with storage.open(path) as file:
                sha.update(f"{path}\0{hashlib.sha256(file.read()).hexdigest()}\n".encode())
            count += 1
    return sha.hexdigest(), count


_WAIT_SECONDS = 600
_BUSY = (
    "another program, such as an import, is writing to the database {}: wait until it has "
    "finished, then start again; nothing was changed"
)


def wait_for_other_writers(say: Say, seconds: float = _WAIT_SECONDS) -> None:
    """Wait until SQLite's one writer may be us; raise `PreparationError` where that takes long."""
    file = database_file()
    if file is None or not file.exists():
        return
    ends, told = time.monotonic() + seconds, False
    while True:
        try:
            with transaction.atomic():
                return
        except OperationalError as error:
            connection.close()
            if _sqlite_code(error) not in _LOCKED:
                raise
        if not told:
            say(f"Database: another program is writing to {file}; waiting until it has finished")
            told = True
        if time.monotonic() > ends:
            raise PreparationError(_BUSY.format(file))


_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PRIMARY_CODE = 0xFF
# What SQLite answers, and what there is to do that loses nothing.
# Source: SQLite's "Result and Error Codes".
_TROUBLES = {
    **dict.fromkeys(_LOCKED, _BUSY),
    sqlite3.SQLITE_FULL: "the disk with the database {} is full: make room, then start again",
    sqlite3.SQLITE_READONLY: "the database {} can't be written: give its owner write access to it "
    "and to its folder",
    sqlite3.SQLITE_CANTOPEN: "the database {} can't be opened: check that its folder is there, "
    "and that its owner may read and write both",
    **dict.fromkeys(
        (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT),
        "the database {} is damaged, or is not a SQLite database: restore it from a backup. To "
        "start over without one, rename the file and run `uv run manage.py migrate`",
    ),
}


def _sqlite_code(error: BaseException) -> int | None:
    """SQLite's primary result code behind an error of Django's."""
    code: int | None = getattr(error.__cause__, "sqlite_errorcode", None)
    return code if code is None else code & _PRIMARY_CODE


def database_trouble(error: DatabaseError) -> str:
    """One sentence for a database that can't be used, with what to do that loses no data."""
    if sentence := _TROUBLES.get(_sqlite_code(error) or 0):
        return sentence.format(database_name())
    if connection.vendor == "sqlite":
        return (
            f"the database {database_name()} can't be used ({error}): check that it is intact and "
            "writable, or restore it from a backup"
        )
    text = " ".join(str(error).split())
    return (
        f"the database {database_name()} can't be used ({text}): check that the server runs and "
        "that DATABASE_URL names it correctly"
    )


def make_private() -> None:
    """Take from others every right to the files that are kept, where they are ours to change."""
    folder = Path(settings.DATA_DIR)
    static = Path(settings.STATIC_ROOT)
    kept = [folder, folder / "secret-key", static, *static.rglob("*")]
    if file := database_file():
        kept += [file.with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm", "-journal")]
    for each in kept:
        with suppress(FileNotFoundError):
            _take_from_others(each)


def _take_from_others(path: Path) -> None:
    status = path.lstat()
    # A sticky folder, such as /tmp, is open to everybody, whoever owns it.
    if stat.S_ISLNK(status.st_mode) or status.st_mode & stat.S_ISVTX:
        return
    if os.name != "nt" and status.st_uid == os.geteuid() and status.st_mode & 0o077:
        path.chmod(stat.S_IMODE(status.st_mode) & 0o700)
