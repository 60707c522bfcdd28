"""What a query found in the database, counted and read when it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, partial, reduce
from itertools import chain
from operator import and_
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from policyhub.http import ParameterProblem
from policyhub.search.finding.entries import CHANGES, GROUPS, POLICIES, STATEMENTS, Entry, Group
from policyhub.search.finding.in_database.keys import (
    MOST_KEYS,
    MOST_POLICIES,
    by_indexes,
    with_keys,
)
from policyhub.search.finding.in_database.letters import is_short, rows_with
from policyhub.search.finding.in_database.rows import (
    NOTHING,
    Counted,
    best_first,
    count_with_resources,
    ranks,
)
from policyhub.search.finding.in_memory.index import MemoryHits
from policyhub.search.finding.index import (
    LOOKED_AT,
    PROPOSALS,
    PROPOSED,
    Correction,
    CountedOptions,
    Proposing,
)
from policyhub.search.finding.operators import ResourcePart, Wanted
from policyhub.search.finding.query import Query, Term
from policyhub.search.models import FoundText

if TYPE_CHECKING:
    from policyhub.search.finding.in_database.index import StoredIndex

_IN_ROWS = (POLICIES, STATEMENTS, CHANGES)


class StoredHits(CountedOptions):
    """What a query found, counted and read when it is asked for."""

    def __init__(self, index: StoredIndex, query: Query, corrections: Sequence[Correction]) -> None:
        self._index = index
        self.query = query
        self.corrections = corrections
        self.problems: list[ParameterProblem] = []
        self._by_operator: dict[str, Counter[str]] = {}
        # Those of the rows, if these are few.
        self._policies: set[int | None] = set()
        self._beside = MemoryHits(index.beside, query, corrections)
        self._kept_by = [(term, self._keeping(term)) for term in query.terms]
        self._kept = self._filter()
        self._kept_rows = FoundText.objects.filter(self._kept).order_by()

    @cached_property
    def _short(self) -> Mapping[str, int] | None:
        """The counts of the rows by group where one short word is the whole query."""
        words = self.query.words
        is_alone = len(self.query.terms) == len(words) == 1
        return rows_with(words[0]) if is_alone and is_short(words[0]) else None

    @cached_property
    def _few(self) -> dict[str, list[int]] | None:
        """The keys of the rows by group, unless they are too many to be asked for by these."""
        if self._short is not None and not 0 < sum(self._short.values()) <= MOST_KEYS:
            return None if any(self._short.values()) else {}
        found = self._kept_rows.values_list("group", "pk", "policy")[: MOST_KEYS + 1]
        if len(found) > MOST_KEYS:
            return None
        keys: dict[str, list[int]] = {}
        for group, key, policy in found:
            keys.setdefault(group, []).append(key)
            self._policies.add(policy)
        return keys

    @property
    def _rows(self) -> QuerySet[FoundText]:
        """All rows that were found."""
        if self._few is None:
            return self._kept_rows
        return with_keys(chain.from_iterable(self._few.values()))

    def _of(self, group: Group) -> QuerySet[FoundText]:
        """The rows of a group."""
        return (
            self._kept_of(group) if self._few is None else with_keys(self._few.get(group.key, ()))
        )

    def _kept_of(self, group: Group) -> QuerySet[FoundText]:
        """The same by what the query keeps; the database looks at the group before the texts."""
        return FoundText.objects.filter(group=group.key).filter(self._kept).order_by()

    def _filter(self) -> Q:
        return reduce(and_, (kept for _, kept in self._kept_by)) if self._kept_by else NOTHING

    def _keeping(self, term: Term) -> Q:
        kept = self._holding(term)
        return ~kept if term.is_excluded else kept

    def _holding(self, term: Term) -> Q:
        if not term.operator:
            return self._index.kept.holding(term.text)
        wanted, problem = self._index.reader.read(term.operator, term.text)
        if problem:
            self.problems.append(ParameterProblem("unknown-value", "q", problem))
        return self._index.kept.keeping(wanted)

    def counts(self) -> Mapping[Group, int]:
        """How many entries of each group were found, groups without any left out."""
        return self._counts

    @cached_property
    def _counts(self) -> dict[Group, int]:
        rows: Mapping[str, int]
        if self._short is not None:
            rows = self._short
        elif self._few is not None:
            rows = {group: len(keys) for group, keys in self._few.items()}
        elif "_counted" in vars(self):
            rows = self._counted.groups
        else:
            rows = dict(self._rows.values_list("group").annotate(count=Count("pk")))
        counted = {
            group: rows.get(group.key, 0) if group in _IN_ROWS else beside
            for group, beside in ((group, self._beside.count(group)) for group in GROUPS)
        }
        return {group: count for group, count in counted.items() if count}

    def page(self, group: Group, start: int, stop: int) -> list[Entry]:
        """Some of a group's entries, the best first."""
        if group not in _IN_ROWS:
            return self._beside.page(group, start, stop)
        words = self.query.words
        if self._few is not None or not words or not self._index.kept.has_names_index:
            return self._read(best_first(self._of(group), group, words)[start:stop])
        return self._by_ranks(group, start, stop)

    def _by_ranks(self, group: Group, start: int, stop: int) -> list[Entry]:
        """The same where there are many: those of a rank in order, until there are enough."""
        found: list[int] = []
        before = 0
        # Whoever holds a word in the name holds it.
        others = [kept for term, kept in self._kept_by if term.operator or term.is_excluded]
        for is_named, rank in ranks(self.query.words):
            kept = reduce(and_, others, rank) if is_named else self._kept & rank
            rows = FoundText.objects.filter(group=group.key).filter(kept).order_by()
            begin, wanted = max(start - before, 0), stop - start - len(found)
            some = list(best_first(rows, group).values_list("pk", flat=True)[begin:][:wanted])
            found += some
            if len(some) == wanted:
                break
            before += begin + len(some) if some or not begin else rows.count()
        return self._read(best_first(with_keys(found), group, self.query.words))

    def _read(self, rows: QuerySet[FoundText]) -> list[Entry]:
        return list(self._index.entries(rows))

    def counted_by(self, operator: str) -> Counter[str]:
        """How many entries have each value of an operator."""
        if operator not in self._by_operator:
            with by_indexes():
                counted = self._counted.of(operator)
            self._by_operator[operator] = counted + self._beside.counted_by(operator)
        return self._by_operator[operator]

    @cached_property
    def _counted(self) -> Counted:
        unlisted = self._index.catalogue.unlisted_services
        return Counted(self._rows, self._of(POLICIES), unlisted)

    def proposed(self, operator: str) -> Counter[str]:
        """The values that the first entries propose, each counted over all."""
        return self._proposed[operator]

    @cached_property
    def _proposed(self) -> Mapping[str, Counter[str]]:
        first = self._first()
        with by_indexes():
            return {operator: self._counted_over_all(operator, first) for operator in PROPOSALS}

    def _counted_over_all(self, operator: str, first: Sequence[Proposing]) -> Counter[str]:
        proposed = Counter(value for entry in first for value in PROPOSALS[operator](entry))
        values = [value for value, _ in proposed.most_common(PROPOSED)]
        in_rows = self._count_each([self._index.reader.read(operator, each)[0] for each in values])
        beside = (self._beside.count_also(Term(value, operator)) for value in values)
        return Counter(dict(zip(values, map(sum, zip(in_rows, beside, strict=True)), strict=True)))

    def _count_each(self, wanted: Sequence[Sequence[Wanted]]) -> list[int]:
        """For how many of the rows found each further operator is true, in one query."""
        parts = [
            [part.as_in_set for part in each if isinstance(part, ResourcePart)] for each in wanted
        ]
        if any(parts):
            return count_with_resources(self._rows, parts)
        keeping = self._index.kept.keeping
        if self._few is not None and len(self._policies) <= MOST_POLICIES:
            keeping = partial(self._index.kept.keeping_among, policies=self._policies)
        counts = {f"n{n}": Count("pk", filter=keeping(each)) for n, each in enumerate(wanted)}
        return list(self._rows.aggregate(**counts).values())

    def _first(self) -> list[Proposing]:
        """The first of all entries, group after group, in each the shortest name first."""
        found: list[Proposing] = []
        for group in GROUPS:
            left = LOOKED_AT - len(found)
            if group in _IN_ROWS:
                found += self._index.proposing(best_first(self._of(group), group)[:left])
            else:
                found += self._beside.first(group, left)
        return found
