"""Services by the names that a text gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from policyhub.catalog.reference.in_memory import get_reference

_ACCESS_TO = re.compile(r"\baccess to ([^.;\n]*)")
_LISTED = re.compile(r",\s*(?:and\s+)?|\s+and\s+")
_OWNER = re.compile(r"^(?:AWS|Amazon)\s+")


def services_with_access(text: str) -> dict[str, str]:
    """The services to which a text says that there is access, as it names them, by prefix.

    `administrative access to AWS KMS and Secrets Manager`; a name is the reference's with or
    without its owner, or the prefix after the owner.
    """
    found: dict[str, str] = {}
    for listed in _ACCESS_TO.findall(text):
        for name in map(str.strip, _LISTED.split(listed)):
            prefix = _prefixes_by_name().get(_OWNER.sub("", name).lower())
            if prefix:
                found.setdefault(prefix, name)
    return found


@cache
def _prefixes_by_name() -> Mapping[str, str]:
    """Prefixes by what a service is called, without its owner and in lower case."""
    services = get_reference().services.values()
    named = {_OWNER.sub("", each.name).lower(): each.prefix for each in services}
    return {each.prefix: each.prefix for each in services} | named
