"""The index where it is too large for memory: the rows of the database, and in memory in addition
what does not grow with the policies (actions, services, resource types and condition keys).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache
from django.db.models import QuerySet

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.judge.lint.filters import lint_values
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.search.finding.entries import POLICIES, Entry, Group
from policyhub.search.finding.in_database.hits import StoredHits
from policyhub.search.finding.in_database.letters import is_short, rows_with
from policyhub.search.finding.in_database.preparing import EFFECTS
from policyhub.search.finding.in_database.rows import Kept
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.index import MemoryIndex
from policyhub.search.finding.index import Proposing
from policyhub.search.finding.operators import OperatorReader
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.query import Query, Term
from policyhub.search.finding.reference_entries import gather_reference_entries
from policyhub.search.finding.spelling import Spelling, corrected
from policyhub.search.models import FoundText

_NEEDED = ("group", "name", "position", "change", "policy")
_QUERIES_KEPT = 64


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
        places = {(policy, position) for _, policy, position in found if position is not None}
        some = in_force.filter(
            version__policy__in={policy for policy, _ in places},
            position__in={position for _, position in places},
        ).values_list("version__policy", "position", "actions", "resources")
        statements = {row[:2]: _Proposed(*row[2:]) for row in some if row[:2] in places}
        whole = {policy for group, policy, _ in found if group == POLICIES.key}
        of_policies: dict[int | None, dict[str, None]] = {}
        all_of = in_force.filter(version__policy__in=whole)
        for policy, resources in all_of.values_list("version__policy", "resources"):
            of_policies.setdefault(policy, {}).update(dict.fromkeys(resources))
        for group, policy, position in found:
            if position is not None and (policy, position) in statements:
                yield statements[policy, position]
            elif group == POLICIES.key:
                yield _Proposed((), tuple(of_policies.get(policy, ())))

    def _stands(self, term: Term) -> bool:
        if self.beside.stands(term):
            return True
        if is_short(term.text):
            return any(rows_with(term.text).values())
        return FoundText.objects.filter(self.kept.holding(term.text)).exists()

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
