"""Markdown of curators and documentation, rendered and sanitised."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.template import Library
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

register = Library()

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

# Raw HTML stays text: prose is Markdown alone. Sanitising stands behind that all the same.
renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@register.filter
def markdown(text: object) -> SafeString:
    """Render Markdown as blocks, to stand in an element of class `prose`."""
    return _blocks(str(text or ""))


@register.filter
def markdown_line(text: object) -> SafeString:
    """Render a sentence of Markdown without a paragraph around it, for table cells and lists."""
    return _line(str(text or ""))


@lru_cache(maxsize=1024)
def _blocks(text: str) -> SafeString:
    return _clean(renderer.render(text))


@lru_cache(maxsize=4096)
def _line(text: str) -> SafeString:
    return _clean(renderer.renderInline(text))


def _clean(html: str) -> SafeString:
    return SafeString(
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer",
        )
    )
