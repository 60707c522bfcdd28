"""Sets of places in a list as whole numbers, bit i for place i: joined, cut and counted at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def of_places(places: Iterable[int], size: int) -> int:
    """The set of some places, each below `size`."""
    octets = bytearray(size // 8 + 1)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


def places(bits: int) -> list[int]:
    """The places of a set, in order."""
    return [place for place, digit in enumerate(f"{bits:b}"[::-1]) if digit == "1"]


def first(bits: int) -> Iterator[int]:
    """Yield the places of a set in order, each as it is asked for."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
