"""Sets of places in a list as whole numbers, bit i for place i.

They are united, intersected and counted in one operation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_ONE = ord("1")
# Of each octet the places of its bits.
_PLACES_IN = [tuple(place for place in range(8) if octet >> place & 1) for octet in range(256)]
_ANY_BIT = re.compile(rb"[^\0]")
# A set with no more places than one in so many is made, and read, place by place.
_FEW_IN = 64


def of_places(places: Collection[int], size: int) -> int:
    """The set of some places, each below `size`."""
    if len(places) * _FEW_IN < size:
        octets = bytearray((size >> 3) + 1)
        for place in places:
            octets[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(octets, "little")
    digits = bytearray(b"0") * (size + 1)
    for place in places:
        digits[place] = _ONE
    digits.reverse()
    return int(digits, 2)


def places(bits: int) -> list[int]:
    """The places of a set, in order."""
    octets = bits.to_bytes((bits.bit_length() + 7) // 8, "little")
    if bits.bit_count() * _FEW_IN < 8 * len(octets):
        found = (each.start() for each in _ANY_BIT.finditer(octets))
        return [8 * at + place for at in found for place in _PLACES_IN[octets[at]]]
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
