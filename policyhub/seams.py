"""Where a long name may go on in the next line: `AmazonECS_` / `FullAccess`, after `:` in ARNs."""

from __future__ import annotations

import re

# After a run of `:`, `/`, `_`, `-` and `.`, and between the humps of a camel. Escaped text has
# none of these inside an entity, so that the seams may be sought after escaping.
_SEAM = re.compile(r"(?<=[:/_\-.])(?![:/_\-.\s]|$)|(?<=[a-z])(?=[A-Z])")
# Tags are passed over; a shorter word fits into every line. An entity is one letter.
_TAG_OR_LONG_WORD = re.compile(r"""<(?:"[^"]*"|[^">])*>|(?<![^\s>])(?:&[#\w]+;|[^\s<&]){24,}""")


def with_seams(escaped: str) -> str:
    """Offer the browser the sensible places of an escaped name to break it (`<wbr>`)."""
    return _SEAM.sub("<wbr>", escaped)


def with_seams_in_long_words(html: str) -> str:
    """The same for the long words of a text with tags: of prose, of JSON, of commands."""
    return _TAG_OR_LONG_WORD.sub(_seams_unless_a_tag, html)


def _seams_unless_a_tag(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("<") else with_seams(found[0])
