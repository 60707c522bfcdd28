"""The catalogue of this process, rebuilt when the generation in the database moves."""

from __future__ import annotations

import gc

from django.conf import settings
from django.db.models import Sum

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.in_database import StoredCatalogue
from policyhub.catalog.access.in_memory import CompiledCatalogue, compile_catalogue
from policyhub.catalog.before_serving import build_what_rooms_need
from policyhub.catalog.generation_cache import GenerationCache
from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference

# Measured on the corpus and on ten variations of it: what the reference's own entries take in
# the search index, and what a statement takes, compiled and indexed.
_REFERENCE_BYTES = 100_000_000
_INDEXED_STATEMENT_BYTES = 9_000
_COMPILED_STATEMENT_BYTES = 6_000


def get_catalogue() -> Catalogue:
    """Return the catalogue, after one query for the generation."""
    return _cache.get()


def build_catalogue(last: Catalogue | None = None) -> Catalogue:
    """The catalogue in memory where that has room for it, else in the database."""
    if not fits_in_memory():
        return stored_catalogue()
    return compile_catalogue(last if isinstance(last, CompiledCatalogue) else None)


def stored_catalogue() -> StoredCatalogue:
    """The catalogue in the database, with as many statements kept as memory has room for."""
    return StoredCatalogue(get_reference(), settings.MEMORY_BYTES // _COMPILED_STATEMENT_BYTES)


def fits_in_memory() -> bool:
    """Whether catalogue and search index have room in the memory that the settings allow."""
    counted = PolicyVersion.objects.in_force().order_by().aggregate(count=Sum("statement_count"))
    needed = _REFERENCE_BYTES + (counted["count"] or 0) * _INDEXED_STATEMENT_BYTES
    return bool(needed <= settings.MEMORY_BYTES)


def warm_up() -> None:
    """Build the catalogue before the first request, and before the server forks its workers.

    What was built is taken out of the garbage collector's sight: workers then share its memory,
    and no collection walks through it again.
    """
    get_catalogue().warm_up()
    build_what_rooms_need()
    gc.collect()
    gc.freeze()


def _generation() -> int:
    return CatalogState.current().generation


def _build(generation: int, last: tuple[int, Catalogue] | None) -> tuple[int, Catalogue]:
    return generation, build_catalogue(last[1] if last else None)


_cache = GenerationCache(_generation, _build)
