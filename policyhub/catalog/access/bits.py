"""Sets of places in a list as whole numbers, bit i for place i: united, intersected and counted "
"in one operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_ONE = ord("1")
# Of each octet the places of its bits.
_PLACES_IN = [tuple(place for place in range(8) if octet >> place & 1) for octet in range(256)]


def of_places(places: Iterable[int], size: int) -> int:
    """The set of some places, each below `size`."""
    digits = bytearray(b"0") * (size + 1)
    for place in places:
        digits[place] = _ONE
    digits.reverse()
    return int(digits, 2)


def places(bits: int) -> list[int]:
    """The places of a set, in order."""
    octets = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    return [
        first + place
        for first, octet in zip(range(0, 8 * len(octets), 8), octets, strict=True)
        if octet
        for place in _PLACES_IN[octet]
    ]


def first(bits: int) -> Iterator[int]:
    """Yield the places of a set in order, each as it is asked for."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
