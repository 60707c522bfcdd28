"""Lists of actions as patterns that match exactly these today, and what AWS adds later besides.

A pattern begins with whole words of the names and matches actions of one access level, so
that what it will match one day is likely to be of their kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.reference.in_memory import ActionInfo, Reference
from policyhub.iam.language.patterns import compile_pattern, covers, split_action
from policyhub.judge.lint.rules_actions import outside_the_reference
from policyhub.workbench.documents import statements_of, values, with_statements

Json = Any
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Quotes and the comma around an item of a list.
_AROUND = 3
# A pattern for a single action would only be open.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class OpenPattern:
    """A pattern, the actions that it matches today, their access level, and where it is.

    `replaces` are the items of the list in whose place it is: all of them it covers.
    """

    pattern: str
    replaces: tuple[str, ...]
    actions: tuple[str, ...]
    level: str
    path: str

    @property
    def message(self) -> str:
        """What is said of it, without a full stop."""
        return (
            f"`{self.pattern}` matches the {len(self.actions)} actions of the list today, "
            f"all of level {self.level}; it will also match what AWS adds"
        )

    def to_dict(self) -> dict[str, Any]:
        """The pattern as JSON has it."""
        return {
            "pattern": self.pattern,
            "actions": list(self.actions),
            "level": self.level,
            "path": self.path,
        }


def shortened_by_wildcards(
    document: Json, reference: Reference
) -> tuple[Json, Sequence[OpenPattern]]:
    """The document with patterns in its lists of actions, and which ones these are."""
    statements, found = statements_of(document), list[OpenPattern]()
    for place, statement in enumerate(statements):
        if "Action" in statement:
            items = values(statement["Action"])
            path = f"Statement[{place}].Action"
            made = list(_patterns_for(items, path, reference))
            statement["Action"] = _replaced(items, made)
            found += made
    return with_statements(document, statements), found


def _replaced(items: Sequence[str], made: Sequence[OpenPattern]) -> list[str]:
    """The list with each pattern where the first item is that it replaces."""
    instead = {item: each.pattern for each in made for item in each.replaces}
    return list(dict.fromkeys(instead.get(item, item) for item in items))


def _patterns_for(items: Sequence[str], path: str, reference: Reference) -> Iterator[OpenPattern]:
    listed = {each.id for item in items for each in reference.expand(item)}
    services = dict.fromkeys(split_action(item)[0] for item in items)
    for service in services:
        if service in reference.services:
            own = [each for each in items if split_action(each)[0] == service]
            yield from _patterns_of_service(own, listed, path, reference.services[service].actions)


def _patterns_of_service(
    items: Sequence[str], listed: set[str], path: str, actions: Sequence[ActionInfo]
) -> Iterator[OpenPattern]:
    """The widest patterns first: what one matches needs no other."""
    done: set[str] = set()
    for pattern, matched in _candidates(items, actions).items():
        names = {each.id for each in matched}
        levels = {each.level for each in matched}
        if len(names) < _FEWEST or len(levels) > 1 or not names <= listed or names & done:
            continue
        if _is_known_besides(pattern):
            continue
        gone = tuple(each for each in items if covers(pattern, each, ignore_case=True))
        if sum(len(each) + _AROUND for each in gone) > len(pattern) + _AROUND:
            done |= names
            yield OpenPattern(pattern, gone, tuple(sorted(names)), levels.pop(), path)


def _candidates(
    items: Sequence[str], actions: Sequence[ActionInfo]
) -> Mapping[str, list[ActionInfo]]:
    """Patterns by whole first words of the names in a list, with the actions that each matches."""
    names = [each for each in actions
             if any(item.lower() == each.id.lower() for item in items)]  # fmt: skip
    starts = {
        (each.service, each.name[:end])
        for each in names
        for end in (*(found.start() for found in _WORD.finditer(each.name)), len(each.name))
    }
    return {
        f"{service}:{start}*": [
            each for each in actions if each.name.lower().startswith(start.lower())
        ]
        for service, start in sorted(starts, key=lambda each: (len(each[1]), each))
    }


def _is_known_besides(pattern: str) -> bool:
    """Whether it matches an action that AWS's policies name and the reference lacks."""
    compiled = compile_pattern(pattern, ignore_case=True)
    return any(map(compiled.matches, outside_the_reference()))
