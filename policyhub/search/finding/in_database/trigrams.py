"""The database's own text search: an index of every three letters that follow each other.

PostgreSQL has it in the extension `pg_trgm`, SQLite in FTS5. It only makes the search fast:
without it, and for words of less than three letters, the texts are scanned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from policyhub.search.finding.in_database.long_texts import holding_more
from policyhub.search.finding.in_database.side_by_side import made_in_processes
from policyhub.search.models import FoundText, MoreText, TagSet

SHORTEST = 3
# SQLite refuses patterns of 50,000 characters.
_LONGEST_PATTERN = 10_000
_WILDCARDS = re.compile(r"[*?[]")
_AS_ITSELF = r"[\g<0>]"
_TABLE = FoundText._meta.db_table
_INDEX = f"{_TABLE}_trigrams"
_ADD = f"INSERT INTO {_INDEX}(rowid, text) VALUES (new.id, new.text)"
_DROP = f"INSERT INTO {_INDEX}({_INDEX}, rowid, text) VALUES ('delete', old.id, old.text)"
_MAKING = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {_INDEX} USING fts5(text, content='{_TABLE}', content_rowid='id', "
        "detail='none', tokenize='trigram case_sensitive 1')",
        f"CREATE TRIGGER {_INDEX}_added AFTER INSERT ON {_TABLE} BEGIN {_ADD}; END",
        f"CREATE TRIGGER {_INDEX}_dropped AFTER DELETE ON {_TABLE} BEGIN {_DROP}; END",
        f"CREATE TRIGGER {_INDEX}_replaced AFTER UPDATE OF text ON {_TABLE} BEGIN "
        f"{_DROP}; {_ADD}; END",
        f"INSERT INTO {_INDEX}({_INDEX}) VALUES ('rebuild')",
    ),
    "postgresql": (f"CREATE INDEX {_INDEX} ON {_TABLE} USING gin (text gin_trgm_ops)",),
}
_NAMES_INDEX = f"{_TABLE}_names"
_MAKING_NAMES_INDEX = f"CREATE INDEX {_NAMES_INDEX} ON {_TABLE} USING gin (names gin_trgm_ops)"
_MORE = MoreText._meta.db_table
_MORE_INDEX = f"{_MORE}_trigrams"
_MAKING_MORE_INDEX = f"CREATE INDEX {_MORE_INDEX} ON {_MORE} USING gin (text gin_trgm_ops)"
# Of what most rows contain, the first few are found without looking at the others.
_ORDER_INDEX = f"{_TABLE}_order"
_MAKING_ORDER_INDEX = {
    "sqlite": f'CREATE INDEX {_ORDER_INDEX} ON {_TABLE} ("group", length, lowered, position)',
    "postgresql": f"CREATE INDEX {_ORDER_INDEX} ON {_TABLE} "
    '("group", length, lowered COLLATE "C", position)',
}
_DROPPING = {
    "sqlite": (
        *(f"DROP TRIGGER IF EXISTS {_INDEX}_{each}" for each in ("added", "dropped", "replaced")),
        f"DROP TABLE IF EXISTS {_INDEX}",
        f"DROP INDEX IF EXISTS {_ORDER_INDEX}",
    ),
    "postgresql": (
        f"DROP INDEX IF EXISTS {_INDEX}, {_NAMES_INDEX}, {_MORE_INDEX}, {_ORDER_INDEX}",
    ),
}
_LOOKING = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = %s",
    "postgresql": "SELECT 1 WHERE to_regclass(%s) IS NOT NULL",
}


def has_index() -> bool:
    """Whether the index was made."""
    return _has(_INDEX)


def has_names_index() -> bool:
    """Whether there is one of the names too: PostgreSQL alone has it."""
    return connection.vendor == "postgresql" and _has(_NAMES_INDEX)


def _has(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_LOOKING[connection.vendor], [name])
        return cursor.fetchone() is not None


def make_index(processes: int = 1) -> None:
    """Make the indexes unless they are there, in PostgreSQL by several processes at once.

    That of the letters is not made where the database lacks the extension, or its user may not
    create it.
    """
    missing = _missing()
    if not missing:
        return
    if connection.vendor == "postgresql":
        _make(("CREATE EXTENSION IF NOT EXISTS pg_trgm",))
        if processes > 1:
            list(made_in_processes(_make, missing, processes))
    for each in _missing():
        _make(each)
    if connection.vendor == "postgresql" and _missing() != missing:
        # Until the database does so by itself its plans are for an empty table.
        _make(f"ANALYZE {model._meta.db_table}" for model in (FoundText, MoreText, TagSet))


def _missing() -> list[tuple[str, ...]]:
    """What makes each index that is not there, the longest first."""
    making = {_INDEX: _MAKING[connection.vendor]}
    if connection.vendor == "postgresql":
        making[_NAMES_INDEX] = (_MAKING_NAMES_INDEX,)
        making[_MORE_INDEX] = (_MAKING_MORE_INDEX,)
    making[_ORDER_INDEX] = (_MAKING_ORDER_INDEX[connection.vendor],)
    return [statements for name, statements in making.items() if not _has(name)]


def drop_index() -> None:
    """Drop the indexes: of all rows together they are made sooner than row by row."""
    with connection.cursor() as cursor:
        for statement in _DROPPING[connection.vendor]:
            cursor.execute(statement)


def _make(statements: Iterable[str]) -> None:
    with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def containing_word(word: str, *, indexed: bool) -> Q:
    """The rows whose text contains a word in lower case, by the index if it helps."""
    if connection.vendor != "sqlite":
        return Q(text__contains=word) | holding_more(word, at_once=len(word) >= SHORTEST)
    if indexed and SHORTEST <= len(word) <= _LONGEST_PATTERN:
        pattern = f"*{_WILDCARDS.sub(_AS_ITSELF, word)}*"
        found = f"SELECT rowid FROM {_INDEX} WHERE text GLOB %s"
        return Q(pk__in=RawSQL(found, [pattern]))
    return Q(GreaterThan(StrIndex("text", Value(word)), 0))
