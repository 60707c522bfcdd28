"""Texts of entries, in which a substring is sought at any length."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise, repeat
from operator import and_, contains

from policyhub.catalog.bits import of_places, places

_AS_DIGITS = bytes.maketrans(b"\0\1", b"01")
# Above this share of all texts it is quicker to look into every one of them.
_MOST = 0.7


class Texts:
    """Texts of entries, in which a substring is sought.

    For every letter, and every two that follow each other, it knows the texts that hold them:
    a short needle is answered by that alone, a long one is sought only where all its pairs are.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        # The last entry first: so the digits come as a number's do, the greatest first.
        self._reversed = tuple(reversed(texts))
        self._holding = _letters_and_pairs(texts)

    def holding(self, needle: str, among: int) -> int:
        """Those of `among` in whose text the needle stands, which is not empty."""
        if len(needle) <= 2:
            return self._holding.get(needle, 0) & among
        pairs = (self._holding.get(one + other, 0) for one, other in pairwise(needle))
        candidates = reduce(and_, pairs, among)
        if candidates.bit_count() < _MOST * len(self._texts):
            texts = self._texts
            found = (place for place in places(candidates) if needle in texts[place])
            return of_places(found, len(texts))
        digits = bytes(map(contains, self._reversed, repeat(needle))).translate(_AS_DIGITS)
        return int(digits, 2) & candidates


def _letters_and_pairs(texts: Sequence[str]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for letter in set(text):
            found.setdefault(letter, []).append(place)
        for pair in set(map("".join, pairwise(text))):
            found.setdefault(pair, []).append(place)
    return {letters: of_places(each, len(texts)) for letters, each in found.items()}
