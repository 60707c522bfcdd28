"""The places of a simulation's documents, and what people call the document at each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_KINDS: Mapping[str, str] = {
    "identityPolicies": "identity policy",
    "permissionBoundaries": "permissions boundary",
    "sessionPolicies": "session policy",
    "resourcePolicy": "resource policy",
    "serviceControlPolicies": "service control policy",
    "resourceControlPolicies": "resource control policy",
    "endpointPolicies": "VPC endpoint policy",
}
_NUMBER = re.compile(r"\[(\d+)\]")


def pasted_name(place: str, simulation: Mapping[str, Any]) -> str:
    """What people call a document given in the simulation itself, by its kind and its number.

    `place` is such as `serviceControlPolicies[1][0]`. Numbers count from 1 and are left out
    where there is only one: "permissions boundary, pasted"; "service control policy 2 of
    level 1, pasted".
    """
    key = place.partition("[")[0]
    name, siblings = _KINDS[key], simulation.get(key)
    numbers = [int(each) for each in _NUMBER.findall(place)]
    if len(numbers) == 1:
        name += _number(numbers[0], siblings)
    elif numbers and isinstance(siblings, list):
        level, number = numbers
        number_in_level = _number(number, siblings[level])
        several_levels = len(siblings) > 1
        link = " of" if number_in_level else ","
        name += number_in_level + (f"{link} level {level + 1}" if several_levels else "")
    return f"{name}, pasted"


def _number(index: int, siblings: Any) -> str:
    return f" {index + 1}" if isinstance(siblings, list) and len(siblings) > 1 else ""
