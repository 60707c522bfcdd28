"""Texts of entries, in which a substring is sought at any length."""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import add, and_
from zlib import compress, crc32, decompress

from policyhub.catalog.access.bits import of_places, places
from policyhub.search.finding.in_memory.packed import PackedSets, PackedTexts, as_bytes

# On average.
_TEXTS_OF_A_RUN = 512
_Run = tuple[str, ...]


class Texts:
    """Texts of entries, in which a substring is sought.

    For every letter, and every two that follow each other, it knows the texts that contain them:
    a short needle is answered by that alone, a long one is sought only where all its pairs are.

    That is worked out for runs of texts, and of the `last` texts what is known of a run that is
    still there is taken over: after an edit little is worked out, and the rest stays shared with
    the other processes.
    """

    def __init__(self, texts: Sequence[str], last: Texts | None = None) -> None:
        self._texts = PackedTexts(texts)
        # By a digest of the run; of no use to a search, and packed as tightly as that allows.
        self._of_runs: dict[bytes, bytes] = {}
        self._holding = PackedSets(_joined(self._known_of_runs(texts, last)))

    def holding(self, needle: str, among: int) -> int:
        """Those of `among` whose text contains the needle, which is not empty."""
        if len(needle) <= 2:
            return self._holding.get(needle) & among
        pairs = (self._holding.get(one + other) for one, other in pairwise(needle))
        candidates = places(reduce(and_, pairs, among))
        return of_places(self._texts.holding(needle, candidates), len(self._texts))

    def _known_of_runs(
        self, texts: Sequence[str], last: Texts | None
    ) -> Iterator[tuple[int, Mapping[str, int]]]:
        """Of each run its length, and what is known of it."""
        known = last._of_runs if last else {}
        for run in _runs(texts):
            digest = hashlib.sha256(repr(run).encode()).digest()
            if packed := known.get(digest):
                holding = marshal.loads(decompress(packed))  # noqa: S302 - our own bytes
            else:
                holding = _letters_and_pairs(run)
                packed = compress(marshal.dumps(holding), 1)
            self._of_runs[digest] = packed
            yield len(run), holding


def _runs(texts: Sequence[str]) -> Iterator[_Run]:
    """Texts cut after some of them, chosen by what they say: a new one leaves other cuts alone."""
    start = 0
    for place, text in enumerate(texts, 1):
        if not crc32(as_bytes(text)) % _TEXTS_OF_A_RUN:
            yield tuple(texts[start:place])
            start = place
    if start < len(texts):
        yield tuple(texts[start:])


def _joined(runs: Iterable[tuple[int, Mapping[str, int]]]) -> dict[str, int]:
    """The sets of runs that follow each other, as sets of all texts."""
    found: dict[str, int] = {}
    start = 0
    for size, holding in runs:
        for letters, each in holding.items():
            found[letters] = found.get(letters, 0) | each << start
        start += size
    return found


def _letters_and_pairs(texts: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    known = found.get
    for place, text in enumerate(texts):
        bit = 1 << place
        for letters in {*text, *map(add, text, text[1:])}:
            found[letters] = known(letters, 0) | bit
    return found
