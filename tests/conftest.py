"""What every test builds on: the real fixtures, loaded once into the test database."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from manage import keep_compiled_modules
from policyhub import deadline
from tests.filled_database import (
    FilledDatabase,
    check_what_was_written,
    fill,
    filled_database,
    keep_builds,
    keep_derivations,
    keep_readings,
)
from tests.postgresql import (
    PostgreSQL,
    cluster_made,
    open_folder,
    postgresql,
    postgresql_programs,
)
from tests.servers import (
    FirstStart,
    Server,
    installed,
    served_to_all,
    tables_made,
)

# How long an example takes shows the machine's load, not the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# To compile all modules again takes each process of the tests, and each that they start, seconds.
keep_compiled_modules()
if sys.pycache_prefix:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

# What a process has read and collected is there to its end: no collection shall walk through it.
_MANY_NEW_OBJECTS = 10_000
gc.disable()

# Files that take minutes: begun last, they would keep one process waiting for the other.
_LONG = ("postgresql", "browser")
_HERE = Path(__file__).parent

ON_CI = os.environ.get("CI") == "true"


def require(present: bool, missing: str, mend: str) -> None:
    """Skip the test with the reason and the command that fixes it; with CI=true, fail."""
    if not present:
        message = f"{missing}: {mend}"
        if ON_CI:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.fixture(scope="session", autouse=True)
def plain_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Serve static files as they are: only a started server collects them first."""
    root = tmp_path_factory.mktemp("static")
    storages = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=Path(root), STORAGES=storages):
        yield


@pytest.fixture(scope="session", autouse=True)
def passwords_are_hashed_quickly() -> Iterator[None]:
    """A password's hash takes as long as a page, on purpose; started servers keep theirs."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def answers_are_made_each_time() -> Iterator[None]:
    """What tests write does not always move the generation that kept answers hang on."""
    from policyhub import kept_answers  # models can't be imported before Django is set up

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_answers, "LARGEST_IN_MEMORY", 0)
        yield


@pytest.fixture(scope="session", autouse=True)
def answers_take_their_time() -> Iterator[None]:
    """No answer may depend on how busy the machine is: tests count steps instead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "SECONDS", 600.0)
        yield


@pytest.fixture(scope="session")
def kept_database(request: pytest.FixtureRequest) -> FilledDatabase | None:
    """The filled database of an earlier run: asked before the tables are made."""
    # There is no cache where its plugin is switched off.
    return filled_database(getattr(request.config, "cache", None))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, kept_database: FilledDatabase | None
) -> None:
    """Begin with a copy of the database of a PostgreSQL that `TEST_TEMPLATE` names."""
    if template := os.environ.get("TEST_TEMPLATE"):
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    kept_database: FilledDatabase | None,
) -> None:
    """Load the ECS page and the whole corpus once: tests work on what users see."""
    with django_db_blocker.unblock():
        keep_derivations()
        fill(kept_database)
        check_what_was_written()
        keep_builds()
        keep_readings()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all test processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def tables(shared_folder: Path) -> Path:
    """A data folder with empty tables, to be copied: to make them takes longer than most tests."""
    return tables_made(shared_folder)


@pytest.fixture(scope="session")
def first_start(shared_folder: Path) -> FirstStart:
    """A first start with the whole corpus: made once for all test processes."""
    return installed(shared_folder)


@pytest.fixture(scope="session")
def installation(first_start: FirstStart) -> Path:
    """A data folder with the whole corpus, to be copied."""
    return first_start.folder


@pytest.fixture(scope="session")
def server(installation: Path, shared_folder: Path) -> Iterator[Server]:
    """Policyhub as `manage.py start` serves it, with the whole corpus; tests only read there."""
    with served_to_all(installation, shared_folder) as running:
        yield running


@pytest.fixture(scope="module")
def database_server(shared_folder: Path) -> Iterator[PostgreSQL]:
    """A PostgreSQL of the test module's own, with the tables and nothing in them."""
    programs = postgresql_programs()
    require(programs is not None, "PostgreSQL is not installed", "apt-get install postgresql")
    assert programs is not None
    tables = cluster_made(programs, shared_folder)
    with open_folder() as folder, postgresql(programs, folder / "server", cluster=tables) as server:
        yield server


@pytest.fixture(scope="module")
def database_url(database_server: PostgreSQL) -> str:
    """The address of the PostgreSQL of the test module's own."""
    return database_server.url


# The longest of all; it also makes the first start that the browser's files wait for.
_FIRST = "test_postgresql.py"


def _longest_first(item: pytest.Item) -> int:
    if item.path.name == _FIRST:
        return -1
    marks = (rank for rank, mark in enumerate(_LONG) if item.get_closest_marker(mark))
    # Those next to this file start processes; those of the rooms take seconds.
    return next(marks, len(_LONG) + (item.path.parent != _HERE))


# The search in the database is asked every question there too: each is a statement of its own.
_EVERY_CASE = "test_stored_index.py"


def _few_cases(items: list[pytest.Item], most: int) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The items with at most so many cases of each test, from the first to the last; the others."""
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for _, group in groupby(items, key=lambda item: item.nodeid.partition("[")[0]):
        cases = list(group)
        step = (len(cases) - 1) / (most - 1)
        chosen = {round(number * step) for number in range(most)}
        is_short = len(cases) <= most or _EVERY_CASE in cases[0].nodeid
        for number, item in enumerate(cases):
            (kept if is_short or number in chosen else left_out).append(item)
    return kept, left_out


def pytest_collection_finish() -> None:
    """Take all modules and tests out of the garbage collector's sight, and let it begin."""
    gc.freeze()
    gc.set_threshold(_MANY_NEW_OBJECTS)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first, and refuse transactional database tests.

    The clean-up of a transactional test would empty the loaded corpus. `TEST_CASES` says how many
    cases of each test are run, where all of them were run on another database.
    """
    if most := int(os.environ.get("TEST_CASES", "0")):
        items[:], left_out = _few_cases(items, most)
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=_longest_first)
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None and mark.kwargs.get("transaction"):
            raise pytest.UsageError(
                f"{item.nodeid} asks for a transactional database, whose flush empties the "
                "corpus: start a process with a data folder of its own instead"
            )
