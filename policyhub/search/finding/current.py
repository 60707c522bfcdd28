"""The index of this process, brought up to date when the catalogue or its prose has changed."""

from __future__ import annotations

from django.db import OperationalError

from policyhub.catalog.access.current import build_catalogue, fits_in_memory, get_catalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue
from policyhub.catalog.generation_cache import GenerationCache
from policyhub.catalog.models import CatalogState
from policyhub.search.finding.in_database.index import StoredIndex
from policyhub.search.finding.in_database.side_by_side import processors
from policyhub.search.finding.in_database.writing import write_missing
from policyhub.search.finding.in_memory.following import Following, follow
from policyhub.search.finding.index import Index

_Stamp = tuple[int, int]
_Built = tuple[_Stamp, Following | StoredIndex]


def get_index() -> Index:
    """Return the index, after one query for the generations."""
    return _index_of(_cache.get())


def is_behind() -> bool:
    """Whether searches are answered by an older index: while today's is built, or can't be."""
    return _cache.is_behind()


def build_index() -> Index:
    """Index everything that can be found, where the catalogue is kept: in memory or not."""
    return _index_of(_kept(None))


def write_where_needed() -> int | None:
    """Write the texts that an index in the database lacks, so that no request waits for them.

    Returns of how many policies they were, None where the index is in memory.
    """
    return None if fits_in_memory() else write_missing(build_catalogue(), processors())


def _kept(last: Following | StoredIndex | None) -> Following | StoredIndex:
    """Today's index; of the last one remains what changes left as it is."""
    catalogue = get_catalogue()
    if isinstance(catalogue, CompiledCatalogue):
        return last.today(catalogue) if isinstance(last, Following) else follow(catalogue)
    write_missing(catalogue)
    return StoredIndex(catalogue, last if isinstance(last, StoredIndex) else None)


def _index_of(kept: Following | StoredIndex) -> Index:
    return kept.index if isinstance(kept, Following) else kept


def _stamp() -> _Stamp:
    state = CatalogState.current()
    return state.generation, state.prose_generation


def _build(stamp: _Stamp, last: _Built | None) -> _Built:
    """Build today's index; while the database can't be written the last one answers on."""
    try:
        return stamp, _kept(_usable(stamp[0], last))
    except OperationalError:
        if last is None:
            raise
        return last


def _usable(generation: int, last: _Built | None) -> Following | StoredIndex | None:
    """The last index; one in the database only if nothing but prose was edited since."""
    if last is None or (isinstance(last[1], StoredIndex) and last[0][0] != generation):
        return None
    return last[1]


_cache = GenerationCache(_stamp, _build, beside=True)
