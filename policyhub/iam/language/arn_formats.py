"""Which ARNs fit the ARN formats of a resource type, such as `arn:${Partition}:s3:::${BucketName}`.

A placeholder holds one or more characters. Of some it is known whether these may be `/` or `:`,
of others it isn't: a format then has a narrow and a wide reading. All formats are read together
in one pass over the text, so that the work grows with its length alone.
Source: Service Authorization Reference, "Resource types defined by" each service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from policyhub.iam.language.arn import PARTS

_SEPARATORS = "/:"
_LETTER = "x"
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}|\*")


class Holds(NamedTuple):
    """Which separators a placeholder is known to hold, and which it never does."""

    sometimes: str = ""
    never: str = ""


ONE_PART = Holds(never=_SEPARATORS)
ANYTHING = Holds(sometimes=_SEPARATORS)
# What is known of a placeholder, by its name.
HoldsOf = Callable[[str], Holds]


class _Place(NamedTuple):
    """A place of a format: a literal character, or one that a placeholder holds.

    `repeats` is the placeholder's further characters, of which there may be none.
    """

    character: str
    separators: str = ""
    repeats: bool = False


class ArnFormats:
    """Some formats in one of their readings, compiled: a bit for each place of each."""

    __slots__ = ("_ends", "_free", "_literals", "_masks", "_repeats", "_starts")

    def __init__(self, formats: Iterable[tuple[str, HoldsOf]], *, wide: bool) -> None:
        self._literals: dict[str, int] = {}
        self._starts = self._ends = self._free = self._repeats = 0
        separators = dict.fromkeys(_SEPARATORS, 0)
        position = 0
        for text, holds_of in formats:
            self._starts |= 1 << position
            for place in _places(text, holds_of, wide):
                self._note(1 << position, place, separators)
                position += 1
            self._ends |= 1 << position
            position += 1
        self._starts = self._with_skipped(self._starts)
        # By character where it can be read: looked up for each character of each ARN.
        self._masks = {
            each: self._literals.get(each, 0) | separators.get(each, self._free)
            for each in (*self._literals, *separators)
        }

    def _note(self, bit: int, place: _Place, separators: dict[str, int]) -> None:
        if place.character:
            self._literals[place.character] = self._literals.get(place.character, 0) | bit
            return
        self._free |= bit
        for separator in place.separators:
            separators[separator] |= bit
        if place.repeats:
            self._repeats |= bit

    def fit(self, arn: str) -> bool:
        """Whether one of the formats has this ARN; every character stands for itself."""
        reached, read_at, free, repeats = self._starts, self._masks.get, self._free, self._repeats
        # `_after` written out: most texts that are asked about come here.
        for character in arn:
            read = reached & read_at(character, free)
            if not read:
                return False
            repeated = read & repeats
            moved = ((read ^ repeated) << 1) | repeated
            reached = moved | ((moved & repeats) << 1)
        return bool(reached & self._ends)

    def meet(self, pattern: str) -> bool:
        """Whether some ARN that a pattern with `*` and `?` matches has one of the formats."""
        reached = self._starts
        for reached in self._steps(pattern):
            if not reached:
                return False
        return bool(reached & self._ends)

    def example(self, pattern: str) -> str:
        """An ARN that a pattern matches and that has one of the formats; "" if there is none."""
        reached = [self._starts, *self._steps(pattern)]
        ends = reached[-1] & self._ends
        if not ends:
            return ""
        place, text = ends & -ends, ""
        for character, before in zip(pattern[::-1], reached[-2::-1], strict=True):
            if character == "*":
                while not place & before:
                    place = self._before(place, self._after_any_text(before), "")
                    text = self._written(place) + text
            else:
                place = self._before(place, before, "" if character == "?" else character)
                text = (self._written(place) if character == "?" else character) + text
        return text

    def _steps(self, pattern: str) -> Iterator[int]:
        """The places after each character of a pattern; 0 once none is."""
        reached = self._starts
        for character in pattern:
            if character == "*":
                reached = self._after_any_text(reached)
            elif character == "?":
                reached = self._after_any(reached)
            else:
                reached = self._after(reached, character)
            yield reached

    def _before(self, place: int, among: int, character: str) -> int:
        """A place out of some from which a character (any for "") leads to another place.

        There is one: only places that were reached from others are asked about.
        """
        for each in (place >> 2, place >> 1):
            if each & among:
                after = self._after(each, character) if character else self._after_any(each)
                if after & place:
                    return each
        return place

    def _written(self, place: int) -> str:
        """The character at a place; a letter where a placeholder is."""
        for character, places in self._literals.items():
            if place & places:
                return character
        return _LETTER

    def _after(self, reached: int, character: str) -> int:
        """The places that can follow when the next character is read."""
        # As `_moved` does, written out: this is most of what judging the corpus asks for.
        read = reached & self._masks.get(character, self._free)
        repeated = read & self._repeats
        moved = ((read ^ repeated) << 1) | repeated
        return moved | ((moved & self._repeats) << 1)

    def _after_any(self, reached: int) -> int:
        return self._moved(reached & ~self._ends)

    def _after_any_text(self, reached: int) -> int:
        while True:
            further = reached | self._after_any(reached)
            if further == reached:
                return reached
            reached = further

    def _moved(self, read: int) -> int:
        return self._with_skipped(((read & ~self._repeats) << 1) | (read & self._repeats))

    def _with_skipped(self, reached: int) -> int:
        """These places with those behind further characters that need not be there."""
        return reached | ((reached & self._repeats) << 1)


def pieces(arn_format: str, holds_of: HoldsOf) -> Iterator[str | Holds]:
    """The literal texts of a format, and between them what each placeholder holds."""
    done = 0
    for found in _PLACEHOLDER.finditer(arn_format):
        yield arn_format[done : found.start()]
        yield _placeholder_holds(arn_format, found, holds_of)
        done = found.end()
    yield arn_format[done:]


def _places(text: str, holds_of: HoldsOf, wide: bool) -> Iterator[_Place]:
    for piece in pieces(text, holds_of):
        if isinstance(piece, str):
            yield from map(_Place, piece)
            continue
        separators = piece.sometimes
        if wide:
            separators = "".join(each for each in _SEPARATORS if each not in piece.never)
        yield _Place("", separators)
        yield _Place("", separators, repeats=True)


def _placeholder_holds(text: str, found: re.Match[str], holds_of: HoldsOf) -> Holds:
    """What a placeholder holds; those of the first five parts of an ARN are one part each."""
    if text.count(":", 0, found.start()) < PARTS - 1:
        return ONE_PART
    return holds_of(found.group(1)) if found.group(1) else ANYTHING
