"""What the index knows of its entries, packed so that reading it writes to no memory.

Processes that are forked share memory until one of them writes to it, and Python counts references
in each object that is looked at: of sets, names and entries that were objects of their own every
process soon had a copy. Here they lie in a few long strings of bytes; only what is asked for is
made, and given up again.
"""

from __future__ import annotations

import marshal
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

from policyhub.catalog.access import bits
from policyhub.iam.reading.document import Statement
from policyhub.search.finding.entries import GROUPS, Entry, Tag

_BYTES_OF_A_PLACE = 4
_ONE = ord("1")


class PackedTexts:
    """Texts, each at its place."""

    def __init__(self, texts: Iterable[str]) -> None:
        encoded = list(map(as_bytes, texts))
        self._whole = b"".join(encoded)
        self._starts = array("Q", accumulate(map(len, encoded), initial=0))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: int) -> bytes:
        return self._whole[self._starts[place] : self._starts[place + 1]]

    def holding(self, needle: str, candidates: Iterable[int]) -> list[int]:
        """The places, of the candidates, of texts that contain the needle."""
        find, starts, sought = self._whole.find, self._starts, as_bytes(needle)
        return [each for each in candidates if find(sought, starts[each], starts[each + 1]) >= 0]


class SortedNames:
    """Names in order, each with the place of the entry that is called so."""

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        ordered = sorted(names)
        self._names = PackedTexts(name for name, _ in ordered)
        self._places = array("I", (place for _, place in ordered))

    def whole(self, name: str) -> Sequence[int]:
        """The places of entries that are called so."""
        return self.between(name, f"{name}\0")

    def between(self, start: str, end: str) -> Sequence[int]:
        """The places of names from `start` on that come before `end`."""
        # In UTF-8 texts have the order that their letters have.
        first, then = (bisect_left(self._names, as_bytes(each)) for each in (start, end))
        return self._places[first:then]


class PackedSets:
    """Sets of places, each by a name: of few places as these, of many as a whole number."""

    def __init__(self, sets: Mapping[str, int]) -> None:
        self._numbers = {name: number for number, name in enumerate(sets)}
        self._places, dense = array("I"), bytearray()
        # Of each set where it begins among the places, and among the whole numbers.
        self._begins: list[array[int]] = [array("Q", [0]), array("Q", [0])]
        for found in sets.values():
            octets = found.to_bytes((found.bit_length() + 7) // 8, "little")
            if found.bit_count() * _BYTES_OF_A_PLACE < len(octets):
                self._places.extend(bits.places(found))
            else:
                dense += octets
            for begins, end in zip(self._begins, (len(self._places), len(dense)), strict=True):
                begins.append(end)
        self._dense = bytes(dense)
        self._size = max(self._places, default=0) + 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def get(self, name: str) -> int:
        """The set of that name; of an unknown one nothing."""
        number = self._numbers.get(name)
        if number is None:
            return 0
        return self._many(number) or _set_of(self._few(number))

    def counts(self, found: int) -> Iterator[tuple[str, int]]:
        """Of each set how many places are among those that were found."""
        digits = f"{found:b}".encode()[::-1].ljust(self._size, b"0")
        of_few = bytes(map(digits.__getitem__, self._places))
        few, many = self._begins
        for name, number in self._numbers.items():
            if many[number] < many[number + 1]:
                yield name, (self._many(number) & found).bit_count()
            else:
                yield name, of_few.count(_ONE, few[number], few[number + 1])

    def _few(self, number: int) -> array[int]:
        begins = self._begins[0]
        return self._places[begins[number] : begins[number + 1]]

    def _many(self, number: int) -> int:
        begins = self._begins[1]
        return int.from_bytes(self._dense[begins[number] : begins[number + 1]], "little")


class PackedEntries(Sequence[Entry]):
    """Entries, each at its place, made when one is asked for."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        numbers: dict[Tag, int] = {}
        packed: list[bytes] = []
        statements: list[Statement] = []
        for entry in entries:
            tags = array("I", (numbers.setdefault(tag, len(numbers)) for tag in entry.tags))
            if entry.statement is not None:
                statements.append(entry.statement)
            packed.append(_packed(entry, tags.tobytes(), len(statements)))
        self._tags, self._statements = tuple(numbers), tuple(statements)
        self._whole = b"".join(packed)
        self._starts = array("Q", accumulate(map(len, packed), initial=0))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        start, end = self._starts[place], self._starts[place + 1]
        group, names, detail, page, texts, tags, statement, resources, policy = marshal.loads(  # noqa: S302 - our own bytes
            self._whole[start:end]
        )
        of_statement = self._statements[statement - 1] if statement else None
        return Entry(
            GROUPS[group],
            names,
            detail,
            page,
            texts,
            tuple(map(self._tags.__getitem__, array("I", tags))),
            of_statement,
            of_statement.resources if of_statement else resources,
            policy,
        )


def _packed(entry: Entry, tags: bytes, statement: int) -> bytes:
    """An entry as bytes; its statement by its number from 1, for one has it already."""
    has_one = entry.statement is not None
    return marshal.dumps(
        (
            GROUPS.index(entry.group),
            entry.names,
            entry.detail,
            entry.page,
            entry.own_texts,
            tags,
            statement if has_one else 0,
            () if has_one else entry.resources,
            entry.policy,
        )
    )


def as_bytes(text: str) -> bytes:
    """A text as it is packed; any text, for documents have some that no encoding knows."""
    return text.encode("utf-8", "surrogatepass")


def _set_of(places: Sequence[int]) -> int:
    """The set of a few places in order."""
    octets = bytearray((places[-1] >> 3) + 1 if places else 0)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")
