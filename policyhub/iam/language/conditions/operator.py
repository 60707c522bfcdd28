"""The shape of a row in the table of condition operators, and of the English for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Family = Literal["String", "Numeric", "Date", "Bool", "Binary", "IpAddress", "Arn", "Null"]


# Says of one value of a request whether it matches.
Test = Callable[[str], bool]
# Makes that test of a condition's values, of which any one suffices.
TestMaker = Callable[[Sequence[str]], Test]
# Says of one value of a policy whether a value of some request can match it.
CanMatch = Callable[[str], bool]
# Gives values of a request that are worth trying around one of a policy's: like and unlike it.
Around = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """What comes between a key and its values, by how many values there are.

    With two and with more values, the link comes before the last: "is neither a *nor* b".
    """

    one: str
    two: str
    two_link: str
    more: str
    more_link: str
    ending: str = ""

    def opening(self, count: int) -> str:
        """The words before so many values."""
        return self.one if count < 2 else self.two if count == 2 else self.more

    def link(self, count: int) -> str:
        """The word before the last of so many values."""
        return self.two_link if count == 2 else self.more_link


def one_value_suffices(words: str, ending: str = "") -> Phrase:
    """Return the phrase of a positive operator: one value suffices."""
    return Phrase(words, words, "or", words, "or", ending)


def none_of(one: str, two: str, more: str, ending: str = "") -> Phrase:
    """Return the phrase of a negated operator: no value may match."""
    return Phrase(one, two, "nor", more, "and", ending)


def threshold(words: str) -> Phrase:
    """Return the phrase of a comparison, where "less than a or b" would be unclear."""
    several = f"{words} at least one of"
    return Phrase(words, several, "and", several, "and")


def matches_some_text(value: str) -> bool:
    """Whether a value compared as text can match: always, the text itself does."""
    return True


IS = one_value_suffices("is")
IS_NOT = none_of("is not", "is neither", "is none of")


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator, without set qualifier and `IfExists`.

    `any_of_values` tests a request's value, and is a negated operator's too: what it negates.
    `has_wildcards` says that `*` and `?` in its values are wildcards.
    `pattern_phrase` is said instead of `phrase` when a value contains one of `pattern_signs`.
    `negates` is the positive operator that a negated one negates.
    `star_note` follows a value that is a lone `*`.
    `around` gives request values near one of the policy's, from which examples are chosen.
    `can_match` says of a policy's value whether any request's can match it, and `takes` what such
    a value is.
    """

    name: str
    family: Family
    phrase: Phrase
    pattern_phrase: Phrase
    any_of_values: TestMaker
    around: Around
    has_wildcards: bool = False
    pattern_signs: str = ""
    takes_variables: bool = False
    negates: Operator | None = None
    star_note: str = ""
    can_match: CanMatch = matches_some_text
    takes: str = "text"

    @property
    def negated(self) -> bool:
        """Whether it is the negation of another operator."""
        return self.negates is not None
