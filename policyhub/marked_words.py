"""Two texts, with the words marked in which they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Pieces = tuple[tuple[str, bool], ...]
WORDS = re.compile(r"\w+|\W")
# Texts of more pairs of words are marked from the first to the last difference.
_MOST_PAIRS = 1_000_000


def marked_prose(one: str, other: str) -> tuple[Pieces, Pieces]:
    """The pieces of two texts, each with whether the other text does not have it there."""
    words, its = WORDS.findall(one), WORDS.findall(other)
    if len(words) * len(its) > _MOST_PAIRS:
        return mark_differences(one, other)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, words, its, autojunk=False).get_opcodes():
        left.append(("".join(words[i:i_end]), tag != "equal"))
        right.append(("".join(its[j:j_end]), tag != "equal"))
    return tuple(each for each in left if each[0]), tuple(each for each in right if each[0])


def mark_differences(one: str, other: str) -> tuple[Pieces, Pieces]:
    """The pieces of two lines; what is between the words that begin and end both is marked."""
    words, its = WORDS.findall(one), WORDS.findall(other)
    begin = _shared(words, its)
    end = _shared(words[begin:][::-1], its[begin:][::-1])
    return _pieces(words, begin, end), _pieces(its, begin, end)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many equal items two sequences begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _pieces(words: Sequence[str], begin: int, end: int) -> Pieces:
    stop = len(words) - end
    pieces = (words[:begin], False), (words[begin:stop], True), (words[stop:], False)
    return tuple(("".join(each), is_marked) for each, is_marked in pieces if each)
