"""Filters for the Markdown of curators and documentation."""

from __future__ import annotations

from functools import lru_cache

from django.template import Library
from django.utils.safestring import SafeString

from policyhub.markdown import clean, new_renderer
from policyhub.seams import with_seams_in_long_words

register = Library()
renderer = new_renderer()


@register.filter
def markdown(text: object) -> SafeString:
    """Render Markdown as blocks, for an element of class `prose`."""
    return _blocks(str(text or ""))


@register.filter
def markdown_line(text: object) -> SafeString:
    """Render a sentence of Markdown without a paragraph around it, for table cells and lists."""
    return _line(str(text or ""))


@lru_cache(maxsize=1024)
def _blocks(text: str) -> SafeString:
    return SafeString(with_seams_in_long_words(clean(renderer.render(text))))


@lru_cache(maxsize=4096)
def _line(text: str) -> SafeString:
    return SafeString(with_seams_in_long_words(clean(renderer.renderInline(text))))
