"""Feeds of changes: well-formed, with ids that stay, and quiet when nothing is new."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from policyhub.catalog.models import ChangelogEntry
from tests.browse.changes.feed_rules import faults

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = [
    "/changes/feed.atom",
    "/changes/feed.rss",
    "/policies/AmazonECS_FullAccess/feed.atom",
    "/services/ecs/feed.atom",
    "/changes/feed.atom?access=widened&access=narrowed&access=both",
]


def entries(client: Client, path: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(client.get(path).content)  # noqa: S314 - our own feed
    return root.findall(f"{ATOM}entry")


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_as_its_format_asks(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    kind = "rss" if ".rss" in path else "atom"
    assert answer.headers["content-type"].startswith(f"application/{kind}+xml")
    assert faults(answer.content, f"http://testserver{path}") == []
    ids = re.findall(r"urn:policyhub:change:[^<]+", answer.content.decode())
    assert len(ids) == len(set(ids)) > 0


def test_a_faulty_feed_is_found_out(client: Client) -> None:
    good = client.get(FEEDS[0]).content.decode()
    address = f"http://testserver{FEEDS[0]}"
    damage = {
        "https://elsewhere.example/feed": "calls itself",
        good.replace("+00:00</updated>", "</updated>", 1): "no moment",
        good.replace("<author>", "<writer>").replace("</author>", "</writer>"): "may not stand",
        good.replace('href="http://testserver/policies', 'href="/policies', 1): "not absolute",
        re.sub(r"<id>urn:policyhub:change:[^<]+", "<id>urn:x:y", good): "comes",
        re.sub(r"<title>[^<]+", "<title>", good, count=1): "is empty",
    }
    for text, expected in damage.items():
        found = (
            faults(good.encode(), text)
            if text.startswith("https")
            else faults(text.encode(), address)
        )
        assert any(expected in fault for fault in found), (expected, found)


def test_the_headers_say_how_long_it_may_be_kept(client: Client, settings: Settings) -> None:
    answer = client.get(FEEDS[0])
    assert answer.headers["Cache-Control"] == "max-age=300, public"
    assert {"ETag", "Last-Modified"} <= answer.headers.keys()
    settings.LOGIN_REQUIRED = True
    assert client.get(FEEDS[0]).headers["Cache-Control"] == "max-age=300, private"


def test_an_old_entry_that_is_mended_is_news(client: Client) -> None:
    answer = client.get(FEEDS[0])
    entry = ChangelogEntry.objects.order_by("date")[0]
    entry.title = "Mended"
    entry.save()
    assert client.get(FEEDS[0], headers={"if-none-match": answer["ETag"]}).status_code == 200


def test_a_feed_holds_the_page_of_the_same_filters(client: Client) -> None:
    listed = client.get("/changes.json?access=widened").json()
    feed = entries(client, "/changes/feed.atom?access=widened")
    assert [each.findtext(f"{ATOM}title") for each in feed] == [
        each["title"] for each in listed["results"]
    ]
    assert 0 < len(feed) < len(entries(client, "/changes/feed.atom"))


def test_a_conditional_get_is_answered_by_304_until_something_changes(client: Client) -> None:
    for path in FEEDS:
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"if-none-match": etag}).status_code == 304
    ChangelogEntry.objects.create(date="2026-11-01", title="A new one", description="New.")
    assert client.get(FEEDS[0], headers={"if-none-match": etag}).status_code == 200
    assert entries(client, FEEDS[0])[0].findtext(f"{ATOM}title") == "A new one"


def test_ids_stay_when_observed_entries_are_derived_again(client: Client) -> None:
    from policyhub.catalog.deriving.observed_changes import write_observed_changes
    from policyhub.catalog.models import Policy

    before = {each.findtext(f"{ATOM}id") for each in entries(client, FEEDS[0])}
    ChangelogEntry.objects.filter(source="observed").delete()
    write_observed_changes(set(Policy.objects.values_list("pk", flat=True)))
    assert {each.findtext(f"{ATOM}id") for each in entries(client, FEEDS[0])} == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/policies/NoSuchPolicy/feed.atom", 404),
        ("/services/nosuch/feed.atom", 404),
        ("/changes/feed.atom?access=sideways", 400),
        ("/changes/feed.rss?colour=red", 400),
    ],
)
def test_what_there_is_no_feed_of_is_said(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<b>Widened</b> & more", "Widened & more"),
        ("<script>alert(1)</script>1 < 2", "1 < 2"),
        ("<img src=x onerror=alert(1)>ECS", "ECS"),
    ],
)
def test_titles_bear_no_markup(client: Client, title: str, shown: str) -> None:
    ChangelogEntry.objects.create(date="2026-11-02", title=title, description="New.")
    assert entries(client, FEEDS[0])[0].findtext(f"{ATOM}title") == shown
    rss = ElementTree.fromstring(client.get(FEEDS[1]).content)  # noqa: S314 - our own feed
    assert rss.findtext("channel/item/title") == shown


def test_text_is_escaped(client: Client) -> None:
    ChangelogEntry.objects.create(
        date="2026-11-02", title="<b>&", description="<script>alert(1)</script> `x`"
    )
    for path in FEEDS[:2]:
        text = client.get(path).content.decode()
        assert "<script>" not in text
        ElementTree.fromstring(text)  # noqa: S314 - our own feed


@pytest.mark.parametrize("path", ["/changes/feed.atom", "/changes/feed.rss"])
def test_no_character_of_a_curator_breaks_the_feed(client: Client, path: str) -> None:
    ChangelogEntry.objects.create(date="2030-01-01", title="a < b\x01", description="a\x0bb \x1f")
    root = ElementTree.fromstring(client.get(path).content)  # noqa: S314 - our own feed
    assert "a < b" in [each.text for each in root.iter()]
