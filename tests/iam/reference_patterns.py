"""Wildcards and policy variables, as slowly and plainly as the rules say them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

Context = dict[str, str | list[str]]

VARIABLES_VERSION = "2012-10-17"
VARIABLE = re.compile(
    r"\$\{(?:(?P<escape>[*?$])|(?P<key>[^${},'\s][^${},']*)(?:,\s*'(?P<default>[^']*)')?)\}"
)


class Wildcard(Enum):
    MANY = "*"
    ONE = "?"


# A pattern is a row of tokens: a wildcard, or a single character that matches itself.
Token = str | Wildcard


def pattern_covers_text(pattern: Sequence[Token], text: str) -> bool:
    """Rules 1 and 2: `*` is any run of characters, also none; `?` is exactly one character."""
    reached = [True] + [False] * len(text)
    for token in pattern:
        if token is Wildcard.MANY:
            reached = [any(reached[: end + 1]) for end in range(len(text) + 1)]
        else:
            reached = [False] + [
                reached[end] and token in (text[end], Wildcard.ONE) for end in range(len(text))
            ]
    return reached[-1]


def tokens_of(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return list(text)
    signs: dict[str, Token] = {"*": Wildcard.MANY, "?": Wildcard.ONE}
    return [signs.get(character, character) for character in text]


def substitute_variables(text: str, wildcards: bool, context: Context) -> list[Token] | None:
    """Rules 9 to 12: the tokens of a text with its variables filled in.

    None when a variable has no value.
    """
    tokens: list[Token] = []
    end = 0
    for found in VARIABLE.finditer(text):
        tokens += tokens_of(text[end : found.start()], wildcards)
        value = found["escape"] or variable_value(found["key"], found["default"], context)
        if value is None:
            return None
        tokens += tokens_of(value, wildcards=False)
        end = found.end()
    return tokens + tokens_of(text[end:], wildcards)


def variable_value(key: str, default: str | None, context: Context) -> str | None:
    """Rule 9: the default is used only when the key is absent. A list is not a value."""
    value = context.get(key.lower(), default)
    return None if isinstance(value, list) else value


def variables_in(text: str) -> set[str]:
    return {found["key"] for found in VARIABLE.finditer(text) if found["key"]}


def part_with_variables(resource: str, version: str) -> str:
    """Rules 7 and 8: variables work in a resource's sixth part, in the newer language only."""
    parts = resource.split(":", 5)
    return parts[5] if version == VARIABLES_VERSION and len(parts) == 6 else ""


def resource_pattern(resource: str, version: str, context: Context) -> list[Token] | None:
    """Rules 8 and 12: the tokens of a Resource entry; None when a variable has no value."""
    tail = part_with_variables(resource, version)
    head = tokens_of(resource[: len(resource) - len(tail)], wildcards=True)
    filled = substitute_variables(tail, wildcards=True, context=context)
    return None if filled is None else head + filled
