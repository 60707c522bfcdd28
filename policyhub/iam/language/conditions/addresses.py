"""IP address operators: single addresses, or ranges written with a slash."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from policyhub.iam.language.conditions.operator import (
    IS,
    IS_NOT,
    Operator,
    Test,
    none_of,
    one_value_suffices,
)


def in_any_range(values: Sequence[str]) -> Test:
    """Test an address against ranges of its own family; what is not an address is in none."""
    ranges = [each for each in map(_read_range, values) if each is not None]

    def is_in(value: str) -> bool:
        try:
            address = ip_address(value)
        except ValueError:
            return False
        if "%" in value:
            # A zone makes it an address of one link, not of the network at large.
            return False
        return any(address in each for each in ranges if each.version == address.version)

    return is_in


def _read_range(text: str) -> IPv4Network | IPv6Network | None:
    _, slash, prefix = text.partition("/")
    if slash and not (prefix.isascii() and prefix.isdecimal()):
        # AWS does not accept a mask written as an address as a prefix.
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def is_address(text: str) -> bool:
    """Whether the text is one address, of either family; a zone may follow it."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_range(text: str) -> bool:
    """Whether the text is an address or a range of addresses."""
    return _read_range(text) is not None


def around_range(value: str) -> tuple[str, ...]:
    """An address of the range, and one of each family from those kept for documentation."""
    network = _read_range(value)
    return () if network is None else (str(network[0]), *_ELSEWHERE)


# Of two ranges, at most one contains both addresses of a family.
_ELSEWHERE = ("192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8:1::1")

_address = partial(
    Operator,
    family="IpAddress",
    any_of_values=in_any_range,
    around=around_range,
    pattern_signs="/",
    can_match=is_range,
    takes="an IP address or a range such as `192.0.2.0/24`",
)

IN = _address("IpAddress", phrase=IS, pattern_phrase=one_value_suffices("is in"))

OPERATORS = (
    IN,
    _address(
        "NotIpAddress",
        phrase=IS_NOT,
        pattern_phrase=none_of("is not in", "is in neither", "is in none of"),
        negates=IN,
    ),
)
