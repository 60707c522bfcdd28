"""The search over the help: every word, the best section first, and what is not found."""

from __future__ import annotations

import pytest
from django.test import Client

from policyhub.help.finding import find
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("operators", "/help/searching/#operators"),
        ("OPERATORS", "/help/searching/#operators"),
        ("facet attachable", "/help/using/#the-list-of-policies"),
        ("simulation json", "/help/simulating/#a-simulation-as-json"),
        ("junit", "/help/linting/#formats"),
        ("POLICYHUB_MEMORY_MB", "/help/running/#settings"),
        ("upgrading", "/help/releases/#upgrading"),
    ],
)
def test_the_section_that_is_about_it_comes_first(query: str, url: str) -> None:
    assert find(query)[0].url == url


def test_every_word_has_to_appear() -> None:
    assert find("junit pipeline")
    assert find("junit nosuchword") == []
    assert find("  ") == []


def test_the_words_are_marked_in_the_excerpt() -> None:
    (found,) = (each for each in find("junit") if each.url == "/help/scenarios/#in-a-pipeline")
    assert next(text for text, is_hit in found.excerpt if is_hit) == "junit"
    assert "".join(text for text, _ in found.excerpt).startswith("--junit writes")


def test_a_long_section_is_cut_between_words() -> None:
    text = "".join(piece for piece, _ in find("scanned")[0].excerpt)
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) < 230


def test_the_page_shows_what_was_found(client: Client) -> None:
    text = markup_of(client.get("/help/", {"q": "junit"}))
    assert '<a href="/help/scenarios/#in-a-pipeline">In a pipeline</a>' in text
    assert "<mark>junit</mark>" in text
    assert '<link rel="alternate" type="application/json" href="/help.json?q=junit">' in text


def test_what_is_not_found_leads_to_the_catalogue(client: Client) -> None:
    text = markup_of(client.get("/help/", {"q": "AmazonECS_FullAccess <b>"}))
    assert "0 parts of the help mention" in text
    assert 'href="/search/?q=AmazonECS_FullAccess%20%3Cb%3E"' in text
    assert "<b>" not in text


def test_the_search_as_json(client: Client) -> None:
    answer = client.get("/help.json?q=junit").json()
    assert answer["count"] == len(answer["results"]) > 0
    first = answer["results"][0]
    assert first["page"] == "linting"
    assert first["section"] == "Formats"
    assert first["url"] == "/help/linting/#formats"


def test_a_parameter_that_does_not_exist_is_named(client: Client) -> None:
    answer = client.get("/help.json?query=x")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["parameter"] == "query"
    assert "is not a parameter of this page" in markup_of(client.get("/help/?query=x"))
