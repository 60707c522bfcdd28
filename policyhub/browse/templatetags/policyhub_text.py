"""Filters for names and found words in running text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.template import Library
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from policyhub.catalog.models import policy_label
from policyhub.seams import with_seams, with_seams_in_long_words

register = Library()


register.filter(policy_label)


@register.filter
def breakable(name: Any) -> SafeString:
    """Escape a long name and offer the browser sensible places to break it (`<wbr>`)."""
    return _breakable(conditional_escape(name))


@lru_cache(maxsize=2048)
def _breakable(escaped: SafeString) -> SafeString:
    return SafeString(with_seams(escaped))


@register.filter
def breakable_words(text: Any) -> SafeString:
    """Escape a text of any length, such as a document, and do so in its long words only."""
    return SafeString(with_seams_in_long_words(conditional_escape(text)))


@register.filter
def with_marks(pieces: Iterable[tuple[str, bool]]) -> SafeString:
    """Mark the words of a query: a text in pieces, and of each whether it is such a word."""
    return SafeString("".join(_piece(text, is_word) for text, is_word in pieces))


def _piece(text: str, is_word: bool) -> str:
    return f"<mark>{breakable(text)}</mark>" if is_word else breakable(text)
