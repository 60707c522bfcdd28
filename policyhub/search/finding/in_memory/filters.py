"""The sets of entries in memory that the operators of a query keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from copy import copy
from functools import reduce
from operator import or_
from typing import Any

from policyhub.catalog.access import bits
from policyhub.catalog.access.catalogue import Behind, Catalogue
from policyhub.judge.lint.filters import lint_values
from policyhub.search.finding.entries import (
    ACTIONS,
    POLICIES,
    STATEMENTS,
    Entry,
    statement_name,
)
from policyhub.search.finding.in_memory.packed import PackedSets, SortedNames
from policyhub.search.finding.operators import (
    Actions,
    Changed,
    Key,
    OperatorReader,
    ResourcePart,
    Tagged,
)

_NONE = PackedSets({})


class Filters:
    """A set of entries for each tag, and what else the operators look at."""

    def __init__(self, entries: Sequence[Entry], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._size = len(entries)
        places: dict[str, dict[str, list[int]]] = {}
        for place, entry in enumerate(entries):
            for operator, value in entry.tags:
                places.setdefault(operator, {}).setdefault(value, []).append(place)
        self._tagged = {
            operator: PackedSets(
                {value: bits.of_places(each, self._size) for value, each in values.items()}
            )
            for operator, values in places.items()
        }
        self._resources: dict[str, list[int]] = {}
        self._policies: dict[str, int] = {}
        for place, entry in enumerate(entries):
            self._note(place, entry)
        self._statements = SortedNames(
            (entry.identity, place)
            for place, entry in enumerate(entries)
            if entry.group is STATEMENTS
        )
        self._actions = SortedNames(
            (entry.name.lower(), place)
            for place, entry in enumerate(entries)
            if entry.group is ACTIONS
        )

    @property
    def reader(self) -> OperatorReader:
        """What understands values; made each time, for it knows these filters, and they die first.

        An index that is replaced goes at once, and is no garbage to be looked for.
        """
        return OperatorReader(self._catalogue, self.known)

    def _note(self, place: int, entry: Entry) -> None:
        for pattern in entry.resources:
            self._resources.setdefault(pattern.lower(), []).append(place)
        if entry.group is POLICIES:
            self._policies[entry.policy] = place

    def asking(self, catalogue: Catalogue) -> Filters:
        """The same entries, of which another catalogue says what they grant."""
        asking = copy(self)
        asking._catalogue = catalogue
        return asking

    def tagged(self, operator: str, value: str) -> int:
        """The entries with a tag."""
        return self._tagged.get(operator, _NONE).get(value)

    def known(self, operator: str) -> Collection[str]:
        """The values that entries are tagged with; of linting also what is found in none."""
        tagged = set(self._tagged.get(operator, _NONE))
        return tagged | lint_values() if operator == "lint" and tagged else tagged

    def matching(self, operator: str, value: str) -> tuple[int, str]:
        """The entries that an operator keeps, and what is wrong with the value, if anything."""
        wanted, problem = self.reader.read(operator, value)
        return reduce(or_, map(self.keeping, wanted), 0), problem

    def keeping(self, wanted: Any) -> int:
        """The entries that a value keeps."""
        return _KEEPING[type(wanted)](self, wanted)

    def counted(self, operator: str, found: int) -> Counter[str]:
        """How many of some entries have each value, as facets offer them: of days the years."""
        counted: Counter[str] = Counter()
        for value, count in self._tagged.get(operator, _NONE).counts(found):
            # An entry has one day.
            counted[value[:4] if operator == "changed" else value] += count
        return counted

    def _tag(self, wanted: Tagged) -> int:
        return self.tagged(wanted.operator, wanted.value)

    def _key(self, wanted: Key) -> int:
        return self._any("condition", wanted.takes)

    def _resource(self, wanted: ResourcePart) -> int:
        patterns = (each for each in self._resources if wanted.text in each)
        named = [wanted.text] if wanted.is_whole else patterns
        found = {place for each in named for place in self._resources.get(each, ())}
        return bits.of_places(found, self._size)

    def _action(self, wanted: Actions) -> int:
        found: set[int] = set()
        behind = Behind()
        for name in wanted.names:
            found.update(self._actions.whole(name.lower()))
            if self._policies:
                of_one = self._catalogue.behind(name)
                behind.policies.update(of_one.policies)
                behind.statements.update(of_one.statements)
        # Of a policy that changed the entries are in another layer.
        found.update(self._policies[each] for each in behind.policies & self._policies.keys())
        for policy, position in behind.statements:
            found.update(self._statements.whole(statement_name(policy, position)))
        return bits.of_places(found, self._size)

    def _changed(self, wanted: Changed) -> int:
        return self._any("changed", wanted.takes)

    def _any(self, operator: str, takes: Callable[[str], bool]) -> int:
        tagged = self._tagged.get(operator, _NONE)
        return reduce(or_, (tagged.get(value) for value in tagged if takes(value)), 0)


_KEEPING: dict[type[Any], Callable[[Filters, Any], int]] = {
    Tagged: Filters._tag,
    Key: Filters._key,
    ResourcePart: Filters._resource,
    Actions: Filters._action,
    Changed: Filters._changed,
}
