"""Writing a backup: one moment of the database, while others go on reading and writing."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from django.core import serializers
from django.db import connection, transaction
from django.utils import timezone

from policyhub.backups.contents import kept_models, newest_migrations

FORMAT, VERSION = "policyhub-backup", 1
_ROWS_AT_ONCE = 2_000


def write_backup(path: Path, advance: Callable[[int], object] = lambda count: None) -> int:
    """Write all rows to a file for its owner alone; returns their number.

    The file appears under its name when it is complete. `advance` is told of every row. Raises
    OSError where it can't be written, `DatabaseError` where the rows can't be read.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with (
            _private(partial) as file,
            gzip.open(file, "wt", encoding="utf-8") as text,
            _one_moment(),
        ):
            count = _write(text, advance)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return count


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read, on the disk when the block ends."""
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(descriptor)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Show the block the database as it is now, whatever others write meanwhile.

    On SQLite Django's own transactions take the write lock at once, and this one only reads.
    """
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _write(text: IO[str], advance: Callable[[int], object]) -> int:
    """The head, a line for each row, and a last line that proves that none is missing."""
    digest, count = hashlib.sha256(), 0
    models = kept_models()
    head = {
        "format": FORMAT,
        "version": VERSION,
        "madeAt": timezone.now().isoformat(),
        "release": newest_migrations(),
        "rows": {model._meta.label_lower: model._base_manager.count() for model in models},
    }
    text.write(json.dumps(head) + "\n")
    for lines, rows in _lines():
        digest.update(lines.encode())
        text.write(lines)
        count += rows
        advance(rows)
    text.write(json.dumps({"end": count, "sha256": digest.hexdigest()}) + "\n")
    return count


def _lines() -> Iterator[tuple[str, int]]:
    """Rows as lines, and how many: so many at once."""
    for model in kept_models():
        rows = model._base_manager.order_by("pk").iterator(chunk_size=_ROWS_AT_ONCE)
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            yield serializers.serialize("jsonl", batch, use_natural_foreign_keys=True), len(batch)
