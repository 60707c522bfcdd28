"""The list of all known paths, with how many policies have each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

import pytest
from django.test import Client

from policyhub.catalog.models import PolicyVersion
from policyhub.judge.risks.kinds import KINDS
from policyhub.judge.risks.known import risks_of_version
from policyhub.judge.risks.paths import known_paths
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/risks.json{query}").json()["results"]
    return rows


def test_every_path_is_listed_the_most_serious_kinds_first(client: Client) -> None:
    rows = listed(client)
    assert {row["id"] for row in rows} == {path.id for path in known_paths()}
    gravities = [row["gravity"] for row in rows]
    assert gravities == sorted(gravities)


def test_counts_are_those_of_the_policies_judged_one_by_one(client: Client) -> None:
    expected: dict[str, Counter[str]] = {}
    for version in PolicyVersion.objects.in_force().select_related("policy"):
        for risk in risks_of_version(version):
            expected.setdefault(risk.id, Counter())[risk.answer] += 1
    for row in listed(client):
        assert {k: v for k, v in row["policies"].items() if v} == expected.get(row["id"], {})


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("?answer=free", lambda row: row["policies"]["free"]),
        ("?answer=ruled-out", lambda row: row["policies"]["ruled-out"]),
        ("?kind=trust-edit", lambda row: row["kind"] == "trust-edit"),
        ("?q=console+user", lambda row: "console password of any user" in row["title"]),
        ("?q=ecs:RunTask", lambda row: "ecs:RunTask" in row["actions"]),
    ],
)
def test_a_filter_leaves_exactly_the_paths_that_it_names(
    client: Client, query: str, holds: Any
) -> None:
    left = listed(client, query)
    assert left
    assert [row["id"] for row in left] == [row["id"] for row in listed(client) if holds(row)]


@pytest.mark.parametrize("query", ["?answer=sure", "?kind=nothing", "?sort=colour", "?nonsense=1"])
def test_what_is_not_understood_is_named_and_never_guessed(client: Client, query: str) -> None:
    answer = client.get(f"/risks.json{query}")
    assert answer.status_code == 400
    assert answer.json()["problems"]
    assert client.get(f"/risks/{query}").status_code == 200


def test_each_kind_has_a_heading_only_where_the_list_is_in_its_order(client: Client) -> None:
    heading = f"severity rank 1 of {len(KINDS)}"
    assert heading in markup_of(client.get("/risks/"))
    by_count = markup_of(client.get("/risks/?sort=-free"))
    assert "severity rank" not in by_count
    assert "Data read ·" in by_count


def test_the_table_downloads_as_csv(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/risks.csv").content.decode("utf-8-sig"))))
    assert [row["path"] for row in rows] == [row["id"] for row in listed(client)]
    assert sum(int(row["free"]) for row in rows) == sum(
        row["policies"]["free"] for row in listed(client)
    )


def test_the_page_says_free_bounded_and_ruled_out_and_never_that_something_is_possible(
    client: Client,
) -> None:
    html = markup_of(client.get("/risks/"))
    assert all(f"risk-{each}" in html for each in ("free", "bounded", "ruled-out"))
    assert not any(each in html.lower() for each in ("may allow", "could potentially", "high risk"))
