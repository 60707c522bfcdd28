"""What is known of condition keys: the type of their values, and whether AWS always sends them.

Sources: IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition
context keys"; Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, Protocol

Presence = Literal["always", "signed", "sometimes"]
ValueType = Literal["String", "ARN", "Bool", "Date", "Numeric", "IPAddress", "Binary"]


@dataclass(frozen=True, slots=True)
class KeyTraits:
    """A condition key, or the family that a key with a placeholder in its name is of.

    `presence` says whether it is in every request, or in every request that is signed; `when`
    tells in words when it is there, "" where that is not known. `is_certain` is false where only
    the reference tells the type: then another value is not ruled out. `is_list` is None where
    the key may have a single value or a list.
    """

    name: str
    type: ValueType = "String"
    presence: Presence = "sometimes"
    is_list: bool | None = None
    is_certain: bool = False
    when: str = ""


class KeyFacts(Hashable, Protocol):
    """What is known of condition keys, whose names ignore case."""

    def condition_key(self, name: str) -> KeyTraits | None:
        """A key by its name; None where nothing is known of it."""
