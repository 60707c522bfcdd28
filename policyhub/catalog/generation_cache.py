"""What a process builds once for every generation of the database."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Stamp = TypeVar("Stamp")
Value = TypeVar("Value")


class GenerationCache(Generic[Stamp, Value]):
    """A value that is kept until the stamp of the database moves.

    `build` takes the new stamp, and the last stamp and value if there are any; it returns what
    to keep, which may be these.
    """

    def __init__(
        self,
        stamp: Callable[[], Stamp],
        build: Callable[[Stamp, tuple[Stamp, Value] | None], tuple[Stamp, Value]],
    ) -> None:
        self._stamp, self._build = stamp, build
        self._lock = Lock()
        self._current: tuple[Stamp, Value] | None = None

    def get(self) -> Value:
        """Return today's value; of several threads one builds it."""
        stamp = self._stamp()
        current = self._current
        if current is None or current[0] != stamp:
            with self._lock:
                current = self._current
                if current is None or current[0] != stamp:
                    current = self._current = self._build(stamp, current)
        return current[1]

    def is_behind(self) -> bool:
        """Whether what is kept is of another generation: today's could not be built yet."""
        current = self._current
        return current is None or current[0] != self._stamp()
