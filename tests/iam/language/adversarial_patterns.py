"""Wildcard patterns and values that are made to take long, and pairs that nearly match."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Maker = Callable[[random.Random, int, int], tuple[str, str]]


def stars_between(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    """`*a*a*a…` against a text of the letter, perhaps with another at its end."""
    return "*a" * (pattern // 2), "a" * (value - 1) + source.choice("ab")


def only_stars(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    return "*" * pattern, "x" * value


def stars_and_single_characters(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    return source.choice(["?*", "*?", "?*?", "a?*"]) * (pattern // 3), "a" * value


def nearly_periodic(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    """A long segment that fits everywhere except for its last character."""
    half = max(1, min(pattern, value) // 2)
    return "*" + "a" * half + "b*", "a" * value


def single_characters_in_a_period(
    source: random.Random, pattern: int, value: int
) -> tuple[str, str]:
    """`*a?a?…b*` against a text in which only the end of the segment is missing."""
    return "*" + "a?" * (pattern // 4) + "b*", "a" * value


def by_chance(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    return (
        "".join(source.choices("ab*?", (4, 1, 3, 2), k=pattern)),
        "".join(source.choices("ab", (5, 1), k=value)),
    )


def out_of_the_value(source: random.Random, pattern: int, value: int) -> tuple[str, str]:
    """A pattern made out of the value, so that it matches or fails at the very end."""
    text = "".join(source.choices("abc:/", k=value))
    made = "".join(source.choice([each, each, "?", "*"]) for each in text)[:pattern]
    return (made + "*" if len(made) < value else made), text + source.choice(["", "z"])


MAKERS: Sequence[Maker] = (
    stars_between,
    only_stars,
    stars_and_single_characters,
    nearly_periodic,
    single_characters_in_a_period,
    by_chance,
    out_of_the_value,
)


def adversarial_pair(
    source: random.Random, longest_pattern: int, longest_value: int
) -> tuple[str, str]:
    """A pattern and a value, often as long as they may be."""
    pattern, value = (
        limit if source.random() < 0.5 else source.randint(1, limit)
        for limit in (longest_pattern, longest_value)
    )
    made = source.choice(MAKERS)(source, pattern, value)
    return made[0][:longest_pattern] or "*", made[1][:longest_value]
