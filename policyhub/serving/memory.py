"""How the C library keeps memory for the processes that serve."""

from __future__ import annotations

import ctypes
import sys

# glibc's numbers. Source: mallopt(3).
_TRIM_THRESHOLD, _ARENA_MAX = -1, -8
_GIVEN_BACK_BYTES = 128 * 1024


def keep_memory_together() -> None:
    """Have all threads take memory from one place, and give back at once what is free at its end.

    By itself glibc opens a place for each thread, up to eight a processor: what one has freed no
    other one uses. Measured after 4,000 requests of all kinds: 705 MB in place of 813. To be called
    while there is one thread.
    """
    if library := _glibc():
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_TRIM_THRESHOLD, _GIVEN_BACK_BYTES)


def give_back_free_memory() -> None:
    """Give back what is free in between, before it is shared with others."""
    if library := _glibc():
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is the one that has these knobs."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if library and hasattr(library, "gnu_get_libc_version") else None
