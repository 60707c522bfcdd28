"""Policy variables in a text: `${aws:username}`, defaults and escapes, found and filled in.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LANGUAGE_WITH_VARIABLES = "2012-10-17"

# Each alternative stops at the first character that cannot belong to it, so the search is linear.
_VARIABLE = re.compile(
    r"\$\{(?:"
    r"(?P<escaped>[*?$])"
    r"|(?P<key>[^\s{}$,']+(?: +[^\s{}$,']+)*)(?:\s*,\s*'(?P<default>[^']*)')?\s*"
    r")\}"
)

# Half surrogates: no valid text contains them, so they can't be confused with one's own.
_DISGUISE = {ord("*"): "\udc2a", ord("?"): "\udc3f"}


@dataclass(frozen=True, slots=True)
class LiteralText:
    """Text as written; where wildcards work, `*` and `?` in it are wildcards."""

    text: str


@dataclass(frozen=True, slots=True)
class Escape:
    """`${*}`, `${?}` or `${$}`: the character itself, never a wildcard."""

    text: str
    character: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A request's value of `key`; `default` is used only when the key is absent."""

    text: str
    key: str
    default: str | None


Part = LiteralText | Escape | Variable


def variables_work(version: str) -> bool:
    """Say whether a document of this language version has variables; else `${…}` is text."""
    return version == LANGUAGE_WITH_VARIABLES


def find_variables(text: str) -> tuple[Part, ...]:
    """Split a text into its parts, whose texts joined give it back; the empty text has none.

    What only looks like a variable, such as `${}` or an unclosed `${aws:username`, is literal.
    """
    if "${" not in text:
        return (LiteralText(text),) if text else ()
    return tuple(_split_at_variables(text))


def fill_in(
    parts: Sequence[Part], value_of: Callable[[Variable], str | None], keep_literal: bool
) -> str | None:
    """Return the text with its variables filled in, or None where one has no value.

    With `keep_literal`, wildcards out of values and escapes are disguised by `disguise`, so
    that the pattern which the text is takes them for what they are: literal characters.
    """
    filled: list[str] = []
    for part in parts:
        if isinstance(part, LiteralText):
            filled.append(part.text)
            continue
        text = part.character if isinstance(part, Escape) else value_of(part)
        if text is None:
            return None
        filled.append(disguise(text) if keep_literal else text)
    return "".join(filled)


def disguise(text: str) -> str:
    """Replace wildcards by stand-ins, so that a pattern takes them literally.

    A text to match against a pattern with stand-ins is disguised too.
    """
    return text.translate(_DISGUISE)


def keys_of_variables(parts: Sequence[Part]) -> tuple[str, ...]:
    """Return the keys of the variables, those with a default too: a value would replace it."""
    return tuple(part.key for part in parts if isinstance(part, Variable))


def _split_at_variables(text: str) -> Iterator[Part]:
    end = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > end:
            yield LiteralText(text[end : match.start()])
        yield _part(match)
        end = match.end()
    if end < len(text):
        yield LiteralText(text[end:])


def _part(match: re.Match[str]) -> Part:
    if match["escaped"]:
        return Escape(match[0], match["escaped"])
    return Variable(match[0], match["key"], match["default"])
