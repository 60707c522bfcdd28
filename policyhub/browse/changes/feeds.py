"""Feeds of changes, as Atom and RSS: all, those of a policy or a service, or a filtered list.

Every filter of the change log works here too: `/changes/feed.atom?access=widened&access=both`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from html import unescape
from typing import Any
from urllib.parse import quote

import nh3
from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.views.decorators.http import condition, require_safe

from policyhub.browse.changes.log import CHANGES, entries_of, risks_of_entry
from policyhub.browse.lists.listing import ListState
from policyhub.browse.not_found import named_otherwise
from policyhub.browse.templatetags.policyhub_markdown import markdown
from policyhub.catalog.models import CatalogState, ChangelogEntry, Policy, Service
from policyhub.catalog.naming import why_unknown
from policyhub.http import NOT_IN_XML, problems_answer

MOST_ENTRIES = 100
# How long a reader may go without asking again.
MOST_SECONDS_OLD = 300


class _Changes(Feed[ChangelogEntry, None]):
    """The newest entries that a state of the change log asks for."""

    feed_type: type[SyndicationFeed] = Atom1Feed
    author_name = "Policyhub"

    def __init__(self, state: ListState, title: str, page: str, address: str) -> None:
        self.state, self._title, self._page = state, title, page
        self.feed_url = address

    def title(self) -> str:
        """What the feed is about."""
        return self._title

    def link(self) -> str:
        """The page with the same entries."""
        return self._page

    def subtitle(self) -> str:
        """What it contains."""
        return "Documented changes, and those observed between two versions of a document."

    description = subtitle

    def feed_guid(self) -> str:
        """An id that stays, whatever host serves the feed."""
        return f"urn:policyhub:changes:{quote(self._page, safe='')}"

    def items(self) -> QuerySet[ChangelogEntry]:
        """The entries, the newest first."""
        return entries_of(self.state)[:MOST_ENTRIES]

    def item_title(self, item: Any) -> str:
        """The entry's title without markup: readers of RSS take a title for HTML."""
        return NOT_IN_XML.sub("", unescape(nh3.clean(item.title, tags=set())))

    def item_description(self, item: Any) -> str:
        """The entry's text as HTML, with the risks that the change brought."""
        text = "\n\n".join([item.description, *_risks(item)])
        return NOT_IN_XML.sub("", str(markdown(text)))

    def item_link(self, item: Any) -> str:
        """The policy's changes, or all."""
        if item.policy is None:
            return reverse("browse:changes")
        return reverse("browse:policy_changes", args=[item.policy.key])

    def item_guid(self, item: Any) -> str:
        """An id that stays when entries are derived or loaded again."""
        return f"urn:policyhub:change:{quote(item.key or str(item.pk), safe='')}"

    item_guid_is_permalink = False

    def item_pubdate(self, item: Any) -> datetime:
        """The day of the change, as a moment."""
        return datetime.combine(item.date, time.min, tzinfo=UTC)

    item_updateddate = item_pubdate

    def item_categories(self, item: Any) -> list[str]:
        """Who says so, and what it did to access."""
        return [each for each in (item.source, item.access) if each]


class _RssChanges(_Changes):
    feed_type = Rss201rev2Feed


def _risks(entry: ChangelogEntry) -> list[str]:
    """The risks gained and lost as Markdown, a paragraph each."""
    found = risks_of_entry(entry)
    named = (("gained", found.gained), ("lost", found.lost)) if found else ()
    return [
        f"Risks {what}: {'; '.join(each['title'] for each in risks)}."
        for what, risks in named
        if risks
    ]


def _etag(request: HttpRequest, *args: Any, **kwargs: Any) -> str:
    """What the feed depends on, and the address under which it is requested."""
    state = CatalogState.current()
    host = request.get_host()
    return f'"{state.generation:x}-{state.listed_generation:x}-{host}"'


def _last_modified(request: HttpRequest, *args: Any, **kwargs: Any) -> datetime:
    """When the catalogue or the change log last changed: old entries can be corrected too."""
    state = CatalogState.current()
    return datetime.fromtimestamp(max(state.generation, state.listed_generation) / 1e9, UTC)


_unless_known = condition(etag_func=_etag, last_modified_func=_last_modified)


def _feed_answer(
    request: HttpRequest, feed: type[_Changes], state: ListState, title: str, page: str
) -> HttpResponse:
    if state.problems:
        return problems_answer(state.problems)
    answer = feed(state, title, page, request.get_full_path())(request)
    # Django gives the date of the newest entry; the correct one comes from `_last_modified`.
    del answer.headers["Last-Modified"]
    kept_by = {"private": True} if settings.LOGIN_REQUIRED else {"public": True}
    patch_cache_control(answer, max_age=MOST_SECONDS_OLD, **kept_by)
    return answer


def _all_changes(feed: type[_Changes]) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        state = CHANGES.read_state(request.GET)
        page = reverse("browse:changes") + (state.url if state.query else "")
        return _feed_answer(request, feed, state, "Changes of AWS managed policies", page)

    return require_safe(_unless_known(view))


changes_atom = _all_changes(_Changes)
changes_rss = _all_changes(_RssChanges)


@require_safe
@_unless_known
def policy_atom(request: HttpRequest, name: str) -> HttpResponse:
    """The changes of one policy."""
    known = Policy.objects.filter(key=name).first()
    if known is None:
        if elsewhere := named_otherwise(request, name):
            return elsewhere
        raise Http404(why_unknown(name))
    state = CHANGES.read_state(_with(request, "policy", name))
    page = reverse("browse:policy_changes", args=[name])
    return _feed_answer(request, _Changes, state, f"Changes of {known.label}", page)


@require_safe
@_unless_known
def service_atom(request: HttpRequest, prefix: str) -> HttpResponse:
    """The changes of the policies that belong to one service."""
    if not Service.objects.filter(prefix=prefix).exists():
        raise Http404(f"no service has the prefix {prefix}")
    state = CHANGES.read_state(_with(request, "service", prefix))
    page = reverse("browse:service", args=[prefix])
    return _feed_answer(request, _Changes, state, f"Changes of policies of {prefix}", page)


def _with(request: HttpRequest, key: str, value: str) -> Any:
    query = request.GET.copy()
    query.setlist(key, [value])
    return query
