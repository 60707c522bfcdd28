"""The steps from an empty machine to a database that can be served.

Each step looks first whether it is already done, so that a second start takes seconds.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from policyhub.catalog import fixtures, indexing, observing
from policyhub.catalog.signals import import_finished

if TYPE_CHECKING:
    from collections.abc import Iterator

Say = Callable[[str], object]


class PreparationError(Exception):
    """A step can't be done; the message says why and how to mend it."""


def prepare(say: Say) -> None:
    """Run every step that is not done yet, saying what each does and how long it took."""
    require_writable(settings.DATA_DIR)
    with step(say, "Database", "tables are up to date") as done:
        migrate(done)
    with step(say, "Service authorization reference", "already in") as done:
        if indexing.load_reference():
            done("loaded")
    with step(say, "Fixtures", "already in") as done:
        load_fixtures(done)
    with step(say, "Observed changes", "already derived") as done:
        if count := observing.observe_all():
            done(f"{count:,} derived")
    with step(say, "Search", "in memory") as done:
        for _, written in import_finished.send(prepare):
            if written is not None:
                done(f"in the database, texts of {written:,} policies written")
    with step(say, "Static files", "already collected") as done:
        collect_static(done)
    with step(say, "Deployment checks", "clean"):
        call_command("check", deploy=True, fail_level="WARNING", stdout=StringIO())


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
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PreparationError(
            f"the data folder {folder} can't be made ({error.strerror}): name another in "
            "POLICYHUB_DATA_DIR"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PreparationError(
            f"the data folder {folder} can't be written: give its owner write access, or name "
            "another in POLICYHUB_DATA_DIR"
        )


def migrate(done: Callable[[str], None]) -> None:
    """Apply the migrations that the database lacks."""
    executor = MigrationExecutor(connection)
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


def database_trouble(error: DatabaseError) -> str:
    """One sentence for a database that can't be used, with the way to mend it."""
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return (
            f"the database {database['NAME']} can't be used ({error}): restore it from a copy, "
            "or move it away and start again to have it made anew"
        )
    return (
        f"the database {database['NAME']} at {database['HOST']} can't be used ({error}): see "
        "that the server runs and that DATABASE_URL names it rightly"
    )
