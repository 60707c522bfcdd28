"""Which actions of a statement are kept, as it is written and as the reference knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyhub.catalog.access.verdicts import matching_positions
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.patterns import compile_pattern, covers, split_action
from policyhub.workbench.building.choices import TemplateChoices

# More names are never written out: no quota lets them in.
MOST_NAMES = 5_000


class TooManyNamesError(ValueError):
    """Wildcards that would have to be written out as more names than any quota lets in."""


class KeptActions:
    """The actions that choices keep, statement by statement.

    A pattern stays a pattern where all of it is kept; else what is kept of it becomes the names
    that the reference has. A name that the reference lacks is kept where it is chosen as it is.
    """

    def __init__(self, choices: TemplateChoices, reference: Reference) -> None:
        self.choices, self.reference = choices, reference

    def of(self, statement: Statement) -> list[str]:
        """The patterns and names that are kept of an Allow, in its order.

        Of a NotAction they are what is left. Raises `TooManyNamesError`.
        """
        if self.choices.keeps_every_action and not statement.not_action:
            return list(statement.actions)
        left = self._left_of(statement) if statement.not_action else statement.actions
        kept = [item for pattern in left for item in self._of_pattern(pattern)]
        return _each_once(self._without(kept))

    def names(self, item: str) -> list[str]:
        """The actions of a kept pattern or name; the name itself where it is not known."""
        found = [each.id for each in self.reference.expand(item)]
        return found or ([item] if compile_pattern(item).is_literal else [])

    def _left_of(self, statement: Statement) -> list[str]:
        """What a NotAction is about: services that it leaves alone whole, of others the names."""
        listed = {*range(len(self.reference.actions))}.difference(
            matching_positions(statement, self.reference)
        )
        touched = {self.reference.actions[each].service for each in listed}
        whole = [each for each in self.reference.services if each not in touched]
        names = [
            each.id
            for place, each in enumerate(self.reference.actions)
            if each.service in touched and place not in listed
        ]
        patterns = [compile_pattern(each, ignore_case=True) for each in statement.actions]
        free = {
            each
            for each in whole
            if not any(split_action(one.text)[0] == each or _is_wide(one.text) for one in patterns)
        }
        bound = [
            each.id for name in whole if name not in free
            for each in self.reference.services[name].actions
        ]  # fmt: skip
        return [*(f"{each}:*" for each in sorted(free)), *bound, *names]

    def _of_pattern(self, pattern: str) -> Iterator[str]:
        choices = self.choices
        if choices.keeps_by_group:
            yield from self._of_groups(pattern)
        if choices.cells:
            yield from (each for each in self.names(pattern) if self._is_of_cells(each))
        for chosen in choices.actions:
            if covers(pattern, chosen, ignore_case=True):
                yield chosen
            elif covers(chosen, pattern, ignore_case=True):
                yield pattern
            else:
                both = {each.id for each in self.reference.expand(chosen)}
                yield from (each for each in self.names(pattern) if each in both)

    def _of_groups(self, pattern: str) -> Iterator[str]:
        """What services and levels keep of a pattern."""
        choices = self.choices
        if choices.levels:
            yield from (each for each in self.names(pattern) if self._is_of_groups(each))
            return
        if not choices.services:
            yield pattern
            return
        service = split_action(pattern)[0]
        if service in choices.services:
            yield pattern
        elif not compile_pattern(service).is_literal:
            for each in choices.services:
                if covers(pattern, f"{each}:*", ignore_case=True):
                    yield f"{each}:*"
                else:
                    yield from (name for name in self.names(pattern) if name.startswith(f"{each}:"))

    def _is_of_cells(self, name: str) -> bool:
        info = self.reference.action(name)
        return info is not None and f"{info.service}:{info.level}" in self.choices.cells

    def _is_of_groups(self, name: str) -> bool:
        info = self.reference.action(name)
        if info is None or info.level not in self.choices.levels:
            return False
        return not self.choices.services or info.service in self.choices.services

    def _without(self, kept: Iterable[str]) -> Iterator[str]:
        left_out = {
            name.lower() for pattern in self.choices.without for name in self.names(pattern)
        }
        for item in kept:
            names = self.names(item)
            is_touched = any(covers(each, item, True) for each in self.choices.without)
            if is_touched:
                continue
            if left_out.isdisjoint(each.lower() for each in names):
                yield item
            else:
                yield from within_the_most([each for each in names if each.lower() not in left_out])


def within_the_most(names: Sequence[str]) -> Sequence[str]:
    """The names to write out. Raises `TooManyNamesError` where there are too many."""
    if len(names) > MOST_NAMES:
        raise TooManyNamesError(
            f"{len(names):,} actions would have to be written out, more than any policy can have: "
            "choose services or actions"
        )
    return names


def _is_wide(pattern: str) -> bool:
    """Whether a pattern may match actions of services that it does not name."""
    return not compile_pattern(split_action(pattern)[0]).is_literal


def _each_once(items: Iterable[str]) -> list[str]:
    """The items without repetitions, ignoring case, and without what a pattern covers."""
    found = list({each.lower(): each for each in reversed(list(items))}.values())[::-1]
    wide = [each for each in found if not compile_pattern(each).is_literal]
    return [
        each
        for each in found
        if not any(covers(one, each, ignore_case=True) for one in wide if one != each)
    ]
