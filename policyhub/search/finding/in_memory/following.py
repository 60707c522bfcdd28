"""Keeps the index in memory up to date: of a policy that changed, its entries are made again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.models import ChangelogEntry
from policyhub.search.finding.entries import CHANGES, GROUPS, Entry, sorted_by_part
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.index import InMemory, MemoryIndex
from policyhub.search.finding.in_memory.layered import LayeredIndex
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.reached import Reached
from policyhub.search.finding.reference_entries import reference_parts, unlisted_parts
from policyhub.search.models import TextStamp

# Of how many policies the entries are apart, before the whole index is made again.
_MOST_APART = 600

# What belongs to no policy is kept together: changes, and what only policies name.
_NOBODY, _NAMED = "", "named"
_Made = dict[str, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Following:
    """An index, and of which state it is.

    `base` was made as a whole; of its entries `places` has where those of a policy are. `apart`
    has the entries of policies that changed since. `stamps` say which texts of a policy are in.
    """

    index: InMemory
    base: MemoryIndex
    places: Mapping[str, Sequence[int]]
    apart: _Made
    catalogue: CompiledCatalogue
    stamps: Mapping[str, int]

    def today(self, catalogue: CompiledCatalogue) -> Following:
        """What follows from today's database."""
        if catalogue.reference is not self.catalogue.reference:
            return follow(catalogue)
        if catalogue.unlisted_services != self.catalogue.unlisted_services:
            # They are among the services of every policy that takes all.
            return follow(catalogue)
        stamps = TextStamp.of_policies()
        changed = _different(stamps, self.stamps)
        is_another = catalogue is not self.catalogue
        if is_another:
            changed |= _different(catalogue.policies, self.catalogue.policies)
        made = self.apart | _made(changed, catalogue)
        if is_another:
            made[_NAMED] = _named(catalogue)
        if len(made) > _MOST_APART:
            return follow(catalogue, self)
        return replace(
            self,
            index=self._with(made, catalogue),
            apart=made,
            catalogue=catalogue,
            stamps=stamps,
        )

    def _with(self, made: _Made, catalogue: CompiledCatalogue) -> LayeredIndex:
        """The base with other entries of some policies."""
        entries = sorted_by_part([_of_group(made.values(), group) for group in GROUPS])
        last = self.index.added if isinstance(self.index, LayeredIndex) else None
        added = MemoryIndex(entries, Filters(entries, catalogue), last)
        gone = [place for owner in made for place in self.places.get(owner, ())]
        return LayeredIndex(self.base, gone, added, catalogue)


def follow(catalogue: CompiledCatalogue, last: Following | None = None) -> Following:
    """Index everything; of the `last` index remains what is known of texts that are still there."""
    # The stamps first: what changes meanwhile is made again.
    stamps = TextStamp.of_policies()
    entries = gather_entries(catalogue, Reached(catalogue.reference))
    base = MemoryIndex(entries, Filters(entries, catalogue), last.base if last else None)
    places: dict[str, list[int]] = {}
    named = set(chain.from_iterable(unlisted_parts(catalogue, catalogue.reference)))
    for place, entry in enumerate(entries):
        owner = _owner(entry)
        if owner is None and entry in named:
            owner = _NAMED
        if owner is not None:
            places.setdefault(owner, []).append(place)
    return Following(base, base, places, {}, catalogue, stamps)


def gather_entries(catalogue: CompiledCatalogue, reached: Reached) -> list[Entry]:
    """Everything that can be found, group after group, in each the shortest name first."""
    policies = PolicyEntries(catalogue.policies, reached, unlisted=catalogue.unlisted_services)
    parts = [
        policies.entries(),
        *reference_parts(catalogue, catalogue.reference),
        policies.statement_entries(),
        policies.change_entries(),
    ]
    return sorted_by_part(parts)


def _different(left: Mapping[str, object], right: Mapping[str, object]) -> set[str]:
    """The keys with another value, and those that one of them lacks."""
    return {key for key in left.keys() | right.keys() if left.get(key) != right.get(key)}


def _made(changed: Collection[str], catalogue: CompiledCatalogue) -> _Made:
    """The entries of some policies, by their keys, and those of nobody."""
    found: dict[str, list[Entry]] = {key: [] for key in (*changed, _NOBODY)}
    reached = Reached(catalogue.reference)
    policies = PolicyEntries(catalogue.read(changed), reached, changed, catalogue.unlisted_services)
    changes = ChangelogEntry.objects.filter(policy__key__in=changed)
    ownerless = ChangelogEntry.objects.filter(policy=None)
    for entry in chain(
        policies.entries(),
        policies.statement_entries(),
        (entry for rows in (changes, ownerless) for _, entry in policies.changes(rows)),
    ):
        found[_owner(entry) or _NOBODY].append(entry)
    return {owner: tuple(entries) for owner, entries in found.items()}


def _named(catalogue: CompiledCatalogue) -> tuple[Entry, ...]:
    """The entries of what policies name and the reference lacks."""
    return tuple(chain.from_iterable(unlisted_parts(catalogue, catalogue.reference)))


def _owner(entry: Entry) -> str | None:
    """The key of the policy that an entry belongs to, `_NOBODY` of a change without; or None."""
    if entry.group is CHANGES:
        _, arguments, _ = entry.page
        return arguments[0] if arguments else _NOBODY
    return entry.policy or None


def _of_group(made: Iterable[Sequence[Entry]], group: object) -> list[Entry]:
    return [entry for entries in made for entry in entries if entry.group is group]
