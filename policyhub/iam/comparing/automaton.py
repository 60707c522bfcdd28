"""Texts that some patterns cover and others don't: which combinations there are, and examples.

A pattern is the language of the texts that it covers. All patterns are read at once by one
automaton, whose state is an integer: a bit for every place in every pattern that a text can have
led to. Every state that can be reached is looked at, so that what is not found is impossible.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from enum import Enum
from itertools import chain
from string import ascii_lowercase, digits

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.telling_characters import TellingCharacters
from policyhub.iam.language.arn import PARTS


class Wildcard(Enum):
    """What a pattern contains besides the characters that may be in a place."""

    ONE = "any one character"
    MANY = "any text"
    ONE_BUT_COLON = "any one character but a colon"
    MANY_BUT_COLON = "any text without a colon"
    ONE_IN_PART = "any one character but a colon or slash"
    MANY_IN_PART = "any text without a colon or slash"

    # Each is one object: looked up for each place and character, where the name's hash is slow.
    __hash__ = object.__hash__


# A pattern: for each place the characters that may be there, or an item.
Pattern = tuple[str | Wildcard, ...]

_REPEATING = (Wildcard.MANY, Wildcard.MANY_BUT_COLON, Wildcard.MANY_IN_PART)
_SEPARATORS = ":/"
MAX_STATES = 8_000
# Working on so many bits takes about as long as a comparison.
_BITS_OF_A_STEP = 8_192
_READABLE = "x" + ascii_lowercase + digits
# Represents a value that is not known: a private character, which only `MANY` accepts.
_FIRST_SYMBOL = 0xF0000
# Other characters than the two cases that lower to the same letter.
_ALSO_LOWER = {"k": "\u212a", "å": "\u212b", "ω": "\u2126"}


class TooManyStatesError(Exception):
    """More combinations of patterns than are looked through."""


def symbol(index: int) -> str:
    """A character that represents an unknown value as a whole, one for each such value."""
    return chr(_FIRST_SYMBOL + index)


def literally(text: str, ignore_case: bool = False) -> Pattern:
    """The pattern of exactly this text."""
    return tuple(map(_cases_of, text)) if ignore_case else tuple(text)


def with_wildcards(
    text: str, many: Wildcard = Wildcard.MANY, one: Wildcard = Wildcard.ONE
) -> Pattern:
    """The pattern of a text whose `*` and `?` are wildcards."""
    return tuple(many if each == "*" else one if each == "?" else each for each in text)


def like_an_arn(text: str) -> Pattern | None:
    """The pattern of six parts, each matched alone; None of a text that has fewer."""
    parts = text.split(":", PARTS - 1)
    if len(parts) < PARTS:
        return None
    pattern: list[str | Wildcard] = []
    for part in parts[:-1]:
        pattern += with_wildcards(part, Wildcard.MANY_BUT_COLON, Wildcard.ONE_BUT_COLON)
        pattern.append(":")
    return (*pattern, *with_wildcards(parts[-1]))


def _cases_of(character: str) -> str:
    lower = character.lower()
    if len(lower) != 1:
        return character
    return "".join(dict.fromkeys((lower, lower.upper()[:1], _ALSO_LOWER.get(lower, lower))))


def find_text(
    demands: Sequence[Sequence[Pattern]],
    refused: Sequence[Pattern],
    budget: Budget = NO_LIMIT,
) -> str | None:
    """The shortest text, not empty, that a pattern of each demand covers and no refused one.

    None where there is no such text. Raises `TooManyStatesError` and `SpentError`.

    >>> demands = [[with_wildcards("Get*"), with_wildcards("List*")], [with_wildcards("*Acl")]]
    >>> find_text(demands, refused=[])
    'GetAcl'
    >>> find_text(demands, refused=[with_wildcards("*t*")]) is None
    True
    """
    literals = [
        "".join(map(str, pattern)) for each in demands if len(each) == 1 for pattern in each
        if _is_literal(pattern)
    ]  # fmt: skip
    patterns = [pattern for each in demands for pattern in each]
    indexed = [*enumerate(patterns), *enumerate(refused, len(patterns))]
    automaton = _Automaton(indexed, (), budget)
    wanted, place = [], 0
    for each in demands:
        wanted.append(((1 << len(each)) - 1) << place)
        place += len(each)
    unwanted = ((1 << len(refused)) - 1) << place

    def fits(bits: int) -> bool:
        return not bits & unwanted and all(bits & some for some in wanted)

    if literals:
        return literals[0] if literals[0] and fits(automaton.matching(literals[0])) else None
    alive = [automaton.places(some) for some in wanted]
    walk = automaton.walk("", "", alive, automaton.places(unwanted))
    return next((text for bits, text in walk if fits(bits)), None)


class PatternSet:
    """Some patterns, read together.

    Texts are sought that begin with `start` and go on, by at least one character, with
    characters of `alphabet`. Patterns of the same of the `groups` are not distinguished: which
    of them match makes no difference.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        start: str,
        alphabet: str,
        groups: Sequence[Hashable] = (),
        budget: Budget = NO_LIMIT,
    ) -> None:
        self._start, self._alphabet = start, alphabet
        self._literals: dict[str, int] = {}
        wild: list[tuple[int, Pattern]] = []
        for index, pattern in enumerate(patterns):
            if _is_literal(pattern):
                text = "".join(map(str, pattern))
                self._literals[text] = self._literals.get(text, 0) | 1 << index
            else:
                wild.append((index, pattern))
        of_wild = [groups[index] for index, _ in wild] if groups else ()
        self._automaton = _Automaton(wild, of_wild, budget)

    def matching(self, text: str) -> int:
        """The patterns that cover a text: bit i is set for the i-th."""
        return self._automaton.matching(text) | self._literals.get(text, 0)

    def combinations(self, among: Sequence[int] | None = None) -> dict[int, str]:
        """Every set of patterns, as bits, that some text matches and no others, with a text.

        With groups at least one set for every set of groups; with `among`, the indexes of some
        patterns, at least the sets that contain one of these. Raises `TooManyStatesError` and
        `SpentError`.
        """
        found: dict[int, str] = {}
        wanted = -1 if among is None else sum(1 << each for each in set(among))
        for text in self._literals:
            if self._is_sought(text) and (among is None or self.matching(text) & wanted):
                found.setdefault(self.matching(text), text)
        automaton = self._automaton
        while True:
            alive = () if among is None else (automaton.places(wanted),)
            texts = list(automaton.walk(self._start, self._alphabet, alive))
            hidden = [text for _, text in texts if text in self._literals]
            if not hidden:
                break
            # A literal was taken for a character that it is not: skip it, and walk again.
            automaton = automaton.passing_over([tuple(text) for text in hidden])
        for _, text in texts:
            found.setdefault(self.matching(text), text)
        return found

    def _is_sought(self, text: str) -> bool:
        rest = text.removeprefix(self._start)
        is_longer = text.startswith(self._start) and bool(rest)
        return is_longer and all(each in self._alphabet for each in rest)


