"""Statements in search results: what each does in few words, those of one policy in one row."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from policyhub.iam.language.wording import plain
from policyhub.iam.reading.document import parse_policy
from policyhub.search.finding.current import get_index
from policyhub.search.finding.entries import STATEMENTS
from policyhub.search.finding.query import parse_query
from policyhub.search.finding.results import FoundEntry
from policyhub.search.finding.statement_rows import by_policy, in_few_words
from tests.html_text import markup_of


@pytest.mark.parametrize(
    ("elements", "words", "said"),
    [
        ({"Action": "ecs:RunTask", "Resource": "*"}, [], "ecs:RunTask on every resource"),
        ({"Action": "*", "Resource": "*"}, [], "every action on every resource"),
        (
            {"Action": ["a:B", "a:C", "a:D", "a:E", "a:F"], "Resource": ["arn:x", "arn:y"]},
            [],
            "a:B, a:C, a:D and 2 more on arn:x and 1 more",
        ),
        (
            {"Action": ["a:B", "a:C", "a:D", "a:E"], "Resource": ["arn:x", "arn:y"]},
            ["a:e", "y"],
            "a:E, a:B, a:C and 1 more on arn:y and 1 more",
        ),
        (
            {"NotAction": "iam:*", "Resource": "*"},
            [],
            "every action except iam:* on every resource",
        ),
        ({"Action": "a:B", "NotResource": "arn:x"}, [], "a:B on every resource except arn:x"),
        (
            {
                "Action": "a:B",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {"a:b": "true"}},
            },
            [],
            "a:B on every resource, under 2 conditions",
        ),
    ],
)
def test_a_statement_is_said_in_few_words(
    elements: dict[str, Any], words: list[str], said: str
) -> None:
    statement = {"Effect": "Allow", **elements}
    read = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert read.policy is not None
    assert plain(in_few_words(read.policy.statements[0], words)) == said


@pytest.mark.django_db
def test_all_statements_of_a_policy_are_one_row_in_the_order_found() -> None:
    query, _ = parse_query("ecs")
    entries = get_index().find(query).page(STATEMENTS, 0, 300)
    rows = by_policy(FoundEntry(each, query.words) for each in entries)
    assert [row.policy for row in rows] == list(dict.fromkeys(each.policy for each in entries))
    assert sum(len(row.statements) for row in rows) == len(entries) > len(rows)


@pytest.mark.django_db
def test_the_page_shows_what_statements_do_with_others_of_the_policy_folded(
    client: Client,
) -> None:
    page = markup_of(client.get("/search/?q=passrole&in=statements"))
    results = page.partition('aria-label="Statements">')[2].partition("<nav")[0]
    rows = re.split(r"<li data-row>", results)[1:]
    named = [re.sub("<wbr>", "", re.findall(r'<a href="[^"]*">(.*?)</a>', row)[0]) for row in rows]
    assert len(named) == len(set(named)) > 10
    assert all('class="chip effect-' in row for row in rows)
    assert any("more statement" in row and "<details" in row for row in rows)


@pytest.mark.django_db
def test_the_first_page_of_all_kinds_shows_ten_policies(client: Client) -> None:
    page = markup_of(client.get("/search/?q=passrole"))
    statements = page.partition('aria-label="Statements">')[2].partition("</section>")[0]
    assert statements.count("<li data-row>") == 10
