"""The tables of `fixtures/facts/`, each a file with its origin, its day and its licence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.conf import settings

FOLDER = "facts"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class FactTable:
    """One table. `as_of` is the day of the newest source as it is known: a day, month or year.

    `columns` are the titles of the rows' keys, in the order of the page.
    """

    name: str
    title: str
    summary: str
    origin: str
    as_of: str
    licence: str
    columns: Mapping[str, str]
    rows: Sequence[Row]

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON has it."""
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "origin": self.origin,
            "asOf": self.as_of,
            "licence": self.licence,
            "count": len(self.rows),
            "rows": list(self.rows),
        }


def fact_tables() -> Mapping[str, FactTable]:
    """All tables by name."""
    paths = sorted((settings.FIXTURES_DIR / FOLDER).glob("*.json"))
    return {path.stem: fact_table(path.stem) for path in paths}


def fact_rows(name: str) -> Sequence[Row]:
    """The rows of a table. Raises FileNotFoundError where there is no such file."""
    return fact_table(name).rows


@cache
def fact_table(name: str) -> FactTable:
    """A table, read once a process. Raises FileNotFoundError where there is no such file."""
    path = settings.FIXTURES_DIR / FOLDER / f"{name}.json"
    value: Row = orjson.loads(path.read_bytes())
    return FactTable(
        name=name,
        title=value["title"],
        summary=value["summary"],
        origin=value["origin"],
        as_of=value["asOf"],
        licence=value["licence"],
        columns=value["columns"],
        rows=value["rows"],
    )
