"""The help pages, grouped by reader in the order that `README.md` of this folder gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.urls import reverse

from policyhub.help.rendering import Rendered, render

FOLDER = Path(__file__).resolve().parent
_READER = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(r"^- \[(.+?)\]\(([\w-]+)\.md\): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class HelpPage:
    """A page: its name in addresses, its title, what it answers, and for whom it is written."""

    slug: str
    title: str
    summary: str
    reader: str

    @property
    def url(self) -> str:
        """The page's address."""
        return reverse("help:page", args=[self.slug])

    @cached_property
    def markdown(self) -> str:
        """The text of the page's file."""
        return (FOLDER / f"{self.slug}.md").read_text(encoding="utf-8")

    @cached_property
    def rendered(self) -> Rendered:
        """The page as HTML and in sections."""
        return render(self.markdown)

    def to_dict(self) -> dict[str, Any]:
        """The page as a list names it."""
        return {
            "slug": self.slug,
            "title": self.title,
            "summary": self.summary,
            "reader": self.reader,
        }


@cache
def contents() -> dict[str, tuple[HelpPage, ...]]:
    """The pages by reader, in order."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    heads = list(_READER.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return {
        head[1]: tuple(
            HelpPage(slug, title, summary, head[1])
            for title, slug, summary in _ENTRY.findall(text[head.end() : end])
        )
        for head, end in zip(heads, ends, strict=True)
    }


def pages() -> tuple[HelpPage, ...]:
    """Every page, in order."""
    return tuple(page for of_reader in contents().values() for page in of_reader)


def find_page(slug: str) -> HelpPage | None:
    """The page with this name in addresses."""
    return next((page for page in pages() if page.slug == slug), None)


def neighbours(page: HelpPage) -> tuple[HelpPage | None, HelpPage | None]:
    """The pages before and after a page."""
    in_order = (None, *pages(), None)
    place = in_order.index(page)
    return in_order[place - 1], in_order[place + 1]
