"""Feeds of changes: well-formed, with ids that stay, and quiet when nothing is new."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client

from policyhub.catalog.models import ChangelogEntry

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
def test_a_feed_is_well_formed_with_what_its_format_needs(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own feed
    if "rss" in path:
        assert answer.headers["content-type"].startswith("application/rss+xml")
        channel = root.find("channel")
        assert channel is not None
        assert {"title", "link", "description"} <= {each.tag for each in channel}
        items = channel.findall("item")
        ids = [each.findtext("guid") for each in items]
        assert all(each.find("title") is not None for each in items)
    else:
        assert answer.headers["content-type"].startswith("application/atom+xml")
        assert root.tag == f"{ATOM}feed"
        needed = {f"{ATOM}{name}" for name in ("id", "title", "updated", "link", "author")}
        assert needed <= {each.tag for each in root}
        links = [each.get("rel") for each in root.findall(f"{ATOM}link")]
        assert "self" in links
        items = root.findall(f"{ATOM}entry")
        ids = [each.findtext(f"{ATOM}id") for each in items]
        for each in items:
            assert {f"{ATOM}{name}" for name in ("id", "title", "updated", "link")} <= {
                part.tag for part in each
            }
    assert items
    assert len(ids) == len(set(ids))
    assert all(each and each.startswith("urn:policyhub:change:") for each in ids)


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
    from policyhub.catalog.models import Policy
    from policyhub.catalog.observing import observe

    before = {each.findtext(f"{ATOM}id") for each in entries(client, FEEDS[0])}
    ChangelogEntry.objects.filter(source="observed").delete()
    observe(set(Policy.objects.values_list("pk", flat=True)))
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


def test_text_is_escaped(client: Client) -> None:
    ChangelogEntry.objects.create(
        date="2026-11-02", title="<b>&", description="<script>alert(1)</script> `x`"
    )
    for path in FEEDS[:2]:
        text = client.get(path).content.decode()
        assert "<script>" not in text
        ElementTree.fromstring(text)  # noqa: S314 - our own feed
