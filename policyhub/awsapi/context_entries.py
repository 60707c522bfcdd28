"""`ContextEntries`: the values of context keys, each checked against its type.

Source: IAM API Reference, "ContextEntry".
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policyhub.awsapi.errors import invalid_input
from policyhub.iam.language.conditions.addresses import is_address
from policyhub.iam.language.conditions.dates import seconds_since_1970
from policyhub.iam.language.conditions.numbers import read_number

_LIST = "List"


def _is_base64(value: str) -> bool:
    try:
        b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_IS_VALUE: Mapping[str, Callable[[str], bool]] = {
    "string": lambda value: True,
    "numeric": lambda value: read_number(value) is not None,
    "boolean": lambda value: value.lower() in ("true", "false"),
    "ip": is_address,
    "binary": _is_base64,
    "date": lambda value: seconds_since_1970(value) is not None,
}


def read_context(entries: Sequence[Mapping[str, Any]]) -> dict[str, str | list[str]]:
    """The values by key: a list of them for the types of lists, else the one value.

    Raises `ApiError`: a key given twice has no certain value. Two spellings of one are left in.
    """
    context: dict[str, str | list[str]] = {}
    for place, entry in enumerate(entries, 1):
        name = entry["ContextKeyName"]
        if name in context:
            raise invalid_input(f"ContextEntries.member.{place}: {name} is given twice.")
        context[name] = _value(f"ContextEntries.member.{place}: {name}", entry)
    return context


def _value(place: str, entry: Mapping[str, Any]) -> str | list[str]:
    values: list[str] = entry["ContextKeyValues"]
    key_type: str = entry["ContextKeyType"]
    one = key_type.removesuffix(_LIST)
    for value in values:
        if not _IS_VALUE[one](value):
            raise invalid_input(f"{place} has a value that is not a valid {one}: {value[:80]}")
    if key_type.endswith(_LIST):
        return values
    if len(values) != 1:
        raise invalid_input(
            f"{place} has {len(values)} values: the type {key_type} has one, {key_type}List more."
        )
    return values[0]
