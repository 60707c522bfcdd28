"""Filters that mark up plain English: the words as text, what is the document's own as code."""

from __future__ import annotations

from functools import lru_cache

from django.template import Library
from django.utils.html import escape
from django.utils.safestring import SafeString

from policyhub.browse.templatetags.policyhub_text import breakable
from policyhub.iam.language.wording import Segment, Words
from policyhub.seams import with_seams_in_long_words

register = Library()


@register.filter
def marked_up(words: Words) -> SafeString:
    """Mark up plain English: what comes from the document is shown as code."""
    return _marked_up(words)


@register.filter
def marked_up_narrow(words: Words) -> SafeString:
    """As `marked_up`, for a narrow column: names can break in our own words too."""
    pieces = (breakable(each.text) if each.kind == "text" else _segment(each) for each in words)
    return SafeString(f'<span class="words">{"".join(pieces)}</span>')


@lru_cache(maxsize=2048)
def _marked_up(words: Words) -> SafeString:
    return SafeString(f'<span class="words">{"".join(map(_segment, words))}</span>')


def _segment(segment: Segment) -> str:
    if segment.kind == "text":
        return with_seams_in_long_words(escape(segment.text))
    return f'<code class="{segment.kind}">{breakable(segment.text)}</code>'
