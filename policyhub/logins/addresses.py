"""From which address a request comes, where proxies stand in front."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """The address of who asks: the connection's, unless that is a trusted proxy's.

    Then it is the last one in `X-Forwarded-For` that is no trusted proxy: what stands before
    it was written by the client, who may write anything.
    """
    nearest = _read(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    for text in reversed(forwarded.split(",")):
        if nearest is None or not _is_trusted(nearest):
            break
        further = _read(text)
        if further is None:
            break
        nearest = further
    return None if nearest is None else str(nearest)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A socket for both families writes IPv4 addresses as IPv6.
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
