"""What a process builds once for every generation of the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Generic, TypeVar

from django.db import connections

Stamp = TypeVar("Stamp")
Value = TypeVar("Value")

# Of what building took, how often as long no other thread builds again: while many save one after
# the other, requests have the processor.
_RESTS = 4

_log = logging.getLogger(__name__)
_is_serving = False


def begin_serving() -> None:
    """From now on others wait while a request builds: let older values answer meanwhile."""
    global _is_serving
    _is_serving = True


@contextmanager
def building_at_once() -> Iterator[None]:
    """Build in the thread that asks, as before serving: no request waits for it."""
    global _is_serving
    was_serving, _is_serving = _is_serving, False
    try:
        yield
    finally:
        _is_serving = was_serving


def is_serving() -> bool:
    """Whether this is a process of a server."""
    return _is_serving


class GenerationCache(Generic[Stamp, Value]):
    """A value that is kept until the stamp of the database moves.

    `build` takes the new stamp, and the last stamp and value if there are any; it returns what
    to keep, which may be these. With `beside`, a server answers with the last value while
    another thread builds today's; `is_behind` says so.
    """

    def __init__(
        self,
        stamp: Callable[[], Stamp],
        build: Callable[[Stamp, tuple[Stamp, Value] | None], tuple[Stamp, Value]],
        *,
        beside: bool = False,
    ) -> None:
        self._stamp, self._build, self._beside = stamp, build, beside
        self._lock = Lock()
        self._current: tuple[Stamp, Value] | None = None

    def get(self) -> Value:
        """Return today's value, or the last one while a server builds; one thread builds."""
        stamp = self._stamp()
        current = self._current
        if current is None or current[0] != stamp:
            if current is not None and self._beside and _is_serving:
                self._begin_building()
                return current[1]
            with self._lock:
                current = self._current
                if current is None or current[0] != stamp:
                    current = self._current = self._build(stamp, current)
        return current[1]

    def is_behind(self) -> bool:
        """Whether what is kept is of another generation: today's is not built yet."""
        current = self._current
        return current is None or current[0] != self._stamp()

    def _begin_building(self) -> None:
        if self._lock.acquire(blocking=False):
            Thread(target=self._build_beside, daemon=True).start()

    def _build_beside(self) -> None:
        """Build, and after a rest once more where the stamp has moved meanwhile."""
        try:
            while self.is_behind():
                began, last = time.thread_time(), self._current
                self._current = self._build(self._stamp(), last)
                if last is self._current:
                    break
                time.sleep(_RESTS * (time.thread_time() - began))
        except Exception:
            # The next request begins again; until then the last value answers.
            _log.exception("what answers are made of could not be built")
        finally:
            self._lock.release()
            connections.close_all()
