"""Workers that have little memory in common any more, replaced by ones that share it again.

After an import of many policies, and once all are linted, each worker builds catalogue and index
anew for itself: measured, three of them then take 715 MB in place of 390. So the server builds them
too, and its workers are replaced one by one by ones that it forks anew.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LOOK_SECONDS = 60.0
# For so many looks in a row every worker must be so: while much changes they would soon be again.
LOOKS = 3
# And after they were replaced none is again for so long.
AGAIN_SECONDS = 1_800.0
# What a worker has alone, in kilobytes and of all its memory. Measured on the corpus: 60 to 100 MB
# after any number of requests, and 165 MB, two thirds of all, when it has built these itself.
MOST_ALONE = 120_000
MOST_OF_ALL = 0.6

#: Kilobytes that a process has alone, and that it has in all.
Memory = tuple[int, int]


class Sharing:
    """Has the workers of a server replaced when each has most of its memory alone."""

    def __init__(
        self,
        server: int,
        first_look: float = LOOK_SECONDS,
        now: Callable[[], float] = time.monotonic,
        memory: Callable[[int], list[Memory]] | None = None,
    ) -> None:
        self._server, self._now = server, now
        self._memory = memory or memory_of_workers
        self._next_look = now() + first_look
        self._looks = 0

    def look(self) -> None:
        """See how much each worker has alone."""
        now = self._now()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        workers = self._memory(self._server)
        is_alone = [alone > max(MOST_ALONE, MOST_OF_ALL * whole) for alone, whole in workers]
        self._looks = self._looks + 1 if is_alone and all(is_alone) else 0
        if self._looks == LOOKS:
            self._looks, self._next_look = 0, now + AGAIN_SECONDS
            os.kill(self._server, signal.SIGHUP)

    def close(self) -> None:
        """Nothing is left to be ended."""


def memory_of_workers(server: int) -> list[Memory]:
    """What the other processes have that a server has forked; nothing where none can tell."""
    try:
        children = Path(f"/proc/{server}/task/{server}/children").read_text("ascii").split()
        return [_memory(int(each)) for each in children if int(each) != os.getpid()]
    except OSError:
        # Another system, or one has ended at this moment.
        return []


def _memory(pid: int) -> Memory:
    sizes = dict(_sizes(Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")))
    return sizes["Private_Clean"] + sizes["Private_Dirty"], sizes["Rss"]


def _sizes(rollup: str) -> Iterator[tuple[str, int]]:
    """The kilobytes by their names, below the line of the addresses."""
    for line in rollup.splitlines()[1:]:
        name, size, *_ = line.split()
        yield name.rstrip(":"), int(size)
