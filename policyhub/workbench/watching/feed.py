"""The feed of a watched list: new versions, risks gained, and scenario answers that changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from policyhub.catalog.models import ChangelogEntry
from policyhub.deadline import budget_of
from policyhub.http import NOT_IN_XML
from policyhub.markdown import clean, new_renderer
from policyhub.simulate.changed_answers import ChangedAnswer
from policyhub.workbench.watching.asked import ListUnderWatch
from policyhub.workbench.watching.scenarios import WatchedAnswers, replayed_files
from policyhub.workbench.watching.watched import changes_of, risks_of_change

MOST_ENTRIES = 100
_SECONDS_OLD = 300
_renderer = new_renderer()


@dataclass(frozen=True)
class FeedEntry:
    """An entry; `html` is clean, and `id` stays whatever host serves the feed."""

    day: date
    title: str
    html: str
    link: str
    id: str
    categories: Sequence[str]


class WatchedChangesFeed(Feed[FeedEntry, None]):
    """The newest changes of a list."""

    feed_type = Atom1Feed
    author_name = "Policyhub"
    title = "Changes of watched policies"
    subtitle = (
        "New versions, what they did to access, which risks they brought, and answers to scenarios "
        "that changed."
    )
    item_guid_is_permalink = False

    def __init__(
        self, asked: ListUnderWatch, files: Sequence[WatchedAnswers], address: str
    ) -> None:
        self.asked, self.files, self.feed_url = asked, files, address

    def link(self) -> str:
        """The page of the same list."""
        return self.asked.address("watching") or reverse("workbench:watching")

    def feed_guid(self) -> str:
        """An id that stays, whatever host serves the feed."""
        return f"urn:policyhub:watching:{quote(self.link(), safe='')}"

    def items(self) -> list[FeedEntry]:
        """The entries, the newest first."""
        entries = [
            *(_of_change(each) for each in changes_of(self.asked.keys)[:MOST_ENTRIES]),
            *(_of_answer(each, self.link()) for file in self.files for each in file.changes),
        ]
        return sorted(entries, key=lambda each: each.day, reverse=True)[:MOST_ENTRIES]

    def item_title(self, item: Any) -> str:
        """The entry's title."""
        return NOT_IN_XML.sub("", item.title)

    def item_description(self, item: Any) -> str:
        """The entry's text as HTML."""
        return NOT_IN_XML.sub("", item.html)

    def item_link(self, item: Any) -> str:
        """The policy's changes, or the page with the scenario."""
        return str(item.link)

    def item_guid(self, item: Any) -> str:
        """The id that the entry has in every feed."""
        return str(item.id)

    def item_categories(self, item: Any) -> Sequence[str]:
        """Who says so, what it did to access, and whether it brought a risk."""
        return list(item.categories)

    def item_pubdate(self, item: Any) -> datetime:
        """The day of the change, as a moment."""
        return datetime.combine(item.day, time.min, tzinfo=UTC)

    item_updateddate = item_pubdate


def _of_change(entry: ChangelogEntry) -> FeedEntry:
    """A change of a policy; where it brought risks, its title says how many."""
    risks = risks_of_change(entry)
    count = risks.gained_count if risks else 0
    told = f" ({count} risk{'' if count == 1 else 's'} gained)" if count else ""
    categories = (entry.source, entry.access, "risk-gained" if count else "")
    key = entry.policy.key if entry.policy else ""
    return FeedEntry(
        entry.date,
        f"{entry.title}{told}",
        _description(entry),
        reverse("browse:policy_changes", args=[key]),
        f"urn:policyhub:change:{quote(entry.key or str(entry.pk), safe='')}",
        [each for each in categories if each],
    )


def _description(entry: ChangelogEntry) -> str:
    """The entry's text as HTML, with the risks that the change brought."""
    risks = risks_of_change(entry)
    named = (("gained", risks.gained), ("lost", risks.lost)) if risks else ()
    told = [
        f"Risks {what}: {'; '.join(each['title'] for each in found)}."
        for what, found in named
        if found
    ]
    return str(clean(_renderer.render("\n\n".join([entry.description, *told]))))


def _of_answer(change: ChangedAnswer, link: str) -> FeedEntry:
    """An answer to a scenario that is another one."""
    said = repr((str(change.id), change.since, change.before, change.after))
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    return FeedEntry(
        change.since,
        f"{change.id}: {change.after_in_words}, before {change.before_in_words}",
        f"<p>{escape(change.in_words)}.</p>",
        f"{link}#scenarios",
        f"urn:policyhub:answer:{digest[:32]}",
        ["answer-changed"],
    )


def feed_answer(request: HttpRequest, asked: ListUnderWatch) -> HttpResponse:
    """The feed, to be kept by readers for some minutes."""
    files = replayed_files(asked.files, asked.since, budget_of(request))
    answer = WatchedChangesFeed(asked, files, request.get_full_path())(request)
    is_private = settings.LOGIN_REQUIRED or asked.is_own
    kept_by = {"private": True} if is_private else {"public": True}
    patch_cache_control(answer, max_age=_SECONDS_OLD, **kept_by)
    return answer
