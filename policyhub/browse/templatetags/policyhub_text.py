"""Filters for names and found words in running text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.template import Library
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from policyhub.catalog.models import policy_label

register = Library()

# After a run of `:`, `/`, `_`, `-` and `.`, and between the humps of a camel. Escaped text has
# none of these inside an entity, so that the seams may be sought after escaping.
SEAM = re.compile(r"(?<=[:/_\-.])(?![:/_\-.]|$)|(?<=[a-z])(?=[A-Z])")


register.filter(policy_label)


@register.filter
def breakable(name: Any) -> SafeString:
    """Escape a long name and offer the browser sensible places to break it (`<wbr>`)."""
    return _breakable(conditional_escape(name))


@lru_cache(maxsize=2048)
def _breakable(escaped: SafeString) -> SafeString:
    return SafeString(SEAM.sub("<wbr>", escaped))


@register.filter
def with_marks(pieces: Iterable[tuple[str, bool]]) -> SafeString:
    """Mark the words of a query: a text in pieces, and of each whether it is such a word."""
    return SafeString("".join(_piece(text, is_word) for text, is_word in pieces))


def _piece(text: str, is_word: bool) -> str:
    return f"<mark>{breakable(text)}</mark>" if is_word else breakable(text)
