"""The index of this process, built anew when the catalogue or its prose has changed."""

from __future__ import annotations

from threading import Lock

from policyhub.catalog.compiled import get_catalogue
from policyhub.catalog.models import CatalogState
from policyhub.catalog.reference import get_reference
from policyhub.search.entries import gather_entries
from policyhub.search.filters import Filters
from policyhub.search.index import Index
from policyhub.search.memory_index import MemoryIndex

_Stamp = tuple[int, int]


class _Held:
    """An index and the generations that it was built from."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._current: tuple[_Stamp, Index] | None = None

    def get(self) -> Index:
        """Return today's index; of several threads one builds it."""
        state = CatalogState.current()
        stamp = state.generation, state.prose_generation
        current = self._current
        if current is None or current[0] != stamp:
            with self._lock:
                current = self._current
                if current is None or current[0] != stamp:
                    current = self._current = stamp, build_index()
        return current[1]


_held = _Held()


def get_index() -> Index:
    """Return the index, after one query for the generations."""
    return _held.get()


def build_index() -> Index:
    """Read everything that can be found, and index it."""
    catalogue = get_catalogue()
    entries = gather_entries(catalogue, get_reference())
    return MemoryIndex(entries, Filters(entries, catalogue))
