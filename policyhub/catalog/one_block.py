"""What PostgreSQL takes into account for the queries of one block alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction


@contextmanager
def with_setting(database: str, name: str, value: str) -> Iterator[None]:
    """Have a setting of PostgreSQL for the queries in the block; other databases have none."""
    connection = connections[database]
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(database), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {name} = {value}")
        yield
