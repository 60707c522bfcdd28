"""What is known of condition keys: when they are in a request, of which type their values are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from policyhub.catalog.facts.tables import Row, fact_rows
from policyhub.catalog.reference.in_memory import Reference, is_of_family
from policyhub.catalog.reference.records import ConditionKeyInfo
from policyhub.iam.deciding.condition_keys import KeyTraits, Presence, ValueType

_TABLE = "condition-key-availability"
_CACHED_KEYS = 8_192
_LONGEST_CACHED = 256
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|<[^>]*>")
# A provider is named by its URL without `https://`, which has a dot.
_PROVIDER = "<provider>"
_PRESENCE: Mapping[str, Presence] = {"yes": "always", "signed": "signed"}
_TYPES: Mapping[str, ValueType] = {
    "ARN": "ARN",
    "ARN list": "ARN",
    "ArrayOfARN": "ARN",
    "Bool": "Bool",
    "ArrayOfBool": "Bool",
    "Date": "Date",
    "Date or Numeric": "Date",
    "IPAddress": "IPAddress",
    "Numeric": "Numeric",
}


class KnownKeys:
    """The keys of the table of availability, and of others what the reference says."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        keys = [(row["key"], _from_row(row)) for row in fact_rows(_TABLE)]
        self._named = {name.lower(): key for name, key in keys}
        self._families = sorted(
            ((_pattern(name), key) for name, key in keys if _PLACEHOLDER.search(name)),
            key=lambda family: -len(family[0]),
        )
        self._find_and_keep = lru_cache(_CACHED_KEYS)(self._find)

    def condition_key(self, name: str) -> KeyTraits | None:
        """A key by its name, ignoring case, or the family that it belongs to; None if unknown."""
        if len(name) > _LONGEST_CACHED:
            return self._find(name)
        return self._find_and_keep(name.lower())

    def _find(self, name: str) -> KeyTraits | None:
        found = self._named.get(name.lower())
        if found is not None:
            return found
        for pattern, key in self._families:
            if is_of_family(name, pattern):
                return key
        known = self._reference.condition_key(name)
        return None if known is None else _from_reference(known)


def _pattern(name: str) -> str:
    return _PLACEHOLDER.sub("?*", name.replace(_PROVIDER, "?*.?*"))


def _from_row(row: Row) -> KeyTraits:
    return KeyTraits(
        name=row["key"],
        type=_TYPES.get(row["type"], "String"),
        presence=_PRESENCE.get(row["always"], "sometimes"),
        is_list=None if row["values"] == "multi" else False,
        is_certain=True,
        when=row["when"],
    )


def _from_reference(known: ConditionKeyInfo) -> KeyTraits:
    is_list = None if known.type.startswith("ArrayOf") else False
    return KeyTraits(known.name, _TYPES.get(known.type, "String"), is_list=is_list)
