"""The values of operators, understood: what they keep, or why they keep nothing.

A value with commas keeps what any of its parts does: `service:ecs,ec2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.http import choices_in_words, quotable
from policyhub.search.finding.query import EXAMPLES

MOST_ACTIONS = 400
_CHANGED = re.compile(r"(?P<sign>[<>]=?|=?)(?P<day>\d{4}(?:-\d{2}(?:-\d{2})?)?)\Z")
_FEW_VALUES = 12


@dataclass(frozen=True, slots=True)
class Tagged:
    """Entries that have a value of an operator, in lower case."""

    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Key:
    """Entries with a condition key, or with one of its family: `aws:ResourceTag` has each tag's."""

    name: str

    def takes(self, key: str) -> bool:
        """Whether a key in lower case is it, or is of its family."""
        return key == self.name or key.startswith(f"{self.name}/")


@dataclass(frozen=True, slots=True)
class ResourcePart:
    """Entries with a resource pattern that has a text in it; `*` is the pattern that is all."""

    text: str

    @property
    def is_whole(self) -> bool:
        """Whether the text is the whole pattern."""
        return self.text == "*"

    @property
    def as_in_set(self) -> str:
        """What a set of resources contains, each on a line of its own, if one has the text."""
        return f"\n{self.text}\n" if self.is_whole else self.text


@dataclass(frozen=True, slots=True)
class Actions:
    """The policies that allow one of some actions, the statements about it, and itself."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Entries of a day, month or year, or of before or since one."""

    sign: str
    day: str

    def takes(self, day: str) -> bool:
        """Whether it is in the time; cut to what was given: a month is compared with months."""
        return _COMPARISONS[self.sign](day[: len(self.day)], self.day)


Wanted = Tagged | Key | ResourcePart | Actions | Changed
Known = Callable[[str], Collection[str]]
_Read = tuple[Wanted | None, str]

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "": str.__eq__,
    "=": str.__eq__,
    "<": str.__lt__,
    "<=": str.__le__,
    ">": str.__gt__,
    ">=": str.__ge__,
}


@dataclass(frozen=True)
class OperatorReader:
    """Understands values; `known` says which values of an operator entries have."""

    catalogue: Catalogue
    known: Known

    def read(self, operator: str, value: str) -> tuple[list[Wanted], str]:
        """What a value keeps, part by part, and what is wrong with it, if anything."""
        read = _OPERATORS.get(operator, OperatorReader._tagged)
        parts = filter(None, (each.strip() for each in value.split(",")))
        found = [read(self, operator, part) for part in parts]
        problems = [problem for _, problem in found if problem]
        return [wanted for wanted, _ in found if wanted], "; ".join(problems)

    def _tagged(self, operator: str, value: str) -> _Read:
        known, wanted = self.known(operator), value.lower()
        if wanted in known:
            return Tagged(operator, wanted), ""
        return None, _unknown(operator, value, known)

    def _condition(self, operator: str, value: str) -> _Read:
        known, wanted = self.known(operator), Key(value.lower())
        if any(map(wanted.takes, known)):
            return wanted, ""
        return None, _unknown(operator, value, known)

    def _resource(self, operator: str, value: str) -> _Read:
        return ResourcePart(value.lower()), ""

    def _action(self, operator: str, value: str) -> _Read:
        names = [value]
        if "*" in value or "?" in value:
            names = list(self.catalogue.actions_matching(value))
        if not names or ":" not in value:
            example = EXAMPLES[operator]
            return None, f"no action matches `{quotable(value)}`: write it as `{example}`"
        if len(names) > MOST_ACTIONS:
            return None, (
                f"`action:{quotable(value)}` matches {len(names):,} actions: give a pattern "
                f"that matches at most {MOST_ACTIONS}"
            )
        return Actions(tuple(names)), ""

    def _changed(self, operator: str, value: str) -> _Read:
        read = _CHANGED.match(value)
        if read is None or not _is_a_day(f"{read['day']}-01-01"[:10]):
            return None, (
                f"`{quotable(value)}` is not a date: write it as in `{EXAMPLES[operator]}`, or a "
                "month or a year, with `<`, `<=`, `>` or `>=` in front if needed"
            )
        return Changed(read["sign"], read["day"]), ""


_OPERATORS: dict[str, Callable[[OperatorReader, str, str], _Read]] = {
    "action": OperatorReader._action,
    "condition": OperatorReader._condition,
    "resource": OperatorReader._resource,
    "changed": OperatorReader._changed,
}


def _unknown(operator: str, value: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = names if len(names) <= _FEW_VALUES else get_close_matches(value.lower(), names, 3, 0.5)
    hint = f"use {choices_in_words(near)}" if near else f"write it as in `{EXAMPLES[operator]}`"
    return f"`{quotable(value)}` is not a value of `{operator}`: {hint}"


def _is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
