"""The feed of watched policies: new versions, what they did to access, and risks gained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed

from policyhub.catalog.models import ChangelogEntry
from policyhub.http import NOT_IN_XML
from policyhub.markdown import clean, new_renderer
from policyhub.workbench.watching.watched import changes_of, risks_of_change

MOST_ENTRIES = 100
_SECONDS_OLD = 300
_renderer = new_renderer()


class WatchedChangesFeed(Feed[ChangelogEntry, None]):
    """The newest changes of some policies."""

    feed_type = Atom1Feed
    author_name = "Policyhub"
    title = "Changes of watched policies"
    subtitle = "New versions, what they did to access, and which risks they brought."
    item_guid_is_permalink = False

    def __init__(self, keys: Sequence[str], address: str) -> None:
        self.keys, self.feed_url = keys, address

    def link(self) -> str:
        """The page of the same policies."""
        query = urlencode([("policy", each) for each in self.keys])
        return f"{reverse('workbench:watching')}?{query}"

    def feed_guid(self) -> str:
        """An id that stays, whatever host serves the feed."""
        return f"urn:policyhub:watching:{quote(self.link(), safe='')}"

    def items(self) -> list[ChangelogEntry]:
        """The entries, the newest first."""
        return list(changes_of(self.keys)[:MOST_ENTRIES])

    def item_title(self, item: Any) -> str:
        """The entry's title; where it brought risks, how many."""
        risks = risks_of_change(item)
        count = risks.gained_count if risks else 0
        gained = f" ({count} risk{'' if count == 1 else 's'} gained)" if count else ""
        return NOT_IN_XML.sub("", f"{item.title}{gained}")

    def item_description(self, item: Any) -> str:
        """The entry's text as HTML, with the risks that the change brought."""
        risks = risks_of_change(item)
        named = (("gained", risks.gained), ("lost", risks.lost)) if risks else ()
        told = [
            f"Risks {what}: {'; '.join(each['title'] for each in found)}."
            for what, found in named
            if found
        ]
        text = "\n\n".join([item.description, *told])
        return NOT_IN_XML.sub("", str(clean(_renderer.render(text))))

    def item_link(self, item: Any) -> str:
        """The policy's changes."""
        return reverse("browse:policy_changes", args=[item.policy.key])

    def item_guid(self, item: Any) -> str:
        """The id that the entry has in every feed."""
        return f"urn:policyhub:change:{quote(item.key or str(item.pk), safe='')}"

    def item_pubdate(self, item: Any) -> datetime:
        """The day of the change, as a moment."""
        return datetime.combine(item.date, time.min, tzinfo=UTC)

    item_updateddate = item_pubdate

    def item_categories(self, item: Any) -> list[str]:
        """Who says so, what it did to access, and whether it brought a risk."""
        risks = risks_of_change(item)
        gained = "risk-gained" if risks and risks.gained_count else ""
        return [each for each in (item.source, item.access, gained) if each]


def feed_answer(request: HttpRequest, keys: Sequence[str]) -> HttpResponse:
    """The feed, to be kept by readers for some minutes."""
    answer = WatchedChangesFeed(keys, request.get_full_path())(request)
    kept_by = {"private": True} if settings.LOGIN_REQUIRED else {"public": True}
    patch_cache_control(answer, max_age=_SECONDS_OLD, **kept_by)
    return answer
