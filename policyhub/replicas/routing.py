"""The database that a query goes to: a replica only inside of a request that may read from one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.models import Model

from policyhub.replicas.positions import primary

# The rooms of which all that is stored can be read a moment later than it is written. Accounts,
# sessions, tokens and curators' work are asked of the primary.
ROOMS = frozenset({"catalog", "judge", "search"})


@dataclass(slots=True)
class RequestReads:
    """Where a request reads from, and what it has done so far."""

    alias: str = DEFAULT_DB_ALIAS
    has_written: bool = False
    failed: Error | None = None

    def note_failure(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """A wrapper of queries that keeps the error of one that fails."""
        try:
            return execute(sql, params, many, context)
        except Error as error:
            self.failed = error
            raise


_reading: ContextVar[RequestReads | None] = ContextVar("reading", default=None)


@contextmanager
def reading_from(alias: str) -> Iterator[RequestReads]:
    """Inside of the block queries that only read go to this database, until something is written.

    Other threads go on with the primary.
    """
    reading = RequestReads(alias)
    is_replica = alias != DEFAULT_DB_ALIAS
    token = _reading.set(reading)
    try:
        noting = connections[alias].execute_wrapper(reading.note_failure)
        with noting if is_replica else nullcontext():
            yield reading
    finally:
        _reading.reset(token)


class ReplicaRouter:
    """Django's database router; outside of `reading_from` everything goes to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """A replica for what may be read from one, outside of transactions."""
        reading = _reading.get()
        if reading is None or model._meta.app_label not in ROOMS:
            return DEFAULT_DB_ALIAS
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return DEFAULT_DB_ALIAS
        return reading.alias

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """The primary, from which the request then reads too."""
        if reading := _reading.get():
            reading.alias, reading.has_written = DEFAULT_DB_ALIAS, True
        primary.note_write()
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            transaction.on_commit(primary.note_write)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """All of them have the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """A replica follows the primary's tables too."""
        return db == DEFAULT_DB_ALIAS
