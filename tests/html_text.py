"""Pages as tests read them: in one line, whatever the line breaks of their templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.http import HttpResponseBase

# Next to these white space shows nothing: they are no words of a line.
_INLINE = {
    "a", "abbr", "b", "code", "em", "i", "kbd", "label", "mark", "select", "small", "span",
    "strong", "svg", "time", "use", "wbr",
}  # fmt: skip
_VERBATIM = {"pre", "textarea", "script"}
_TAG = re.compile(r"""(<!--.*?-->|</?[a-zA-Z](?:"[^"]*"|'[^']*'|[^'">])*>)""", re.DOTALL)
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")


def markup_of(answer: HttpResponseBase) -> str:
    """The page of an answer in one line."""
    return one_line(b"".join(answer).decode())


def one_line(html: str) -> str:
    """A page with each run of white space as one space, and none where it shows nothing.

    That is: next to the elements of blocks, and before the end of a tag. Text of `pre` and
    `textarea` stays.
    """
    return "".join(_pieces(html))


def _pieces(html: str) -> Iterator[str]:
    before, verbatim = "", ""
    parts = _TAG.split(html)
    for place, part in enumerate(parts):
        if place % 2:
            name = _name(part)
            verbatim = name if name in _VERBATIM and not part.startswith("</") else ""
            before = part
            yield _tag(part)
        elif verbatim:
            yield part
        else:
            yield _text(part, before, parts[place + 1] if place + 1 < len(parts) else "")


def _name(tag: str) -> str:
    return re.split(r"[\s/>]", tag.lstrip("</"), maxsplit=1)[0].lower()


def _tag(tag: str) -> str:
    """One space between attributes, and none after the last; values stay as they are."""
    pieces = _QUOTED.split(tag)
    spaced = "".join(
        piece if place % 2 else re.sub(r"\s+", " ", piece) for place, piece in enumerate(pieces)
    )
    return re.sub(r" (/?>)$", r"\1", spaced)


def _text(text: str, before: str, after: str) -> str:
    spaced = re.sub(r"\s+", " ", text)
    if _name(before) not in _INLINE:
        spaced = spaced.lstrip(" ")
    return spaced if _name(after) in _INLINE else spaced.rstrip(" ")
