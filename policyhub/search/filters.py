"""The operators of a query: which entries each of their values keeps.

A value with commas keeps the entries of any of its parts: `service:ecs,ec2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from difflib import get_close_matches

from policyhub.catalog import bits
from policyhub.catalog.compiled import CompiledCatalogue
from policyhub.http import in_words, quotable
from policyhub.search.entries import ACTIONS, POLICIES, STATEMENTS, Entry
from policyhub.search.query import EXAMPLES

Matching = tuple[int, str]
MOST_ACTIONS = 400
_CHANGED = re.compile(r"(?P<sign>[<>]=?|=?)(?P<day>\d{4}(?:-\d{2}(?:-\d{2})?)?)\Z")
_FEW_VALUES = 12


class Filters:
    """A set of entries for each tag, and what else the operators look at."""

    def __init__(self, entries: Sequence[Entry], catalogue: CompiledCatalogue) -> None:
        self._catalogue = catalogue
        self._size = len(entries)
        places: dict[str, dict[str, list[int]]] = {}
        for place, entry in enumerate(entries):
            for operator, value in entry.tags:
                places.setdefault(operator, {}).setdefault(value, []).append(place)
        self._tagged = {
            operator: {value: bits.of_places(each, self._size) for value, each in values.items()}
            for operator, values in places.items()
        }
        self._resources: dict[str, list[int]] = {}
        self._policies: dict[str, int] = {}
        self._statements: dict[tuple[str, int], int] = {}
        self._actions: dict[str, int] = {}
        for place, entry in enumerate(entries):
            self._note(place, entry)

    def _note(self, place: int, entry: Entry) -> None:
        for pattern in entry.resources:
            self._resources.setdefault(pattern.lower(), []).append(place)
        if entry.group is POLICIES:
            self._policies[entry.name] = place
        elif entry.group is ACTIONS:
            self._actions[entry.name.lower()] = place
        elif entry.group is STATEMENTS:
            policy, number = entry.name.rsplit(", statement ", 1)
            self._statements[policy, int(number) - 1] = place

    def matching(self, operator: str, value: str) -> Matching:
        """The entries that an operator keeps, and what is wrong with the value, if anything."""
        find = _OPERATORS.get(operator, _by_tag(operator))
        found, problems = 0, []
        for part in filter(None, (each.strip() for each in value.split(","))):
            kept, problem = find(self, part)
            found |= kept
            if problem:
                problems.append(problem)
        return found, "; ".join(problems)

    def values(self, operator: str) -> Iterable[tuple[str, int]]:
        """The values that entries are tagged with, as facets offer them, and the entries."""
        if operator == "changed":
            years = sorted({day[:4] for day in self._tagged.get(operator, {})})
            return [(year, self._changed(year)[0]) for year in years]
        return self._tagged.get(operator, {}).items()

    def _tag(self, operator: str, value: str) -> Matching:
        tagged, wanted = self._tagged.get(operator, {}), value.lower()
        if wanted in tagged:
            return tagged[wanted], ""
        return 0, _unknown(operator, value, tagged)

    def _condition(self, value: str) -> Matching:
        """The key itself, or every key of a family: `aws:ResourceTag` has each tag's key."""
        keys, wanted = self._tagged.get("condition", {}), value.lower()
        found = 0
        for key, having in keys.items():
            if key == wanted or key.startswith(f"{wanted}/"):
                found |= having
        return found, "" if found else _unknown("condition", value, keys)

    def _resource(self, value: str) -> Matching:
        """A part of a resource pattern; `*` alone is the pattern that is every resource."""
        wanted = value.lower()
        patterns = (each for each in self._resources if wanted in each)
        named = [value] if value == "*" else patterns
        found = {place for each in named for place in self._resources.get(each, ())}
        return bits.of_places(found, self._size), ""

    def _action(self, value: str) -> Matching:
        """The policies that allow an action, the statements about it, and the action itself."""
        names = [value]
        if "*" in value or "?" in value:
            names = list(self._catalogue.actions_matching(value))
        if not names or ":" not in value:
            message = f"no action is like `{quotable(value)}`: write it as `{EXAMPLES['action']}`"
            return 0, message
        if len(names) > MOST_ACTIONS:
            return 0, (
                f"`action:{quotable(value)}` stands for {len(names):,} actions: give a pattern "
                f"of at most {MOST_ACTIONS}"
            )
        found = {place for name in names for place in self._about(name)}
        return bits.of_places(found, self._size), ""

    def _about(self, action: str) -> Iterable[int]:
        if action.lower() in self._actions:
            yield self._actions[action.lower()]
        for granting in self._catalogue.granting(action):
            if granting.freedom != "blocked":
                yield self._policies[granting.name]
            for statement in granting.statements:
                yield self._statements[granting.name, statement.position]

    def _changed(self, value: str) -> Matching:
        """A day, month or year, or all before or since one: `2026-01`, `>2026-01-01`."""
        read = _CHANGED.match(value)
        if read is None or not _is_a_day(f"{read['day']}-01-01"[:10]):
            return 0, (
                f"`{quotable(value)}` is no day: write it as in `{EXAMPLES['changed']}`, or a "
                "month or a year, with `<`, `<=`, `>`, `>=` or nothing in front"
            )
        keeps, wanted = _COMPARISONS[read["sign"]], read["day"]
        found = 0
        for day, having in self._tagged.get("changed", {}).items():
            # Cut to what was given: a month is compared with months.
            if keeps(day[: len(wanted)], wanted):
                found |= having
        return found, ""


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "": str.__eq__,
    "=": str.__eq__,
    "<": str.__lt__,
    "<=": str.__le__,
    ">": str.__gt__,
    ">=": str.__ge__,
}
_OPERATORS: dict[str, Callable[[Filters, str], Matching]] = {
    "action": Filters._action,
    "condition": Filters._condition,
    "resource": Filters._resource,
    "changed": Filters._changed,
}


def _by_tag(operator: str) -> Callable[[Filters, str], Matching]:
    return lambda filters, value: filters._tag(operator, value)


def _unknown(operator: str, value: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = names if len(names) <= _FEW_VALUES else get_close_matches(value.lower(), names, 3, 0.5)
    hint = f"use {in_words(near)}" if near else f"write it as in `{EXAMPLES[operator]}`"
    return f"nothing has `{operator}:{quotable(value)}`: {hint}"


def _is_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
