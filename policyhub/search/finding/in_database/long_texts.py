"""Long texts in parts, in PostgreSQL: each part is found by its own letters.

It looks through every text that has all triples of a word's letters somewhere. The longest of a
policy with thousands of actions have most, and to look through one takes as long as through
hundreds of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from policyhub.search.finding.in_database.bulk import insert_all
from policyhub.search.finding.in_database.keys import having_key
from policyhub.search.models import FoundText, MoreText

# With so much text a row is kept where it is, as it is.
LONGEST = 1_500
# Where a row belongs.
PLACE = ("policy_id", "position", "change_id")


def in_one_part(text: str) -> bool:
    """Whether a text stays whole."""
    return len(text) <= LONGEST or connection.vendor != "postgresql"


def parted(text: str) -> list[str]:
    """The lines of a text in parts, each with a line feed before, between and after its lines."""
    parts: list[str] = []
    lines: list[str] = []
    length = 1
    for line in text[1:-1].split("\n"):
        if lines and length + len(line) >= LONGEST:
            parts.append(_joined(lines))
            lines, length = [], 1
        lines.append(line)
        length += len(line) + 1
    return [*parts, _joined(lines)]


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(("", *lines, ""))


def holding_more(word: str, *, at_once: bool) -> Q:
    """The rows that have a word in a further part of their text; `at_once` looks for them now."""
    rows = MoreText.objects.filter(text__contains=word).order_by().values_list("row", flat=True)
    return having_key(rows.distinct()) if at_once else Q(pk__in=rows)


def whole_texts(rows: QuerySet[FoundText]) -> Iterator[tuple[str, str]]:
    """The groups and texts of rows, with all their parts."""
    of_rows = MoreText.objects.filter(row__in=rows.order_by().values("pk")).order_by("row")
    more = {
        key: "".join(text for _, text in parts)
        for key, parts in groupby(of_rows.values_list("row", "text"), key=itemgetter(0))
    }
    for key, group, text in rows.order_by().values_list("pk", "group", "text"):
        yield group, text + more.get(key, "")


def delete_with_more(rows: QuerySet[FoundText]) -> None:
    """Delete rows and the further parts of their texts."""
    MoreText.objects.filter(row__in=rows.order_by().values("pk"))._raw_delete(connection.alias)
    rows.delete()


def write_more(parts: Iterable[tuple[tuple[Any, ...], Sequence[str]]]) -> None:
    """Write the further parts of rows that were just written, each by its `PLACE`."""
    more = dict(parts)
    if not more:
        return
    policies, _, changes = map(set, zip(*more, strict=True))
    rows = FoundText.objects.filter(
        Q(policy__in=policies - {None}) | Q(change__in=changes - {None})
    )
    keys = {tuple(place): key for key, *place in rows.order_by().values_list("pk", *PLACE)}
    written = [(keys[place], text) for place, texts in more.items() for text in texts]
    insert_all(MoreText, ("row_id", "text"), written)
