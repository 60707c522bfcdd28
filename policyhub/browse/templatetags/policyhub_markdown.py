"""Markdown of curators and documentation, rendered and sanitised."""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from django.template import Library
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

register = Library()

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

# What stands before a star inside an action pattern or an ARN: `s3:Get`, `arn:aws:ecs:`.
_NAME_BEFORE_A_STAR = re.compile(r"[A-Za-z0-9-]:[^\s`]*$")
_LONGEST_NAME = 200
_NAME_AFTER_A_STAR = re.compile(r"[A-Za-z0-9:/]")


def _wildcard(state: StateInline, silent: bool) -> bool:
    """Keep the stars of `s3:Get*Object*` and `arn:aws:ecs:*:*:cluster`.

    CommonMark (markdown-it-py 4.3.0 too) takes them for emphasis and drops them, so that prose
    would name an action or a resource that the document does not.
    """
    here = state.pos
    if state.src[here] != "*" or not _NAME_AFTER_A_STAR.match(state.src, here + 1):
        return False
    if not _NAME_BEFORE_A_STAR.search(state.src, max(0, here - _LONGEST_NAME), here):
        return False
    if not silent:
        state.pending += "*"
    state.pos += 1
    return True


# Raw HTML stays text: prose is Markdown alone. Sanitising stands behind that all the same.
renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
renderer.inline.ruler.before("emphasis", "wildcard", _wildcard)


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
