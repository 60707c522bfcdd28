"""Texts of entries, in which a substring is sought at any length."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import compress, pairwise, repeat
from operator import and_, contains

from policyhub.catalog.access.bits import of_places, places


class Texts:
    """Texts of entries, in which a substring is sought.

    For every letter, and every two that follow each other, it knows the texts that contain them:
    a short needle is answered by that alone, a long one is sought only where all its pairs are.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._holding = _letters_and_pairs(texts)

    def holding(self, needle: str, among: int) -> int:
        """Those of `among` whose text contains the needle, which is not empty."""
        if len(needle) <= 2:
            return self._holding.get(needle, 0) & among
        pairs = (self._holding.get(one + other, 0) for one, other in pairwise(needle))
        candidates = places(reduce(and_, pairs, among))
        texts = map(self._texts.__getitem__, candidates)
        found = compress(candidates, map(contains, texts, repeat(needle)))
        return of_places(found, len(self._texts))


def _letters_and_pairs(texts: Sequence[str]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for letter in set(text):
            found.setdefault(letter, []).append(place)
        for pair in set(map("".join, pairwise(text))):
            found.setdefault(pair, []).append(place)
    return {letters: of_places(each, len(texts)) for letters, each in found.items()}
