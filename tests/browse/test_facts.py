"""The page of facts about services, and its JSON twin."""

from __future__ import annotations

import pytest
from django.test import Client

from policyhub.catalog.facts.tables import FactTable, fact_tables

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.mark.parametrize("table", fact_tables().values(), ids=lambda table: table.name)
def test_the_page_shows_every_table_with_its_origin(client: Client, table: FactTable) -> None:
    text = client.get("/facts/").content.decode()
    assert f'id="{table.name}"' in text
    assert f"Show {len(table.rows)} rows" in text
    assert table.as_of in text


def test_code_in_a_tables_words_is_marked_up(client: Client) -> None:
    text = client.get("/facts/").content.decode()
    head = [part.partition("<details")[0] for part in text.split("<section")[1:]]
    assert len(head) == len(fact_tables())
    assert not any("`" in each for each in head)
    assert "<code>*</code>" in "".join(head)


def test_the_json_gives_every_row(client: Client) -> None:
    body = client.get("/facts.json").json()
    assert body["count"] == len(fact_tables())
    for table in body["results"]:
        assert table["count"] == len(table["rows"]) == len(fact_tables()[table["name"]].rows)
        assert table["rows"][0].keys() == fact_tables()[table["name"]].columns.keys()


def test_every_page_links_to_the_facts(client: Client) -> None:
    assert 'href="/facts/"' in client.get("/facts/").content.decode()
