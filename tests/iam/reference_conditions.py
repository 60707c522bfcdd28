"""Conditions, rules 13 to 25: each operator by itself, then sets, then missing keys."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from policyhub.iam.reading.document import Condition
from tests.iam.reference_patterns import (
    VARIABLES_VERSION,
    Context,
    Token,
    pattern_covers_text,
    substitute_variables,
    tokens_of,
    variables_in,
)

# Each positive operator and the ones that negate it.
NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}
QUALIFIERS = ("forallvalues:", "foranyvalue:")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
EPOCH = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
DATE = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2}(\.[0-9]+)?))?"
    r"(Z|(?P<sign>[+-])(?P<off_hour>[0-9]{2}):?(?P<off_minute>[0-9]{2}))?)?"
)


def read_operator(written: str) -> tuple[str, str, bool, bool] | None:
    """Rule 24: qualifier, positive operator, negated, IfExists; None for an unknown operator."""
    text = written.lower()
    qualifier = next((each for each in QUALIFIERS if text.startswith(each)), "")
    text = text.removeprefix(qualifier)
    if_exists = text.endswith("ifexists")
    text = text.removesuffix("ifexists")
    negated = text in NEGATED
    operator = NEGATED.get(text, text)
    if operator == "null":
        return None if qualifier or if_exists else ("", "null", False, False)
    if operator not in MATCHES:
        return None
    return qualifier, operator, negated, if_exists


def all_conditions_hold(
    conditions: tuple[Condition, ...], version: str, context: Context
) -> bool | None:
    """Rules 13 and 24: all must be true; None when one of them can't be evaluated."""
    verdicts = [condition_holds(condition, version, context) for condition in conditions]
    return None if None in verdicts else all(verdicts)


def condition_holds(condition: Condition, version: str, context: Context) -> bool | None:
    """Rules 13 to 17: one operator over one key; None when it can't be evaluated."""
    read = read_operator(condition.operator)
    if read is None:
        return None
    qualifier, operator, negated, if_exists = read
    value = context.get(condition.key.lower())
    if operator == "null":
        return null_holds(condition.values, value)
    if value is None:
        return missing_key_holds(qualifier, negated, if_exists)
    if isinstance(value, list) and not qualifier:
        return None
    verdicts = [
        any(MATCHES[operator](each, text, version, context) for text in condition.values) != negated
        for each in (value if isinstance(value, list) else [value])
    ]
    return any(verdicts) if qualifier == "foranyvalue:" else all(verdicts)


def missing_key_holds(qualifier: str, negated: bool, if_exists: bool) -> bool:
    """Rules 15 and 17: what a condition says of a key that the request lacks."""
    if if_exists or qualifier == "forallvalues:":
        return True
    return negated and qualifier != "foranyvalue:"


def null_holds(texts: tuple[str, ...], value: str | list[str] | None) -> bool | None:
    """Rule 16: "true" means absent, "false" present; an empty list counts as absent."""
    wanted = [text.lower() for text in texts]
    if not wanted or not set(wanted) <= {"true", "false"}:
        return None
    absent = value is None or value == []
    return ("true" if absent else "false") in wanted


def condition_variables(condition: Condition, version: str) -> set[str]:
    """Rules 7 and 8: the variables in the values of String and Arn operators."""
    read = read_operator(condition.operator)
    if version != VARIABLES_VERSION or read is None or not read[1].startswith(("string", "arn")):
        return set()
    return set().union(*(variables_in(text) for text in condition.values))


def is_positive(condition: Condition) -> bool:
    """Whether the condition can be true only for a present key with one of its values."""
    read = read_operator(condition.operator)
    if read is None:
        return False
    qualifier, operator, negated, if_exists = read
    return not (operator == "null" or negated or if_exists or qualifier == "forallvalues:")


def filled_in(text: str, wildcards: bool, version: str, context: Context) -> list[Token] | None:
    """Rules 7 to 12: the tokens of a value of a String or Arn operator."""
    if version != VARIABLES_VERSION:
        return tokens_of(text, wildcards)
    return substitute_variables(text, wildcards, context)


