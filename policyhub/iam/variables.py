"""Policy variables in a text: `${aws:username}`, defaults and escapes, found but not filled in.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LANGUAGE_WITH_VARIABLES = "2012-10-17"

# Each alternative stops at the first character that cannot belong to it, so the search is linear.
_VARIABLE = re.compile(
    r"\$\{(?:"
    r"(?P<escaped>[*?$])"
    r"|(?P<key>[^\s{}$,']+(?: +[^\s{}$,']+)*)(?:\s*,\s*'(?P<default>[^']*)')?\s*"
    r")\}"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as written; where wildcards work, `*` and `?` in it are wildcards."""

    text: str


@dataclass(frozen=True, slots=True)
class Escape:
    """`${*}`, `${?}` or `${$}`: the character itself, never a wildcard."""

    text: str
    character: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A request's value of `key`; `default` stands in only when the key is absent."""

    text: str
    key: str
    default: str | None


Part = Literal | Escape | Variable


def variables_work(version: str) -> bool:
    """Say whether a document of this language version has variables; else `${…}` is text."""
    return version == LANGUAGE_WITH_VARIABLES


def find_variables(text: str) -> tuple[Part, ...]:
    """Split a text into its parts, whose texts joined give it back; the empty text has none.

    What only looks like a variable, such as `${}` or an unclosed `${aws:username`, is literal.
    """
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Part]:
    end = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > end:
            yield Literal(text[end : match.start()])
        yield _part(match)
        end = match.end()
    if end < len(text):
        yield Literal(text[end:])


def _part(match: re.Match[str]) -> Part:
    if match["escaped"]:
        return Escape(match[0], match["escaped"])
    return Variable(match[0], match["key"], match["default"])
