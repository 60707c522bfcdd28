"""A help page: its Markdown as HTML with anchors, and as sections that can be searched.

Headings get the anchors that code-hosting sites give them, so that a link to a part of a page
works in the repository and on the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from policyhub.markdown import clean, new_renderer
from policyhub.seams import with_seams_in_long_words

# What help pages have beyond prose: headings with anchors, and frames that scroll sideways,
# which the keyboard reaches.
_SCROLLS = {"class", "tabindex", "role", "aria-label"}
_ALSO = {"h2": {"id"}, "h3": {"id"}, "div": _SCROLLS, "pre": _SCROLLS, "table": {"class"}}
_HELP_FILE = re.compile(r"([\w-]+)\.md(#[\w-]+)?")
_CONTENTS_FILE = "README"
# An address of this site, as pages write it: `/who-can/?action=iam:PassRole`.
_ADDRESS = re.compile(r"/[^/\s].*")


@dataclass(frozen=True)
class Section:
    """A heading and the plain text below it, as far as the next heading.

    `anchor` is empty for what comes before the first heading; `level` is 2 or 3 for headings.
    """

    anchor: str
    title: str
    level: int
    text: str


@dataclass(frozen=True)
class Rendered:
    """A page's title, its body as HTML without the title, and its sections in order."""

    title: str
    html: SafeString
    sections: tuple[Section, ...]


def render(markdown: str) -> Rendered:
    """Render a help page, which begins with its title as the only heading of level 1."""
    tokens = _RENDERER.parse(markdown)
    title = tokens[1].content if tokens and tokens[0].tag == "h1" else ""
    body = tokens[3:] if title else tokens
    sections = _give_anchors(body, title)
    for token in body:
        if token.type == "inline":
            token.children = list(_with_links_of_the_site(token.children or []))
    html = _RENDERER.renderer.render(body, _RENDERER.options, {})
    cleaned = with_seams_in_long_words(clean(str(html), also=_ALSO))
    return Rendered(title, SafeString(cleaned), sections)


def anchor_of(heading: str, taken: Mapping[str, Any]) -> str:
    """The anchor of a heading: its words in lower case, joined by hyphens, each anchor once.

    >>> anchor_of("Facets of `/policies/`", {})
    'facets-of-policies'
    """
    words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    anchor, number = words, 0
    while anchor in taken:
        number += 1
        anchor = f"{words}-{number}"
    return anchor


def _give_anchors(tokens: Sequence[Token], title: str) -> tuple[Section, ...]:
    """Give each heading its anchor, each frame its name; return the sections."""
    sections = {"": Section("", title, 1, "")}
    anchor = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _plain(tokens[place + 1])
            anchor = anchor_of(heading, sections)
            sections[anchor] = Section(anchor, heading, int(token.tag[1]), "")
            token.attrSet("id", anchor)
        elif token.type in ("inline", "fence") and tokens[place - 1].type != "heading_open":
            section = sections[anchor]
            sections[anchor] = replace(section, text=f"{section.text} {_plain(token)}".strip())
        if token.type in ("table_open", "fence"):
            token.attrSet("aria-label", sections[anchor].title)
    return tuple(sections.values())


def _plain(token: Token) -> str:
    if not token.children:
        return " ".join(token.content.split())
    return "".join(" " if each.type == "softbreak" else each.content for each in token.children)


def _with_links_of_the_site(tokens: Sequence[Token]) -> Iterator[Token]:
    """Let links between files lead to pages, and addresses in code to what they name."""
    unlinked, is_inside = False, False
    for token in tokens:
        if token.type == "link_open":
            address = _address_on_the_site(str(token.attrGet("href")))
            unlinked, is_inside = address is None, True
            token.attrSet("href", address or "")
        if token.type in ("link_open", "link_close") and unlinked:
            is_inside = is_inside and token.type == "link_open"
            continue
        if token.type == "link_close":
            is_inside = False
        if token.type == "code_inline" and not is_inside and _ADDRESS.fullmatch(token.content):
            yield Token("link_open", "a", 1, attrs={"href": token.content})
            yield token
            yield Token("link_close", "a", -1)
        else:
            yield token


def _address_on_the_site(link: str) -> str | None:
    """Where a link of a file leads on the site; None for a file that is not a help page."""
    if link.startswith(("https://", "#")):
        return link
    named = _HELP_FILE.fullmatch(link)
    if named is None:
        return None
    slug, anchor = named[1], named[2] or ""
    if slug == _CONTENTS_FILE:
        return reverse("help:contents") + anchor
    return reverse("help:page", args=[slug]) + anchor


def _table_open(
    self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    return f"<div {_frame(tokens[place], 'scroll')}>\n<table>\n"


def _table_close(
    self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table>\n</div>\n"


def _fence(
    self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType
) -> str:
    return f"<pre {_frame(tokens[place], 'example')}>{escape(tokens[place].content)}</pre>\n"


def _frame(token: Token, name: str) -> str:
    label = escape(str(token.attrGet("aria-label") or ""))
    return f'class="{name}" tabindex="0" role="group" aria-label="{label}"'


_RENDERER = new_renderer()
for _name, _rule in (("table_open", _table_open), ("table_close", _table_close), ("fence", _fence)):
    _RENDERER.add_render_rule(_name, _rule)
