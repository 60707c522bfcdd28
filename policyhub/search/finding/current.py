"""The index of this process, rebuilt when the catalogue or its prose has changed."""

from __future__ import annotations

from django.db import OperationalError

from policyhub.catalog.access.current import build_catalogue, fits_in_memory, get_catalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.generation_cache import GenerationCache
from policyhub.catalog.models import CatalogState
from policyhub.catalog.reference.in_memory import Reference
from policyhub.search.finding.entries import Entry, sorted_by_part
from policyhub.search.finding.in_database.index import StoredIndex
from policyhub.search.finding.in_database.writing import write_missing
from policyhub.search.finding.in_memory.filters import Filters
from policyhub.search.finding.in_memory.index import MemoryIndex
from policyhub.search.finding.index import Index
from policyhub.search.finding.policy_entries import PolicyEntries
from policyhub.search.finding.reached import Reached
from policyhub.search.finding.reference_entries import reference_parts

_Stamp = tuple[int, int]
_Built = tuple[_Stamp, Index]


def get_index() -> Index:
    """Return the index, after one query for the generations."""
    return _cache.get()


def is_behind() -> bool:
    """Whether searches are answered by an older index: while today's is built, or can't be."""
    return _cache.is_behind()


def build_index(last: Index | None = None) -> Index:
    """Index everything that can be found, where the catalogue is kept: in memory or not.

    Of the `last` index remains what changes left as it is.
    """
    catalogue = get_catalogue()
    if isinstance(catalogue, CompiledCatalogue):
        entries = gather_entries(catalogue, catalogue.reference)
        same = last if isinstance(last, MemoryIndex) else None
        return MemoryIndex(entries, Filters(entries, catalogue), same)
    write_missing(catalogue)
    return StoredIndex(catalogue, last if isinstance(last, StoredIndex) else None)


def write_where_needed() -> int | None:
    """Write the texts that an index in the database lacks, so that no request waits for them.

    Returns of how many policies they were, None where the index is in memory.
    """
    return None if fits_in_memory() else write_missing(build_catalogue())


def gather_entries(catalogue: CompiledCatalogue, reference: Reference) -> list[Entry]:
    """Everything that can be found, group after group, in each the shortest name first."""
    unlisted = catalogue.unlisted_services
    policies = PolicyEntries(catalogue.policies, Reached(reference), unlisted=unlisted)
    parts = [
        policies.entries(),
        *reference_parts(catalogue, reference),
        policies.statement_entries(),
        policies.change_entries(),
    ]
    return sorted_by_part(parts)


def _stamp() -> _Stamp:
    state = CatalogState.current()
    return state.generation, state.prose_generation


def _build(stamp: _Stamp, last: _Built | None) -> _Built:
    """Build today's index; while the database can't be written the last one answers on."""
    try:
        return stamp, build_index(_usable(stamp[0], last))
    except OperationalError:
        if last is None:
            raise
        return last


def _usable(generation: int, last: _Built | None) -> Index | None:
    """The last index; one in the database only if nothing but prose was edited since."""
    if last is None or (isinstance(last[1], StoredIndex) and last[0][0] != generation):
        return None
    return last[1]


_cache = GenerationCache(_stamp, _build, beside=True)
