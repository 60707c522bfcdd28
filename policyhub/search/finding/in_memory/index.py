"""The index that scans all texts in memory: exact at any length of a word, on every database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from itertools import islice

from policyhub.catalog.access import bits
from policyhub.http import ParameterProblem
from policyhub.search.finding.entries import GROUPS, Entry, Group
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.packed import PackedEntries, SortedNames
from policyhub.search.finding.in_memory.texts import Texts
from policyhub.search.finding.index import (
    LOOKED_AT,
    PROPOSALS,
    PROPOSED,
    Correction,
    CountedOptions,
)
from policyhub.search.finding.query import Query, Term
from policyhub.search.finding.spelling import Spelling, corrected

# Of how many words and values the entries are remembered, 5 KB each at the corpus' size.
KEPT = 512


class InMemory(ABC):
    """What is asked of entries in memory, each at a place; a set of places is a whole number.

    `all` are the places of entries, `groups` those of each group.
    """

    all: int
    groups: Mapping[Group, int]

    @abstractmethod
    def entry(self, place: int) -> Entry:
        """The entry at a place."""

    @abstractmethod
    def some(self, found: int, start: int, count: int) -> list[int]:
        """The places of a set of one group, the shortest name first: `count` from `start` on."""

    @abstractmethod
    def found(self, term: Term) -> tuple[int, str]:
        """The entries for which a term is true that excludes nothing, and what is wrong with it."""

    @abstractmethod
    def naming(self, word: str, among: int) -> int:
        """Those of `among` with the word in a name."""

    @abstractmethod
    def whole(self, name: str) -> int:
        """The entries that are called so, in lower case."""

    @abstractmethod
    def begun(self, beginning: str) -> int:
        """The entries of which a name begins so, in lower case."""

    @abstractmethod
    def counted(self, operator: str, found: int) -> Counter[str]:
        """How many of some entries have each value of an operator, as facets offer them."""

    @abstractmethod
    def near(self, word: str) -> str:
        """The word of names that a misspelt one is nearest to; "" if none is near."""

    def find(self, query: Query) -> MemoryHits:
        """Find what a query asks for; a word that is found nowhere is corrected."""
        return MemoryHits(self, *corrected(query, self.stands, self.near))

    def stands(self, term: Term) -> bool:
        """Whether a term is true for any entry."""
        return self.matching(term)[0] != 0

    def named(self, text: str, groups: Sequence[Group]) -> Entry | None:
        """The entry that is called so, ignoring case; of several that of the first group."""
        found = self.whole(text.lower())
        for group in groups:
            for place in self.some(found & self.groups.get(group, 0), 0, 1):
                return self.entry(place)
        return None

    def matching(self, term: Term) -> tuple[int, str]:
        """The entries for which a term is true, and what is wrong with the term, if anything."""
        found, problem = self.found(term)
        return (self.all & ~found if term.is_excluded else found), problem


class MemoryIndex(InMemory):
    """All entries, their texts in lower case, and a set of entries for each tag.

    Of the `last` index is taken over what is known of texts that are still there.
    """

    def __init__(
        self, entries: Sequence[Entry], filters: Filters, last: MemoryIndex | None = None
    ) -> None:
        self.entries: Sequence[Entry] = PackedEntries(entries)
        self.filters = filters
        self.all = (1 << len(entries)) - 1
        self.texts: Texts = Texts(
            [lines([*entry.names, *(text for _, text in entry.texts)]) for entry in entries],
            last.texts if last else None,
        )
        self.names: _Names = _Names(entries, last.names if last else None)
        self.groups = _groups(entries)
        # The last name is the shortest: a Sid, or an action without its service.
        self.spelling = Spelling(entry.names[-1] for entry in entries)
        self._filtered = lru_cache(maxsize=KEPT)(filters.matching)
        self.holding = lru_cache(maxsize=KEPT)(partial(self.texts.holding, among=self.all))

    def entry(self, place: int) -> Entry:
        """The entry at a place."""
        return self.entries[place]

    def some(self, found: int, start: int, count: int) -> list[int]:
        """Some places of a set."""
        return _slice(found, start, count)

    def found(self, term: Term) -> tuple[int, str]:
        """The entries for which a term is true, and what is wrong with it."""
        if term.operator:
            return self._filtered(term.operator, term.text)
        return self.holding(term.text), ""

    def naming(self, word: str, among: int) -> int:
        """Those with the word in a name."""
        return self.names.texts.holding(word, among)

    def whole(self, name: str) -> int:
        """The entries that are called so."""
        return self.names.whole(name)

    def begun(self, beginning: str) -> int:
        """The entries of which a name begins so."""
        return self.names.begun(beginning)

    def counted(self, operator: str, found: int) -> Counter[str]:
        """How many of some entries have each value of an operator."""
        return self.filters.counted(operator, found)

    def near(self, word: str) -> str:
        """The nearest word of all names."""
        return self.spelling.near(word)


def lines(texts: Iterable[str]) -> str:
    """Texts in lower case, a line feed between them, which no word contains."""
    return "\n".join(texts).lower()


class _Names:
    """The names of all entries: complete, by their beginnings, and by what is in them."""

    def __init__(self, entries: Sequence[Entry], last: _Names | None = None) -> None:
        names = [lines(entry.names) for entry in entries]
        self.texts: Texts = Texts(names, last.texts if last else None)
        self._size = len(entries)
        self._sorted = SortedNames(
            (name.lower(), place) for place, entry in enumerate(entries) for name in entry.names
        )

    def whole(self, name: str) -> int:
        """The entries that are called so, in lower case."""
        return bits.of_places(self._sorted.whole(name), self._size)

    def begun(self, beginning: str) -> int:
        """The entries of which a name begins so, in lower case."""
        found = self._sorted.between(beginning, f"{beginning}\U0010ffff")
        return bits.of_places(found, self._size)


def _groups(entries: Sequence[Entry]) -> dict[Group, int]:
    places: dict[Group, list[int]] = {group: [] for group in GROUPS}
    for place, entry in enumerate(entries):
        places[entry.group].append(place)
    return {group: bits.of_places(each, len(entries)) for group, each in places.items()}


class MemoryHits(CountedOptions):
    """What a query found, as a set of entries."""

    def __init__(self, index: InMemory, query: Query, corrections: Sequence[Correction]) -> None:
        self._index = index
        self.query = query
        self.corrections = corrections
        self.problems: list[ParameterProblem] = []
        self.found = self._find()

    def _find(self) -> int:
        if not self.query.terms:
            return 0
        found = self._index.all
        for term in self.query.terms:
            matching, problem = self._index.matching(term)
            found &= matching
            if problem:
                self.problems.append(ParameterProblem("unknown-value", "q", problem))
        return found

    def counts(self) -> Mapping[Group, int]:
        """How many entries of each group were found, groups without any left out."""
        counted = {group: self.count(group) for group in self._index.groups}
        return {group: count for group, count in counted.items() if count}

    def count(self, group: Group) -> int:
        """How many entries of a group were found."""
        return (self.found & self._index.groups[group]).bit_count()

    def count_also(self, term: Term) -> int:
        """For how many of the entries found a further term is true."""
        return (self.found & self._index.matching(term)[0]).bit_count()

    def first(self, group: Group, most: int) -> list[Entry]:
        """The first entries of a group, the shortest name first."""
        places = self._index.some(self.found & self._index.groups[group], 0, most)
        return [self._index.entry(place) for place in places]

    def page(self, group: Group, start: int, stop: int) -> list[Entry]:
        """Some of a group's entries, the best first."""
        found: list[Entry] = []
        skipped = 0
        for rank in self._ranks:
            ranked = rank & self._index.groups[group]
            count = ranked.bit_count()
            begin = max(start - skipped, 0)
            wanted = stop - start - len(found)
            if begin < count and wanted > 0:
                found += map(self._index.entry, self._index.some(ranked, begin, wanted))
            skipped += count
        return found

    @cached_property
    def _ranks(self) -> list[int]:
        """The found entries by rank, the best first; each is in one rank."""
        words, index = self.query.words, self._index
        if not words:
            return [self.found]
        named = self.found
        for word in words:
            named = index.naming(word, named)
        whole = index.whole(" ".join(words)) & named
        begun = index.begun(words[0]) & named & ~whole
        return [whole, begun, named & ~whole & ~begun, self.found & ~named]

    def counted_by(self, operator: str) -> Counter[str]:
        """How many of the entries that were found have each value of an operator."""
        return self._index.counted(operator, self.found)

    def proposed(self, operator: str) -> Counter[str]:
        """The values that the first entries propose, each counted over all."""
        propose = PROPOSALS[operator]
        proposed = Counter(value for entry in self._looked_at for value in propose(entry))
        values = (value for value, _ in proposed.most_common(PROPOSED))
        return Counter({value: self.count_also(Term(value, operator)) for value in values})

    @cached_property
    def _looked_at(self) -> list[Entry]:
        """The first entries, group after group."""
        places = (
            place
            for each in self._index.groups.values()
            for place in self._index.some(self.found & each, 0, LOOKED_AT)
        )
        return [self._index.entry(place) for place in islice(places, LOOKED_AT)]


def _slice(found: int, start: int, count: int) -> list[int]:
    """The places of a set from the `start`th on, `count` of them at most."""
    if start == 0 and count < 50:
        return [place for place, _ in zip(bits.first(found), range(count), strict=False)]
    return bits.places(found)[start : start + count]
