"""From which address a request comes, behind proxies."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address

# Some proxies write the client's port too.
_WITH_PORT = re.compile(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[\d.]+):\d+")
_HOST_BITS = 64


def client_address(request: HttpRequest) -> str | None:
    """The address of who asks: the connection's, unless that is a trusted proxy's.

    Then it is the last one in `X-Forwarded-For` that is not a trusted proxy: what comes before
    it was written by the client, who may write anything.
    """
    nearest = _read_address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    for text in reversed(forwarded.split(",")):
        if nearest is None or not _is_trusted(nearest):
            break
        further = _read_address(text)
        if further is None:
            break
        nearest = further
    return None if nearest is None else str(nearest)


def counted_address(request: HttpRequest) -> str | None:
    """The address by which wrong passwords are counted."""
    address = client_address(request)
    return None if address is None else counted(address)


def counted(text: str) -> str | None:
    """An address as it is counted, None if the text is not one.

    Of IPv6 that is the network of 64 bits, within which a client chooses any address it likes
    (RFC 4291, 2.5.4).
    """
    address = _read_address(text)
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS)
    return None if address is None else str(address)


def _read_address(text: str) -> Address | None:
    text = text.strip()
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port["v6"] or with_port["v4"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket for both families writes IPv4 addresses as IPv6.
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
