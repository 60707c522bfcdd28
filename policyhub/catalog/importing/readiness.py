"""A database that commands can work on: its tables created, its reference loaded, its errors "
"explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError

from policyhub.catalog.database_file import open_database
from policyhub.catalog.deriving import indexing
from policyhub.catalog.models import CatalogState


@contextmanager
def ready_database() -> Iterator[None]:
    """Prepare a fresh database, and explain in one sentence if the database fails.

    Raises `CommandError`, also when the tables are those of another release.
    """
    try:
        _make_tables()
        if not CatalogState.current().reference_version:
            indexing.load_reference()
        yield
    except DatabaseError as error:
        text = " ".join(str(error).split())
        raise CommandError(
            f"the database can't be used, and nothing was changed ({text}): check that it "
            "exists, is intact and is writable, and that no other program is using it"
        ) from error


def _make_tables() -> None:
    executor = open_database()
    if not executor.loader.applied_migrations:
        call_command("migrate", interactive=False, verbosity=0)
    elif executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(
            "the database is from an older release of Policyhub: run `uv run manage.py migrate`"
        )
