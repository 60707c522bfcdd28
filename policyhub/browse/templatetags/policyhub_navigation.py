"""Tags for finding one's way: the current section, the pages of a list, a statement's place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.http import HttpRequest
from django.template import Context, Library
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from policyhub.browse.templatetags.policyhub_text import breakable
from policyhub.http import short_address
from policyhub.iam.language.elements import Statement

register = Library()


# The main menu: the name of each page's URL, and what it is called.
_SECTIONS = (
    ("browse:policies", "Policies"),
    ("browse:risks", "Risks"),
    ("browse:services", "Services"),
    ("browse:condition_keys", "Condition keys"),
    ("compare:compare", "Compare"),
    ("simulate:simulate", "Simulate"),
    ("search:who_can", "Who can"),
    ("search:best_fit", "Best fit"),
    ("browse:changes", "Changes"),
)


@register.simple_tag(takes_context=True)
def main_menu(context: Context) -> list[dict[str, Any]]:
    """The entries of the main menu, the desk for those who may edit."""
    desk = [("desk:desk", "Desk")] if may_edit(context) else []
    return [
        {"section": name, "label": label, "mark": current(context, name)}
        for name, label in (*_SECTIONS, *desk)
    ]


@register.simple_tag(takes_context=True)
def current(context: Context, section: str) -> SafeString:
    """Mark a link of the main navigation: `page` on the section's page, `true` below it."""
    request = context.get("request")
    if request is None:
        return SafeString("")
    url = reverse(section)
    if request.path == url:
        return SafeString(' aria-current="page"')
    is_below = request.path.startswith(url) or _is_of(section, request)
    return SafeString(' aria-current="true"' if is_below else "")


def _is_of(section: str, request: HttpRequest) -> bool:
    """Whether a page belongs to a section that its address does not begin with."""
    shown = request.resolver_match
    is_action = shown is not None and shown.view_name == "browse:action"
    return section == "browse:services" and is_action


@register.simple_tag(takes_context=True)
def may_edit(context: Context) -> bool:
    """Whether the reader may edit prose."""
    return _is_true_of_the_reader(context, lambda user: user.has_perm("catalog.change_policy"))


@register.simple_tag(takes_context=True)
def is_logged_in(context: Context) -> bool:
    """Whether the reader has an account."""
    return _is_true_of_the_reader(context, lambda user: user.is_authenticated)


def _is_true_of_the_reader(context: Context, condition: Callable[[Any], bool]) -> bool:
    """What holds of the reader's account; without a session or a database there is none."""
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    try:
        return bool(condition(request.user))
    except DatabaseError:
        return False


@register.filter
def elided_pages(paginator: Paginator[Any], number: int) -> Iterator[str | int]:
    """Give the page numbers worth linking from page `number`, with an ellipsis for a gap."""
    return paginator.get_elided_page_range(number, on_each_side=2, on_ends=1)


@register.simple_tag
def statement_link(
    policy: str, statement: Statement, version_id: str, is_pinned: object
) -> SafeString:
    """Link a statement, by number and Sid, to where it is in its policy's document.

    That is the document of this version if it `is_pinned`, else of the default one.
    """
    number = statement.position + 1
    version = f"version={quote(version_id, safe='')}&" if version_id and is_pinned else ""
    url = f"{reverse('browse:policy_document', args=[policy])}?{version}statement={number}"
    sid = format_html(" ({})", breakable(statement.sid)) if statement.sid else ""
    return format_html('<a href="{}#statement-{}">statement {}{}</a>', url, number, number, sid)


@register.filter
def fits_an_address(query: str) -> bool:
    """Whether the simulator can be linked with this query string."""
    return bool(short_address(reverse("simulate:simulate"), query))
