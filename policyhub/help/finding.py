"""The search over the help: sections in which every word appears, the best first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.help.pages import HelpPage, pages
from policyhub.help.rendering import Section

_BEFORE_THE_WORD = 60
_LONGEST_EXCERPT = 220


@dataclass(frozen=True)
class Found:
    """A section that was found, with an excerpt in pieces: text, and whether it is a word found."""

    page: HelpPage
    section: Section
    excerpt: tuple[tuple[str, bool], ...]

    @property
    def url(self) -> str:
        """Where the section begins."""
        return f"{self.page.url}#{self.section.anchor}" if self.section.anchor else self.page.url

    def to_dict(self) -> dict[str, Any]:
        """The section as JSON."""
        return {
            "page": self.page.slug,
            "title": self.page.title,
            "section": self.section.title,
            "url": self.url,
            "excerpt": "".join(text for text, _ in self.excerpt),
        }


def find(query: str) -> list[Found]:
    """The sections in which every word of a query appears, ignoring case, the best first.

    Words in headings count most, then sections that have more of the words themselves rather
    than in the page's title.
    """
    words = query.casefold().split()
    ranked = [
        (rank, Found(page, section, _excerpt(section.text, words)))
        for page in pages()
        for section in page.rendered.sections
        if words and (rank := _rank(page, section, words)) is not None
    ]
    return [found for _, found in sorted(ranked, key=lambda each: each[0], reverse=True)]


def _rank(page: HelpPage, section: Section, words: Sequence[str]) -> tuple[int, int] | None:
    """How well a section fits; None where a word is missing."""
    heading, text = section.title.casefold(), section.text.casefold()
    about = f"{page.title} {page.summary}".casefold()
    if not all(word in heading or word in text or word in about for word in words):
        return None
    in_heading = sum(word in heading for word in words)
    return in_heading, sum(word in text for word in words)


def _excerpt(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """The text around the first word found, cut between words, with the words found apart."""
    found = re.compile(f"({'|'.join(map(re.escape, words))})", re.IGNORECASE)
    first = found.search(text)
    begin = max(0, first.start() - _BEFORE_THE_WORD) if first else 0
    begin = text.find(" ", begin) + 1 if begin else 0
    end = len(text)
    if end - begin > _LONGEST_EXCERPT:
        end = max(text.rfind(" ", begin, begin + _LONGEST_EXCERPT), begin)
    # Split at what is found, every second piece is a word found.
    pieces = [
        (piece, place % 2 == 1) for place, piece in enumerate(found.split(text[begin:end])) if piece
    ]
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    return tuple(each for each in ((before, False), *pieces, (after, False)) if each[0])
