"""The texts that the values of a condition match, as patterns of the automaton."""

from __future__ import annotations

from collections.abc import Iterator

from policyhub.iam.comparing.automaton import (
    Pattern,
    like_an_arn,
    literally,
    symbol,
    with_wildcards,
)
from policyhub.iam.explaining.facts import ConditionHolds
from policyhub.iam.language import variables
from policyhub.iam.language.conditions import presence
from policyhub.iam.language.conditions.operator import Operator


class UndecidedError(Exception):
    """Whether the facts can be true together was not found out; the message says why."""


def patterns_of(atom: ConditionHolds, operator: Operator) -> list[Pattern]:
    """The languages of a condition's values; none for a value that matches nothing.

    Raises `UndecidedError`.
    """
    patterns = [_pattern_of(value, atom, operator) for value in atom.values]
    return [pattern for pattern in patterns if pattern is not None]


def _pattern_of(value: str, atom: ConditionHolds, operator: Operator) -> Pattern | None:
    if operator.family == "Bool":
        is_one = value.lower() in presence.PRESENCE
        return literally(value, ignore_case=True) if is_one else None
    has_escapes = bool(atom.version) and "${" in value
    if operator.family == "Arn":
        if has_escapes:
            raise UndecidedError("an ARN pattern has escaped characters")
        return like_an_arn(value)
    if operator.has_wildcards:
        return symbolic(value, {}) if has_escapes else with_wildcards(value)
    text = _unescaped(value) if has_escapes else value
    return literally(text, operator.name.endswith("IgnoreCase"))


def _unescaped(value: str) -> str:
    return "".join(
        part.character if isinstance(part, variables.Escape) else part.text
        for part in variables.find_variables(value)
    )


def readable_texts(atom: ConditionHolds) -> Iterator[str]:
    """Values that read well: those named, with plain text for their wildcards."""
    for value in atom.values:
        yield value.replace("*", "x").replace("?", "x")
        yield value.replace("*", "").replace("?", "x")


def symbolic(text: str, symbols: dict[str, str]) -> Pattern:
    """A pattern in which each variable is one unknown character, the same for the same one."""
    items: list[object] = []
    for part in variables.find_variables(text):
        if isinstance(part, variables.Variable):
            name = f"{part.key.lower()}\0{part.default}"
            items.append(symbols.setdefault(name, symbol(len(symbols))))
        elif isinstance(part, variables.Escape):
            items.append(part.character)
        else:
            items += with_wildcards(part.text)
    return tuple(items)  # type: ignore[arg-type]
