"""What RFC 4287 and RSS 2.0 require of a feed, checked for one: each fault as a sentence.

Besides what must and may be where, it is what readers stumble over: addresses that are not
absolute, moments without a zone, ids that come twice, a feed that does not name itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

Element = ElementTree.Element
ATOM = "{http://www.w3.org/2005/Atom}"
# How often each child may appear: the least and, where it is bounded, the most.
Rules = dict[str, tuple[int, int | None]]
_FEED: Rules = {
    "id": (1, 1), "title": (1, 1), "updated": (1, 1), "author": (1, None), "subtitle": (0, 1),
    "link": (1, None), "category": (0, None), "rights": (0, 1), "entry": (0, None),
}  # fmt: skip
_ENTRY: Rules = {
    "id": (1, 1), "title": (1, 1), "updated": (1, 1), "published": (0, 1), "summary": (0, 1),
    "content": (0, 1), "link": (1, None), "category": (0, None), "author": (0, None),
}  # fmt: skip
_CHANNEL: Rules = {
    "title": (1, 1), "link": (1, 1), "description": (1, 1), "language": (0, 1),
    "lastBuildDate": (0, 1), f"{ATOM}link": (1, None), "item": (0, None),
}  # fmt: skip
_ITEM: Rules = {
    "title": (1, 1), "link": (0, 1), "description": (0, 1), "pubDate": (0, 1), "guid": (1, 1),
    "category": (0, None),
}  # fmt: skip
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_REFERENCE = re.compile(r"""(?:href|src)=["']([^"']*)["']""")


def faults(feed: bytes, address: str) -> list[str]:
    """All that is wrong with a feed that was got from an address."""
    root = ElementTree.fromstring(feed)  # noqa: S314 - our own feed
    if root.tag == f"{ATOM}feed":
        return list(_atom(root, address))
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return [f"{root.tag} is neither a feed nor RSS 2.0"]
    return list(_rss(channel, address))


def _atom(feed: Element, address: str) -> Iterator[str]:
    entries = feed.findall(f"{ATOM}entry")
    yield from _children(feed, {f"{ATOM}{name}": rule for name, rule in _FEED.items()})
    yield from _itself(feed, address)
    yield from _twice(each.findtext(f"{ATOM}id") or "" for each in (feed, *entries))
    for entry in entries:
        yield from _children(entry, {f"{ATOM}{name}": rule for name, rule in _ENTRY.items()})
    for each in (feed, *entries):
        if not urlsplit(each.findtext(f"{ATOM}id") or "").scheme:
            yield f"the id {each.findtext(f'{ATOM}id')} is no IRI"
        for name in ("updated", "published"):
            moment = each.findtext(f"{ATOM}{name}")
            if moment is not None and not _MOMENT.fullmatch(moment):
                yield f"{name} {moment} is no moment of RFC 3339"
        alternates = [
            link for link in each.findall(f"{ATOM}link") if link.get("rel") == "alternate"
        ]
        if len(alternates) != 1:
            yield "there is not one alternate link"
        yield from _addresses(link.get("href") or "" for link in each.findall(f"{ATOM}link"))
        yield from _html(each.findtext(f"{ATOM}summary") or "")


def _rss(channel: Element, address: str) -> Iterator[str]:
    items = channel.findall("item")
    yield from _children(channel, _CHANNEL)
    yield from _itself(channel, address)
    yield from _twice(each.findtext("guid") or "" for each in items)
    for item in items:
        yield from _children(item, _ITEM)
        guid = item.find("guid")
        if (
            guid is not None
            and guid.get("isPermaLink") != "false"
            and "http" not in (guid.text or "")
        ):
            yield f"the guid {guid.text} is no permanent link and does not say so"
        yield from _html(item.findtext("description") or "")
    for each in (channel, *items):
        yield from _addresses([each.findtext("link") or ""])
        for name in ("pubDate", "lastBuildDate"):
            moment = each.findtext(name)
            if moment is not None and _unreadable(moment):
                yield f"{name} {moment} is no date of RFC 822"


def _children(parent: Element, rules: Rules) -> Iterator[str]:
    counted = Counter(child.tag for child in parent)
    yield from (f"{tag} may not stand in {parent.tag}" for tag in counted.keys() - rules.keys())
    for tag, (least, most) in rules.items():
        if counted[tag] < least or (most is not None and counted[tag] > most):
            yield f"{parent.tag} has {counted[tag]} times {tag}"
    for child in parent:
        if child.tag.endswith(("title", "id", "guid")) and not (child.text or "").strip():
            yield f"{child.tag} is empty"


def _itself(parent: Element, address: str) -> Iterator[str]:
    links = parent.findall(f"{ATOM}link")
    named = [link.get("href") for link in links if link.get("rel") == "self"]
    if named != [address]:
        yield f"it calls itself {named} and was got from {address}"


def _twice(ids: Iterator[str]) -> Iterator[str]:
    yield from (
        f"the id {each} comes {count} times" for each, count in Counter(ids).items() if count > 1
    )


def _addresses(given: Iterator[str] | list[str]) -> Iterator[str]:
    for each in given:
        if urlsplit(each).scheme not in ("http", "https") or not urlsplit(each).netloc:
            yield f"the address {each} is not absolute"


def _html(text: str) -> Iterator[str]:
    yield from _addresses(_REFERENCE.findall(text))
    if "<script" in text.lower():
        yield "there is a script in a text"


def _unreadable(moment: str) -> bool:
    try:
        read: datetime = parsedate_to_datetime(moment)
    except ValueError:
        return True
    return read.tzinfo is None
