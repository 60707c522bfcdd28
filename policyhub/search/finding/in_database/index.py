"""The index where it is too large for memory: the rows of the database, and in memory in addition
what does not grow with the policies (actions, services, resource types and condition keys).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache
from django.db.models import Count, Q, QuerySet

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.http import ParameterProblem
from policyhub.judge.lint.filters import lint_values
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.search.finding.entries import CHANGES, GROUPS, POLICIES, STATEMENTS, Entry, Group
from policyhub.search.finding.in_database.rows import (
    Counted,
    Kept,
    beginning_with,
    best_first,
)
from policyhub.search.finding.in_database.writing import EFFECTS
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.index import MemoryHits, MemoryIndex
from policyhub.search.finding.index import (
    LOOKED_AT,
    PROPOSALS,
    PROPOSED,
    Correction,
    CountedOptions,
    Proposing,
)
from policyhub.search.finding.operators import OperatorReader, Wanted
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.query import Query, Term
from policyhub.search.finding.reference_entries import gather_reference_entries
from policyhub.search.finding.spelling import Spelling, corrected
from policyhub.search.models import FoundText

_NEEDED = ("group", "name", "position", "change", "policy")
_QUERIES_KEPT = 64
_IN_ROWS = (POLICIES, STATEMENTS, CHANGES)


class _FoundRow(NamedTuple):
    """What is read of a row that is shown; its policy and its change by their keys."""

    group: str
    name: str
    position: int | None
    change: int | None
    policy: int | None


class _Proposed(NamedTuple):
    """The patterns of a statement, or of a policy."""

    actions: Sequence[str]
    resources: Sequence[str]


class StoredIndex:
    """What is in the database, asked by queries, and in `beside` what is in memory."""

    def __init__(self, catalogue: Catalogue, last: StoredIndex | None = None) -> None:
        self.catalogue = catalogue
        self.beside: MemoryIndex = last.beside if last else _beside(catalogue)
        self._spelling: Spelling | None = last._spelling if last else None
        self.kept = Kept(catalogue)
        self.reader = OperatorReader(catalogue, self._known)
        # For the next pages, the other groups, and whoever types the same letters.
        self._found: LRUCache[Query, StoredHits] = LRUCache(_QUERIES_KEPT)
        self._lock = Lock()

    def find(self, query: Query) -> StoredHits:
        """Find what a query asks for; a word that is found nowhere is corrected."""
        with self._lock:
            kept = self._found.get(query)
        if kept is None:
            kept = StoredHits(self, *corrected(query, self._stands, self._near))
            with self._lock:
                self._found[query] = kept
        return kept

    def named(self, text: str, groups: Sequence[Group]) -> Entry | None:
        """The entry that is called so, ignoring case; of several that of the first group."""
        for group in groups:
            if group is POLICIES:
                named = FoundText.objects.filter(
                    group=POLICIES.key,
                    lowered=text.lower(),
                    policy__name__iexact=text.partition(" (")[0],
                )
                found: Entry | None = next(self.entries(named[:1]), None)
            else:
                found = self.beside.named(text, (group,))
            if found:
                return found
        return None

    def entries(self, rows: QuerySet[FoundText]) -> Iterator[Entry]:
        """The entries of rows, in their order."""
        # Not the texts: what is sorted to find the first few must be narrow.
        found_rows = [_FoundRow(*row) for row in rows.values_list(*_NEEDED)]
        policies = Policy.objects.order_by().filter(pk__in={row.policy for row in found_rows})
        keys = dict(policies.values_list("pk", "key"))
        documents = self.catalogue.read(keys.values())
        made = PolicyEntries(documents, None, keys.values())
        changes = [row.change for row in found_rows if row.change]
        found: dict[object, Entry] = {}
        if changes:
            found |= dict(made.changes(ChangelogEntry.objects.filter(pk__in=changes)))
        if any(row.group == POLICIES.key for row in found_rows):
            found |= {entry.identity: entry for entry in made.entries()}
        for row in found_rows:
            entry = found.get(row.change or row.name)
            if row.policy in keys and row.position is not None:
                entry = _statement_entry(made, keys[row.policy], row.position)
            # What is to be written again may be gone.
            if entry:
                yield entry

    def proposing(self, rows: QuerySet[FoundText]) -> Iterator[Proposing]:
        """What rows propose, in their order; no document is read for that."""
        found = list(rows.values_list("group", "policy", "position"))
        in_force = StoredStatement.objects.filter(version__is_default=True).order_by("position")
        columns = ("version__policy", "position", "actions", "resources")
        statements: dict[int | None, dict[int | None, _Proposed]] = {}
        chosen = in_force.filter(version__policy__in={policy for _, policy, _ in found})
        for policy, position, actions, resources in chosen.values_list(*columns):
            statements.setdefault(policy, {})[position] = _Proposed(actions, resources)
        for group, policy, position in found:
            of_policy = statements.get(policy, {})
            if position in of_policy:
                yield of_policy[position]
            elif group == POLICIES.key:
                resources = chain.from_iterable(each.resources for each in of_policy.values())
                yield _Proposed((), tuple(dict.fromkeys(resources)))

    def _stands(self, term: Term) -> bool:
        return (
            self.beside.stands(term)
            or FoundText.objects.filter(self.kept.holding(term.text)).exists()
        )

    def _near(self, word: str) -> str:
        """The nearest word of all names, which are read when first a word is misspelt."""
        self._spelling = self._spelling or self._words()
        return self._spelling.near(word)

    def _words(self) -> Spelling:
        in_force = StoredStatement.objects.filter(version__is_default=True).order_by()
        return Spelling(
            [
                *(entry.names[-1] for entry in self.beside.entries),
                *Policy.objects.order_by().values_list("name", flat=True).distinct(),
                *in_force.values_list("sid", flat=True).distinct(),
                *ChangelogEntry.objects.order_by().values_list("title", flat=True).distinct(),
            ]
        )

    def _known(self, operator: str) -> set[str]:
        known = set(self.beside.filters.known(operator))
        if operator == "kind":
            known |= self._kinds
        if operator == "risk":
            known |= set(RISK_VALUES)
        if operator == "lint":
            known |= lint_values()
        return known | set(EFFECTS) if operator == "effect" else known

    @cached_property
    def _kinds(self) -> set[str]:
        policies = FoundText.objects.filter(group=POLICIES.key).exclude(kind="").order_by()
        return set(policies.values_list("kind", flat=True).distinct())


def _beside(catalogue: Catalogue) -> MemoryIndex:
    entries = gather_reference_entries(catalogue, catalogue.reference)
    return MemoryIndex(entries, Filters(entries, catalogue))


def _statement_entry(made: PolicyEntries, name: str, position: int) -> Entry | None:
    policy = made.policies.get(name)
    statements = policy.document.statements if policy else ()
    return made.statement_entry(name, statements[position]) if position < len(statements) else None


class StoredHits(CountedOptions):
    """What a query found, counted and read when it is asked for."""

    def __init__(self, index: StoredIndex, query: Query, corrections: Sequence[Correction]) -> None:
        self._index = index
        self.query = query
        self.corrections = corrections
        self.problems: list[ParameterProblem] = []
        self._by_operator: dict[str, Counter[str]] = {}
        self._beside = MemoryHits(index.beside, query, corrections)
        self._kept = self._filter()
        self._rows = FoundText.objects.filter(self._kept).order_by()

    def _of(self, group: Group) -> QuerySet[FoundText]:
        """The rows of a group, which the database looks at before it reads their texts."""
        return FoundText.objects.filter(group=group.key).filter(self._kept).order_by()

    def _filter(self) -> Q:
        if not self.query.terms:
            return Q(pk__in=())
        found = Q()
        for term in self.query.terms:
            kept = self._keeping(term)
            found &= ~kept if term.is_excluded else kept
        return found

    def _keeping(self, term: Term) -> Q:
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
        if "_counted" in vars(self):
            rows: Mapping[str, int] = self._counted.groups
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
        rows, words = self._of(group), self.query.words
        if words and self._index.kept.has_names_index:
            # These come before all others; where they fill the page no other row is looked at.
            named = best_first(rows.filter(beginning_with(words)), group, words)
            found = list(self._index.entries(named[start:stop]))
            if len(found) == stop - start:
                return found
        return list(self._index.entries(best_first(rows, group, words)[start:stop]))

    def counted_by(self, operator: str) -> Counter[str]:
        """How many entries have each value of an operator."""
        if operator not in self._by_operator:
            counted = self._counted.of(operator) + self._beside.counted_by(operator)
            self._by_operator[operator] = counted
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
        return {operator: self._counted_over_all(operator, first) for operator in PROPOSALS}

    def _counted_over_all(self, operator: str, first: Sequence[Proposing]) -> Counter[str]:
        proposed = Counter(value for entry in first for value in PROPOSALS[operator](entry))
        values = [value for value, _ in proposed.most_common(PROPOSED)]
        in_rows = self._count_each([self._index.reader.read(operator, each)[0] for each in values])
        beside = (self._beside.count_also(Term(value, operator)) for value in values)
        return Counter(dict(zip(values, map(sum, zip(in_rows, beside, strict=True)), strict=True)))

    def _count_each(self, wanted: Sequence[Sequence[Wanted]]) -> list[int]:
        """For how many of the rows found each further operator is true, in one query."""
        keeping = self._index.kept.counting
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
