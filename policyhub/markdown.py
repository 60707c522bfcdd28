"""Markdown of curators, of documentation and of the help, rendered and sanitised."""

from __future__ import annotations

import re
from collections.abc import Mapping

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

# What comes before a star inside an action pattern or an ARN: `s3:Get`, `arn:aws:ecs:`.
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


def new_renderer() -> MarkdownIt:
    """CommonMark with tables and strikethrough, in which raw HTML stays text.

    What it renders still has to pass `clean`.
    """
    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    renderer.inline.ruler.before("emphasis", "wildcard", _wildcard)
    return renderer


def clean(
    html: str, also: Mapping[str, set[str]] | None = None, rel: str = "noopener noreferrer"
) -> SafeString:
    """Sanitise rendered Markdown: tags and attributes that are not listed are dropped.

    `also` has further tags, each with its attributes.
    """
    more = dict(also or {})
    attributes = {
        tag: ATTRIBUTES.get(tag, set()) | more.get(tag, set()) for tag in {*ATTRIBUTES, *more}
    }
    return SafeString(
        nh3.clean(
            html,
            tags=TAGS | more.keys(),
            attributes=attributes,
            url_schemes=SCHEMES,
            link_rel=rel,
        )
    )
