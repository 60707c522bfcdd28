"""Values around the ones that a condition names: near numbers, dates and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from decimal import Context as DecimalContext
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import pairwise

# For all numbers that a policy can name, with what lies between and beyond them.
_EXACT = DecimalContext(prec=1_000, Emax=MAX_EMAX, Emin=MIN_EMIN)

_MOST_DIGITS = 30


def around_points(named: Sequence[str], read: Callable[[str], Decimal | None]) -> Iterator[str]:
    """The points named, one between each two, one beyond either end, and what is no point."""
    points = {point: text for text in named if (point := read(text)) is not None}
    ordered = sorted(points)
    yield from (points[point] for point in ordered)
    with localcontext(_EXACT):
        between = [(lower + higher) / 2 for lower, higher in pairwise(ordered)]
        ends = [-_beyond(-ordered[0]), _beyond(ordered[-1])] if ordered else [Decimal(1)]
        written = [_digits(each) for each in (*between, *ends)]
    yield from (*written, "x")


def around_moments(named: Iterable[Decimal], earliest: Decimal) -> Iterator[Decimal]:
    """The moments named, one between each two, the earliest that there can be, and a later one."""
    points = sorted({earliest, *(each for each in named if each > earliest)})
    yield from points
    with localcontext(_EXACT):
        yield from [(lower + higher) / 2 for lower, higher in pairwise(points)]
        yield _beyond(points[-1])


def _beyond(number: Decimal) -> Decimal:
    """A greater number, also than one to which 1 is nothing."""
    more = number + 1
    return more if more > number else number * 2 if number > 0 else number / 2


def _digits(number: Decimal) -> str:
    """The number's digits, or with an exponent where these would be too many."""
    plain = number.normalize()
    is_short = plain.is_finite() and abs(plain.adjusted()) < _MOST_DIGITS
    return format(plain, "f") if is_short else str(plain)


def around_ranges(named: Sequence[str]) -> Iterator[str]:
    """The first address of each range and the first behind it, of both families, and none."""
    starts = {4: {0}, 6: {0}}
    for text in named:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        first, last = int(network[0]), int(network[-1])
        starts[network.version].add(first)
        if last + 1 < 1 << network.max_prefixlen:
            starts[network.version].add(last + 1)
    for version, numbers in starts.items():
        for number in sorted(numbers):
            yield str(_ip_address(number, version))
    yield "x"


def _ip_address(number: int, version: int) -> IPv4Address | IPv6Address:
    return ip_address(number.to_bytes(4 if version == 4 else 16, "big"))
