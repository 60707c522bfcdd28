"""Restoring a backup: all of it or nothing, in an empty database or in place of what is there."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.db import connection
from django.db.models import Model

from policyhub.backups.contents import kept_models, newest_migrations
from policyhub.backups.writing import FORMAT, VERSION
from policyhub.catalog.models import CatalogState, Policy
from policyhub.catalog.one_writer import writing
from policyhub.catalog.signals import import_finished, policies_changed

# Told of every so many rows.
Advance = Callable[[int], object]
_ROWS_AT_ONCE = 1_000
_LONGEST_LINE = 64 * 1024 * 1024


class UnusableBackupError(Exception):
    """A file that is no complete backup, or a database that can't take it; says what to do."""


def read_head(path: Path) -> Mapping[str, Any]:
    """Check the complete file, and return its head. Raises `UnusableBackupError`, OSError."""
    lines = _lines(path)
    head = _object(next(lines, ""))
    if head.get("format") != FORMAT:
        raise UnusableBackupError(
            f"{path} is no backup of Policyhub: `manage.py backup` writes one"
        )
    if head.get("version") != VERSION:
        raise UnusableBackupError(
            f"{path} has version {head.get('version')} of the format, and this release reads "
            f"version {VERSION}: restore it with the release that wrote it"
        )
    digest, count, last = hashlib.sha256(), -1, ""
    for line in lines:
        digest.update(last.encode())
        count, last = count + 1, line
    if _object(last) != {"end": count, "sha256": digest.hexdigest()}:
        raise UnusableBackupError(
            f"{path} is incomplete or was changed: {max(count, 0):,} rows were read, and its last "
            "line does not confirm them; use another backup. Nothing was changed"
        )
    return head


def restore(path: Path, replace: bool, advance: Advance = lambda count: None) -> int:
    """Load a backup in one transaction; returns the number of its rows.

    With `replace` it takes the place of everything that is there; without, the database has to
    be without policies and accounts. Raises `UnusableBackupError`, OSError, `DatabaseError`.
    """
    head = read_head(path)
    _require_same_release(head["release"])
    with writing():
        if not replace and _holds_something():
            raise UnusableBackupError(
                "the database is not empty: --replace puts the backup in place of everything in it"
            )
        for model in reversed(kept_models()):
            _delete_all(model)
        count = _load(path, advance)
        _continue_numbers()
        CatalogState.advance()
        CatalogState.advance_prose()
        policies_changed.send(restore, policies=None)
    import_finished.send(restore)
    return count


def _require_same_release(written: Mapping[str, str]) -> None:
    differing = {
        app: (written.get(app, "none"), found)
        for app, found in newest_migrations().items()
        if written.get(app) != found
    }
    if differing:
        app, (theirs, ours) = next(iter(sorted(differing.items())))
        raise UnusableBackupError(
            f"the backup is of another release: its newest migration of {app} is {theirs}, the "
            f"database's {ours}. Restore it with the release that wrote it, into a new database, "
            "and start this release on that"
        )


def _holds_something() -> bool:
    from django.contrib.auth.models import User

    return Policy.objects.exists() or User.objects.exists()


def _delete_all(model: type[Model]) -> None:
    """Delete the rows, and what relates them, without reading them, which cascades would."""
    related = [getattr(model, field.name).through for field in model._meta.many_to_many]
    for each in (*related, model):
        each._base_manager.all()._raw_delete(using=connection.alias)


def _load(path: Path, advance: Advance) -> int:
    count = 0
    for model, rows in groupby(_rows(path), lambda row: type(row.object)):
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            with _moments_kept(model):
                model._base_manager.bulk_create([row.object for row in batch])
            _relate(batch)
            count += len(batch)
            advance(len(batch))
    return count


@contextmanager
def _moments_kept(model: type[Model]) -> Iterator[None]:
    """Let no field of the model take the moment of the restore in place of its own."""
    switches = ("auto_now", "auto_now_add")
    found = [(each, name) for each in model._meta.fields for name in switches if _is_on(each, name)]
    for each, name in found:
        setattr(each, name, False)
    try:
        yield
    finally:
        for each, name in found:
            setattr(each, name, True)


def _is_on(field: Any, name: str) -> bool:
    return bool(getattr(field, name, False))


def _relate(rows: list[DeserializedObject]) -> None:
    """Set the many-to-many fields, which only saved rows have."""
    for row in rows:
        for name, values in (row.m2m_data or {}).items():
            if values:
                getattr(row.object, name).set(values)


def _rows(path: Path) -> Iterator[DeserializedObject]:
    lines = _lines(path)
    next(lines)
    for line in lines:
        if line.startswith('{"end":'):
            return
        try:
            yield from serializers.deserialize("jsonl", line)
        except (DeserializationError, AttributeError, TypeError, ValueError) as error:
            raise UnusableBackupError(f"{path} has a row that can't be read: {error}") from error


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as text:
            yield from iter(lambda: text.readline(_LONGEST_LINE), "")
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise UnusableBackupError(
            f"{path} is no backup, or was cut short ({error}). Nothing was changed"
        ) from error


def _object(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _continue_numbers() -> None:
    """Have the database number new rows after those that were loaded."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(kept_models())):
            cursor.execute(statement)
