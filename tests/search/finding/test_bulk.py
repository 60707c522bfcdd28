"""Rows written at once: as they are, whatever is in them, on every database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Model

from policyhub.catalog.access.in_database import StoredCatalogue
from policyhub.catalog.models import Policy
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.search.finding.in_database import trigrams, writing
from policyhub.search.finding.in_database.bulk import insert_all
from policyhub.search.models import TagSet

pytestmark = pytest.mark.django_db

ODD = [
    "", " ", "\n", "\r\n", "\t", "\\", "\\N", "\\.", "N", "NULL", "'", '"', "%s", "%", ",",
    "a\tb\\nc", "é", "\U0001f98a", "\x7f", "x" * 100_000,
]  # fmt: skip


def test_texts_are_written_as_they_are() -> None:
    insert_all(TagSet, ("digest", "text"), [(str(at), text) for at, text in enumerate(ODD)])
    written = TagSet.objects.order_by("pk").values_list("digest", "text")
    assert list(written) == [(str(at), text) for at, text in enumerate(ODD)]


def test_of_no_rows_none_are_written() -> None:
    insert_all(TagSet, ("digest", "text"), [])
    assert not TagSet.objects.exists()


def test_of_rows_that_break_a_rule_none_are_written() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_all(TagSet, ("digest", "text"), [("one", "1"), ("two", "2"), ("one", "3")])
    assert not TagSet.objects.exists()


def test_sets_have_one_key_each_however_often_they_are_written() -> None:
    first = writing._keys_of_sets({"one": "\nec2\ns3\n"})
    both = writing._keys_of_sets({"one": "\nec2\ns3\n", "two": "\n"})
    assert both["one"] == first["one"]
    assert len(set(both.values())) == TagSet.objects.count() == 2
    assert TagSet.objects.get(pk=both["one"]).text == "\nec2\ns3\n"
    assert writing._keys_of_sets({}) == {}


def test_the_databases_own_index_is_made_after_the_first_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = Policy.objects.filter(name__in=["AmazonECS_FullAccess", "ReadOnlyAccess"])
    done: list[str] = []

    def noted(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        done.append("rows")
        insert_all(model, columns, rows)

    monkeypatch.setattr(writing, "unwritten", lambda: few)
    monkeypatch.setattr("policyhub.search.finding.in_database.writing.insert_all", noted)
    monkeypatch.setattr(trigrams, "make_index", lambda _: done.append("index"))
    writing.write_missing(StoredCatalogue(get_reference(), 100))
    assert "rows" in done
    assert done.index("index") == len(done) - 1