def _work_on(bits: int) -> int:
    """One step, and more where a state is so long an integer that it shows."""
    return 1 + bits // _BITS_OF_A_STEP


def _is_literal(pattern: Pattern) -> bool:
    return all(isinstance(each, str) and len(each) == 1 for each in pattern)


class _Automaton:
    """Several patterns side by side, by index. Texts that one of index -1 covers are left out."""

    def __init__(
        self,
        patterns: Sequence[tuple[int, Pattern]],
        groups: Sequence[Hashable],
        budget: Budget,
    ) -> None:
        self._all, self._groups, self._budget = tuple(patterns), tuple(groups), budget
        self._untold = 0
        self._accepts: dict[int, int] = {}
        self._places: dict[int, int] = {}
        self._takes: dict[str, int] = {}
        self._taken: dict[int, str] = {}
        self._wild = dict.fromkeys(Wildcard, 0)
        self._masks: dict[str, tuple[int, int]] = {}
        self._first = self._accepting = 0
        place = 0
        for index, pattern in patterns:
            self._first |= 1 << place
            begin = place
            budget.spend(len(pattern) * _work_on(place))
            place = self._lay_out(pattern, place)
            self._places[index] = (1 << place + 1) - (1 << begin)
            self._accepts[place] = index
            self._accepting |= 1 << place
            self._untold |= 1 << place if index < 0 else 0
            place += 1
        self._settled = list(self._settling())

    def _settling(self) -> Iterator[tuple[int, int, int]]:
        """For each group: the places from which a pattern matches whatever follows, the places
        of other groups, and the one place to go on from."""
        members: dict[Hashable, list[int]] = {}
        for (index, _), group in zip(self._all, self._groups, strict=False):
            members.setdefault(group, []).append(index)
        for indexes in members.values():
            places = sum(self._places[index] for index in indexes)
            settled = places & self._accepting & self._wild[Wildcard.MANY]
            if len(indexes) > 1 and settled:
                yield settled, ~places, settled & -settled

    def _lay_out(self, pattern: Pattern, place: int) -> int:
        """Note what each place of a pattern takes; return its last place."""
        for item in pattern:
            if isinstance(item, Wildcard):
                self._wild[item] |= 1 << place
                place += item not in _REPEATING
                continue
            for character in item:
                self._takes[character] = self._takes.get(character, 0) | 1 << place
            self._taken[1 << place] = item
            place += 1
        return place

    def places(self, indexes: int) -> int:
        """The bits of a state that belong to some patterns, whose indexes are bits."""
        return sum(
            each for index, each in self._places.items() if index >= 0 and indexes >> index & 1
        )

    def passing_over(self, texts: Sequence[Pattern]) -> _Automaton:
        """The automaton that yields none of these literal texts."""
        told = [*self._all, *((-1, text) for text in texts)]
        return _Automaton(told, self._groups, self._budget)

    def matching(self, text: str) -> int:
        """The indexes, as bits, of the patterns that cover a text."""
        state = self._first
        for character in text:
            state = self._step(state, character)
        return self._reported(state)

    def walk(
        self, start: str, alphabet: str, alive: Sequence[int] = (), refused: int = 0
    ) -> Iterator[tuple[int, str]]:
        """Yield each combination that can be reached, as bits, with its shortest text.

        The characters are those of `alphabet`, or any where it is empty. Two kinds of states are
        not gone on from: those that lack all of one of the bit sets `alive`, and those from which
        a pattern in the places `refused` matches whatever follows.
        """
        state, dead = self._first, refused & self._accepting & self._wild[Wildcard.MANY]
        for character in start:
            state = self._step(state, character)
        telling = TellingCharacters(
            self._telling(alphabet), self._separators_that_tell(), self._taken
        )
        work = _work_on(self._accepting.bit_length()) * (1 + len(self._settled))
        queue, seen, said = deque([(state, start)]), set[int](), set[int]()
        while queue:
            state, text = queue.popleft()
            characters = telling.from_state(state)
            self._budget.spend(len(characters) * work)
            for character in characters:
                following = self._step(state, character)
                if following in seen or following & dead:
                    continue
                if not all(map(following.__and__, alive)):
                    continue
                seen.add(following)
                if len(seen) > MAX_STATES:
                    raise TooManyStatesError
                queue.append((following, text + character))
                accepted = following & self._accepting
                if accepted not in said and not accepted & self._untold:
                    said.add(accepted)
                    yield self._reported(following), text + character

    def _step(self, state: int, character: str) -> int:
        masks = self._masks.get(character)
        if masks is None:
            masks = self._masks[character] = self._masks_of(character)
        following = (state & masks[0]) << 1 | state & masks[1]
        for settled, others, place in self._settled:
            if following & settled:
                following = following & others | place
        return following

    def _masks_of(self, character: str) -> tuple[int, int]:
        """The places that take a character and move on, and those that take it and stay."""
        takes, stays = self._takes.get(character, 0), self._wild[Wildcard.MANY]
        if ord(character) >= _FIRST_SYMBOL:
            return takes, stays
        takes |= self._wild[Wildcard.ONE]
        if character != ":":
            takes |= self._wild[Wildcard.ONE_BUT_COLON]
            stays |= self._wild[Wildcard.MANY_BUT_COLON]
        if character not in _SEPARATORS:
            takes |= self._wild[Wildcard.ONE_IN_PART]
            stays |= self._wild[Wildcard.MANY_IN_PART]
        return takes, stays

    def _reported(self, state: int) -> int:
        bits, accepted = 0, state & self._accepting
        while accepted:
            lowest = accepted & -accepted
            bits |= 1 << self._accepts[lowest.bit_length() - 1]
            accepted ^= lowest
        return bits

    def _telling(self, alphabet: str) -> list[str]:
        """One character of every kind that the patterns distinguish, a readable one first."""
        told = {*self._takes, *self._separators_that_tell()}
        if alphabet:
            others = [each for each in alphabet if each not in told]
            return others[:1] + [each for each in sorted(told) if each in alphabet]
        every = chain(_READABLE, map(chr, range(0x100, _FIRST_SYMBOL)))
        return [next(each for each in every if each not in told), *sorted(told)]

    def _separators_that_tell(self) -> str:
        """The separators that some wildcard does not take."""
        if self._wild[Wildcard.ONE_IN_PART] or self._wild[Wildcard.MANY_IN_PART]:
            return _SEPARATORS
        but_colon = self._wild[Wildcard.ONE_BUT_COLON] or self._wild[Wildcard.MANY_BUT_COLON]
        return ":" if but_colon else ""