def string_equals(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 18: exactly."""
    return filled_in(text, False, version, context) == list(value)


def string_equals_ignore_case(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 18: without case."""
    wanted = filled_in(text, False, version, context)
    return wanted is not None and "".join(map(str, wanted)).lower() == value.lower()


def string_like(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 18: the pattern covers the whole value."""
    pattern = filled_in(text, True, version, context)
    return pattern is not None and pattern_covers_text(pattern, value)


def arn_like(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 19: six parts, each matched alone; the sixth keeps its colons."""
    pattern = filled_in(text, True, version, context)
    if pattern is None:
        return False
    patterns: list[list[Token]] = [[]]
    for token in pattern:
        if token == ":" and len(patterns) < 6:
            patterns.append([])
        else:
            patterns[-1].append(token)
    parts = value.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(pattern_covers_text, patterns, parts))


def bool_equals(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 23: true or false, ignoring case."""
    return value.lower() == text.lower() and value.lower() in ("true", "false")


def binary_equals(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 23: the bytes that the base64 means; what is not base64 matches nothing."""
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False


def in_address_range(value: str, text: str, version: str, context: Context) -> bool:
    """Rule 22: an address in a range of its own family."""
    network = read_network(text)
    try:
        return network is not None and "%" not in value and ip_address(value) in network
    except ValueError:
        return False


def read_network(text: str) -> IPv4Network | IPv6Network | None:
    """Rule 22: a CIDR range; no prefix is one host."""
    _, slash, prefix = text.partition("/")
    if "%" in text or (slash and re.fullmatch("[0-9]+", prefix) is None):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def read_number(text: str) -> Decimal | None:
    """Rule 20: a number as JSON writes it, or None; a sign or a bare point does no harm."""
    try:
        return Decimal(text) if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def read_date(text: str) -> Fraction | None:
    """Rule 21: seconds since 1970, from ISO 8601 or from such seconds; None for no date."""
    if EPOCH.fullmatch(text):
        return Fraction(text)
    found = DATE.fullmatch(text)
    if found is None:
        return None
    try:
        days = date.fromisoformat(found["day"]).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    hour, minute = int(found["hour"] or 0), int(found["minute"] or 0)
    second = Fraction(found["second"] or 0)
    off_hour, off_minute = int(found["off_hour"] or 0), int(found["off_minute"] or 0)
    if hour > 23 or minute > 59 or second >= 60 or off_hour > 23 or off_minute > 59:
        return None
    offset = (off_hour * 60 + off_minute) * 60 * (-1 if found["sign"] == "-" else 1)
    return days * 86400 + hour * 3600 + minute * 60 + second - offset


def comparison(
    read: Callable[[str], Any], compare: Callable[[Any, Any], bool]
) -> Callable[[str, str, str, Context], bool]:
    """Rules 20 and 21: compare what both sides mean; anything else matches nothing."""

    def matches(value: str, text: str, version: str, context: Context) -> bool:
        left, right = read(value), read(text)
        return left is not None and right is not None and compare(left, right)

    return matches


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda left, right: bool(left == right),
    "lessthan": lambda left, right: bool(left < right),
    "lessthanequals": lambda left, right: bool(left <= right),
    "greaterthan": lambda left, right: bool(left > right),
    "greaterthanequals": lambda left, right: bool(left >= right),
}

# Whether a request's value matches one value of the policy, by positive operator.
MATCHES: dict[str, Callable[[str, str, str, Context], bool]] = {
    "stringequals": string_equals,
    "stringequalsignorecase": string_equals_ignore_case,
    "stringlike": string_like,
    "arnequals": arn_like,
    "arnlike": arn_like,
    "bool": bool_equals,
    "binaryequals": binary_equals,
    "ipaddress": in_address_range,
    **{f"numeric{name}": comparison(read_number, test) for name, test in COMPARISONS.items()},
    **{f"date{name}": comparison(read_date, test) for name, test in COMPARISONS.items()},
}
