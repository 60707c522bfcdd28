"""What was found out about pairs of managed policies, kept for the next request about them.

Nothing of a pair with a document that is pasted, and nothing that is only half done, unless it is
gone on with.
"""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

from policyhub.compare.matrix import Change
from policyhub.compare.sizes import LevelSizes
from policyhub.iam.comparing.comparison import Comparison
from policyhub.iam.comparing.contexts import Contexts

V = TypeVar("V")
# Both documents, and the contexts that count.
Key = tuple[str, str, Contexts]
# As many as the pairs of one page have room, else each visit of it would find all of them out
# again; what became of each action are some 20,000 names for the largest policies.
_MOST_OF_CHANGES = 16


class KeptOfPairs(Generic[V]):
    """What is known of the pairs that were asked about last."""

    def __init__(self, most: int) -> None:
        self._kept: LRUCache[Key, V] = LRUCache(maxsize=most)
        self._lock = Lock()

    def get(self, key: Key) -> V | None:
        """What is known of a pair, if anything."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Key, value: V) -> V:
        """Keep what was found out."""
        with self._lock:
            self._kept[key] = value
        return value

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


comparisons: KeptOfPairs[Comparison] = KeptOfPairs(128)
sizes: KeptOfPairs[list[LevelSizes]] = KeptOfPairs(1_024)
changes: KeptOfPairs[dict[str, Change]] = KeptOfPairs(_MOST_OF_CHANGES)
# Of pairs for which one request had too little time, the actions that it found out.
begun_changes: KeptOfPairs[dict[str, Change]] = KeptOfPairs(_MOST_OF_CHANGES)


def forget_all() -> None:
    """Forget everything that was found out about pairs."""
    for each in (comparisons, sizes, changes, begun_changes):
        each.clear()
