"""The garbage collector, kept out of work that makes many objects and leaves none behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Keep the collector from walking through objects by the ten thousand, none of which is cyclic.

    Measured: of writing rows it took a third of the time, of comparing documents a twelfth. What
    is done with is freed all the same.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
