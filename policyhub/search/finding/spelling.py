"""Typing errors: the word of the catalogue that a misspelt one is nearest to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from policyhub.search.finding.index import Correction
from policyhub.search.finding.query import Query, Term

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SHORTEST = 3
_CORRECTED_AT_LEAST = 3
# One slip in four letters or two in eight: a swap, a letter too many, too few, or another one.
_NEAR_ENOUGH = 0.72


class Spelling:
    """The words of all names: full names, and the parts that capitals and signs set off."""

    def __init__(self, names: Iterable[str]) -> None:
        words: set[str] = set()
        for name in names:
            words.add(name.lower())
            words.update(part.lower() for part in _PARTS.findall(name))
        by_length: dict[int, list[str]] = {}
        for word in sorted(words):
            if len(word) >= _SHORTEST:
                by_length.setdefault(len(word), []).append(word)
        # One text of all words of a length: thirty thousand objects would take ten times as much.
        self._by_length = {length: "".join(each) for length, each in by_length.items()}

    def near(self, word: str) -> str:
        """The nearest word, of several as near the one of the same length; "" if none is near."""
        return next((each for *_, each in self.nearest(word)), "")

    def _words(self, length: int) -> Iterator[str]:
        words = self._by_length.get(length, "")
        return (words[start : start + length] for start in range(0, len(words), length))

    def nearest(self, word: str) -> list[tuple[float, int, str]]:
        """The nearest words, each behind what orders them: the smaller, the nearer."""
        # Every letter more or fewer is a slip: other lengths can't be near enough.
        most = int(len(word) * (1 / _NEAR_ENOUGH - 1))
        lengths = range(len(word) - most, len(word) + most + 1)
        found = process.extract(
            word,
            [each for length in lengths for each in self._words(length)],
            scorer=OSA.normalized_similarity,
            score_cutoff=_NEAR_ENOUGH,
            limit=5,
        )
        return sorted((-each[1], abs(len(each[0]) - len(word)), each[0]) for each in found)


def corrected(
    query: Query, stands: Callable[[Term], bool], near: Callable[[str], str]
) -> tuple[Query, list[Correction]]:
    """The query with the words that are found nowhere replaced by similar ones."""
    terms, corrections = [], []
    for term in query.terms:
        is_word = not (term.operator or term.is_excluded or term.is_quoted)
        if is_word and len(term.text) >= _CORRECTED_AT_LEAST and not stands(term):
            instead = near(term.text)
            if instead:
                corrections.append(Correction(term.text, instead))
                term = Term(instead)
        terms.append(term)
    return Query(tuple(terms)), corrections
