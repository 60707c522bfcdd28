"""An index of which some entries were replaced: the old one stays as it is, shared and known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from heapq import merge
from itertools import islice
from operator import or_
from typing import Any
from weakref import WeakMethod

from policyhub.catalog.access import bits
from policyhub.catalog.access.catalogue import Catalogue
from policyhub.search.finding.entries import Entry, Group
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.index import KEPT, InMemory, MemoryIndex
from policyhub.search.finding.operators import OperatorReader
from policyhub.search.finding.query import Term

_Found = tuple[int, str]


class LayeredIndex(InMemory):
    """What `base` has, without what is `gone` of it (places), and in addition what `added` has.

    The places of what was added follow those of the base. Operators ask today's `catalogue`.
    """

    def __init__(
        self, base: MemoryIndex, gone: Collection[int], added: MemoryIndex, catalogue: Catalogue
    ) -> None:
        self._base, self.added = base, added
        self._size = base.all.bit_length()
        self._kept = base.all & ~bits.of_places(gone, self._size)
        self.all = self._joined(base.all, added.all)
        self.groups: Mapping[Group, int] = {
            group: self._joined(places, added.groups[group])
            for group, places in base.groups.items()
        }
        self._lost = _lost(base.filters, [base.entries[place] for place in gone], self._kept)
        self._filters = base.filters.asking(catalogue), added.filters
        self._catalogue = catalogue
        self._filtered = _kept(self._matching)

    def _joined(self, of_base: int, of_added: int) -> int:
        return of_base & self._kept | of_added << self._size

    def entry(self, place: int) -> Entry:
        """The entry at a place."""
        if place < self._size:
            return self._base.entries[place]
        return self.added.entries[place - self._size]

    def some(self, found: int, start: int, count: int) -> list[int]:
        """Some places of a set, those of what was added where their names belong."""
        added = bits.places(found >> self._size)
        of_base = found & self._base.all
        if not added:
            return self._base.some(of_base, start, count)
        first, then = bits.places(of_base), (self._size + place for place in added)
        ordered = merge(first, then, key=lambda place: self.entry(place).order)
        return list(islice(ordered, start, start + count))

    def found(self, term: Term) -> tuple[int, str]:
        """The entries for which a term is true, and what is wrong with it."""
        if term.operator:
            return self._filtered(term.operator, term.text)
        return self._joined(self._base.holding(term.text), self.added.holding(term.text)), ""

    def _matching(self, operator: str, value: str) -> tuple[int, str]:
        wanted, problem = OperatorReader(self._catalogue, self._known).read(operator, value)
        return self._joined(*(_keeping(each, wanted) for each in self._filters)), problem

    def _known(self, operator: str) -> set[str]:
        known = {each for filters in self._filters for each in filters.known(operator)}
        return known - self._lost.get(operator, set()) | set(self.added.filters.known(operator))

    def naming(self, word: str, among: int) -> int:
        """Those of `among` with the word in a name."""
        of_base = self._base.naming(word, among & self._base.all)
        return self._joined(of_base, self.added.naming(word, among >> self._size))

    def whole(self, name: str) -> int:
        """The entries that are called so."""
        return self._joined(self._base.whole(name), self.added.whole(name))

    def begun(self, beginning: str) -> int:
        """The entries of which a name begins so."""
        return self._joined(self._base.begun(beginning), self.added.begun(beginning))

    def counted(self, operator: str, found: int) -> Counter[str]:
        """How many of some entries have each value of an operator."""
        counted = self._base.counted(operator, found & self._base.all & self._kept)
        counted.update(self.added.counted(operator, found >> self._size))
        return counted

    def near(self, word: str) -> str:
        """The nearest word of all names; one of what is gone is none."""
        found = [*self._base.spelling.nearest(word), *self.added.spelling.nearest(word)]
        words = (each for *_, each in sorted(found))
        return next((each for each in words if self.stands(Term(each))), "")


def _kept(method: Callable[[str, str], _Found]) -> Callable[[str, str], _Found]:
    """What a method answers, kept by its object without keeping that: a replaced index goes.

    Kept as Python's own methods are, it would be garbage that waits to be looked for.
    """
    answering = WeakMethod(method)

    @lru_cache(maxsize=KEPT)
    def answer(operator: str, value: str) -> _Found:
        alive = answering()
        # Only the object itself asks.
        return alive(operator, value) if alive else (0, "")

    return answer


def _keeping(filters: Filters, wanted: Sequence[Any]) -> int:
    return reduce(or_, map(filters.keeping, wanted), 0)


def _lost(filters: Filters, gone: Iterable[Entry], kept: int) -> dict[str, set[str]]:
    """The values of operators that only entries had that are gone, by operator."""
    lost: dict[str, set[str]] = {}
    for operator, value in {each for entry in gone for each in entry.tags}:
        if not filters.tagged(operator, value) & kept:
            lost.setdefault(operator, set()).add(value)
    return lost
