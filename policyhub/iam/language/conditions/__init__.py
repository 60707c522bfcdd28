"""Every condition operator as a row in one table, and how an operator's name is read.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and
"Set operators for multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from policyhub.iam.language.conditions import (
    addresses,
    arns,
    binary,
    booleans,
    dates,
    numbers,
    presence,
    strings,
)
from policyhub.iam.language.conditions.operator import Operator

Qualifier = Literal["", "ForAllValues", "ForAnyValue"]

_FAMILIES = (strings, numbers, dates, booleans, binary, addresses, arns, presence)
_QUALIFIERS: Mapping[str, Qualifier] = {
    "": "",
    "forallvalues:": "ForAllValues",
    "foranyvalue:": "ForAnyValue",
}
_IF_EXISTS = "ifexists"

OPERATORS: Mapping[str, Operator] = {
    operator.name.lower(): operator for family in _FAMILIES for operator in family.OPERATORS
}


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """An operator as a condition uses it; `operator` is None when the name is unknown."""

    qualifier: Qualifier
    operator: Operator | None
    if_exists: bool


UNKNOWN = OperatorUse("", None, if_exists=False)


def parse_operator(text: str) -> OperatorUse:
    """Read an operator's name, ignoring case: set qualifier, operator, `IfExists`.

    `Null` takes neither qualifier nor `IfExists`; with one of them it is unknown.
    """
    before, colon, name = text.lower().rpartition(":")
    qualifier = _QUALIFIERS.get(before + colon)
    if qualifier is None:
        return UNKNOWN
    if_exists = name.endswith(_IF_EXISTS)
    operator = OPERATORS.get(name.removesuffix(_IF_EXISTS))
    if operator is presence.NULL and (qualifier or if_exists):
        return UNKNOWN
    return OperatorUse(qualifier, operator, if_exists) if operator else UNKNOWN
