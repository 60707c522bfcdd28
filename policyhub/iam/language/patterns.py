"""Wildcard patterns: `*` is any text, `?` any one character, the rest literal.

A pattern is split on `*` into segments of fixed length, and each is sought from where the one
before it ended. No pattern takes more than a bounded multiple of its own length times the
value's length in machine words, so an adversary gains nothing by many wildcards.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CACHED_PATTERNS = 65_536
_LONGEST_CACHED_PATTERN = 2_048
_CACHED_SEGMENTS = 1_024
_CACHED_COVERED = 4_096
_CANDIDATES_TRIED_ONE_BY_ONE = 8

_WILDCARDS = re.compile(r"[*?]+")
_LITERAL_RUN = re.compile(r"[^?]+")


class _SearchedText:
    """A text to search, and where each of its characters is, found when first needed."""

    __slots__ = ("_bit_sets", "_places", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, list[int]] | None = None
        self._bit_sets: dict[str, int] = {}

    def places_of(self, character: str) -> int:
        """Return a bit set: bit i is set if the character is at i."""
        known = self._bit_sets.get(character)
        if known is None:
            known = self._bit_sets[character] = self._bit_set(character)
        return known

    def _bit_set(self, character: str) -> int:
        if self._places is None:
            self._places = {}
            for place, each in enumerate(self.text):
                self._places.setdefault(each, []).append(place)
        bits = bytearray(len(self.text) // 8 + 1)
        for place in self._places.get(character, ()):
            bits[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(bits, "little")


class _LiteralRuns:
    """What is between two `*`: literal runs at fixed offsets, and `?` for the rest."""

    __slots__ = ("length", "longest", "runs")

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self.runs = tuple((run.start(), run[0]) for run in _LITERAL_RUN.finditer(text))
        self.longest = max(self.runs, key=lambda run: len(run[1]), default=(0, ""))

    def stands_at(self, text: str, position: int) -> bool:
        """Say whether the segment matches where it starts at the position."""
        if position < 0 or position + self.length > len(text):
            return False
        return all(text.startswith(run, position + offset) for offset, run in self.runs)

    def find(self, text: _SearchedText, start: int, end: int) -> int:
        """Return the first place in [start, end) where the entire segment fits, or -1."""
        last = end - self.length
        offset, run = self.longest
        for _ in range(_CANDIDATES_TRIED_ONE_BY_ONE):
            if start > last:
                return -1
            found = text.text.find(run, start + offset, last + offset + len(run))
            if found < 0:
                return -1
            start = found - offset
            if self.stands_at(text.text, start):
                return start
            start += 1
        return self._find_among_all(text, start, last)

    def _find_among_all(self, text: _SearchedText, start: int, last: int) -> int:
        """Test every remaining start together: one shift and one `and` a literal character."""
        candidates = (1 << max(last - start + 1, 0)) - 1
        for offset, run in self.runs:
            for index, character in enumerate(run, start + offset):
                candidates &= text.places_of(character) >> index
                if not candidates:
                    return -1
        return start + (candidates & -candidates).bit_length() - 1


@lru_cache(maxsize=_CACHED_SEGMENTS)
def _segment(text: str) -> _LiteralRuns:
    return _LiteralRuns(text)


class _Shape:
    """A pattern's segments: the first is anchored at the start, the last at the end.

    `last` is None for a pattern without `*`, whose only segment is the whole of it.
    """

    __slots__ = ("first", "last", "middle")

    def __init__(self, parts: list[str]) -> None:
        self.first = _segment(parts[0])
        self.middle = tuple(filter(None, parts[1:-1]))
        self.last = _segment(parts[-1]) if len(parts) > 1 else None

    def covers(self, chunks: list[str]) -> bool:
        """Say whether the pattern covers these chunks with any text whatever between them.

        A segment must lie within one chunk, since nothing is known of the text between.
        """
        if not self.first.stands_at(chunks[0], 0):
            return False
        if self.last is None:
            return len(chunks) == 1 and len(chunks[0]) == self.first.length
        end = len(chunks[-1]) - self.last.length
        if end < (self.first.length if len(chunks) == 1 else 0):
            return False
        return self.last.stands_at(chunks[-1], end) and self._middle_fits(chunks, end)

    def _middle_fits(self, chunks: list[str], last_end: int) -> bool:
        texts = [_SearchedText(chunk) for chunk in chunks]
        ends = [*map(len, chunks[:-1]), last_end]
        current, position = 0, self.first.length
        for segment in map(_segment, self.middle):
            found = segment.find(texts[current], position, ends[current])
            while found < 0:
                current += 1
                if current == len(chunks):
                    return False
                found = segment.find(texts[current], 0, ends[current])
            position = found + segment.length
        return True


class WildcardPattern:
    """A compiled pattern; obtained from `compile_pattern`.

    `text` is the pattern as given, `literal_prefix` what precedes its first wildcard (in lower
    case when case is ignored), and `is_literal` says that it has no wildcard at all.
    """

    __slots__ = (
        "_ignore_case",
        "_minimum",
        "_parts",
        "_shape",
        "is_literal",
        "literal_prefix",
        "text",
    )

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        folded = fold(text) if ignore_case else text
        wildcard = _WILDCARDS.search(folded)
        parts = _WILDCARDS.sub(_single_characters_first, folded).split("*")
        self.text = text
        self.is_literal = wildcard is None
        self.literal_prefix = folded if wildcard is None else folded[: wildcard.start()]
        self._ignore_case = ignore_case
        self._minimum = sum(map(len, parts))
        self._parts = parts[0], tuple(filter(None, parts[1:-1])), parts[-1]
        self._shape = _Shape(parts) if "?" in folded else None

    def __repr__(self) -> str:
        return f"WildcardPattern({self.text!r})"

    def matches(self, value: str) -> bool:
        """Say whether the pattern covers the whole value."""
        if self._ignore_case:
            value = fold(value)
        if self.is_literal:
            return value == self.literal_prefix
        if len(value) < self._minimum:
            return False
        if self._shape is not None:
            return self._shape.covers([value])
        return self._matches_without_single_characters(value)

    def _matches_without_single_characters(self, value: str) -> bool:
        first, middle, last = self._parts
        if not value.startswith(first) or not value.endswith(last):
            return False
        position, end = len(first), len(value) - len(last)
        for segment in middle:
            position = value.find(segment, position, end)
            if position < 0:
                return False
            position += len(segment)
        return True


@lru_cache(maxsize=_CACHED_PATTERNS)
def _compile_and_keep(pattern: str, ignore_case: bool) -> WildcardPattern:
    return WildcardPattern(pattern, ignore_case)


def has_wildcard(pattern: str) -> bool:
    """Whether a pattern has any `*` or `?`, which is known without compiling it."""
    return "*" in pattern or "?" in pattern


def compile_pattern(pattern: str, ignore_case: bool = False) -> WildcardPattern:
    """Return the compiled pattern; the same object again for a pattern of ordinary length."""
    if len(pattern) > _LONGEST_CACHED_PATTERN:
        return WildcardPattern(pattern, ignore_case)
    return _compile_and_keep(pattern, ignore_case)


def covers(outer: str, inner: str, ignore_case: bool = False) -> bool:
    """True only if every text that `inner` matches, `outer` matches too.

    Exact when `outer` has no `?`. Otherwise False may also mean "not seen": that `?*` covers
    `*a` is not found, since a `?` is never taken from what a `*` matches.

    >>> covers("s3:Get*", "s3:GetObject*"), covers("s3:Get?", "s3:Get*")
    (True, False)
    """
    if ignore_case:
        outer, inner = fold(outer), fold(inner)
    if outer == inner:
        return True
    if not _before_wildcards(inner).startswith(_before_wildcards(outer)):
        return False
    if len(outer) + len(inner) > _LONGEST_CACHED_PATTERN:
        return _covers(outer, inner)
    return _cover_and_keep(outer, inner)


def _covers(outer: str, inner: str) -> bool:
    chunks = _WILDCARDS.sub(_single_characters_first, inner).split("*")
    if "?" in inner:
        stand_in = _character_not_in(outer)
        chunks = [chunk.replace("?", stand_in) for chunk in chunks]
    return _Shape(_WILDCARDS.sub(_single_characters_first, outer).split("*")).covers(chunks)


_cover_and_keep = lru_cache(_CACHED_COVERED)(_covers)


def _before_wildcards(pattern: str) -> str:
    """The text before the first wildcard, with which every text begins that the pattern matches."""
    return pattern.partition("*")[0].partition("?")[0]


def split_action(pattern: str) -> tuple[str, str]:
    """Return an action pattern's service prefix, in lower case, and its name.

    A lone `*` is (`*`, `*`): every name of every service. Without a colon the prefix is empty.
    """
    if pattern == "*":
        return "*", "*"
    prefix, colon, name = pattern.partition(":")
    return (prefix.lower(), name) if colon else ("", pattern)


def _single_characters_first(run: re.Match[str]) -> str:
    """Write a run of wildcards with a `*` as its `?`s and one `*`: `*?*` means what `?*` does."""
    wildcards = run[0]
    return "?" * wildcards.count("?") + "*" if "*" in wildcards else wildcards


def _character_not_in(text: str) -> str:
    return next(character for character in map(chr, range(0x110000)) if character not in text)


def fold(text: str) -> str:
    """Lower each character by itself, so that the length stays and `?` keeps its meaning."""
    if text.isascii():
        return text.lower()
    return "".join(lower if len(lower := each.lower()) == 1 else each for each in text)
