"""Conditions that are added to a statement: those that it has stay and count too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from policyhub.iam.language.arn import PARTS
from policyhub.iam.language.conditions import parse_operator
from policyhub.iam.language.patterns import compile_pattern, covers
from policyhub.workbench.building.choices import AddedCondition
from policyhub.workbench.documents import values

Json = Any
# How values are compared of which one may match what another does.
_COVERING: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": str.__eq__,
    "stringlike": covers,
    "arnlike": lambda one, other: _arn_covers(one, other),
    "arnequals": lambda one, other: _arn_covers(one, other),
}


_EXACT_OR_LIKE = re.compile(
    r"((?:\w+:)?(?:string|arn)(?:not)?)(equals|like)(ifexists)?", re.IGNORECASE
)
_OTHER = {"equals": "Like", "like": "Equals"}


class ContradictingConditionError(ValueError):
    """A condition that can't be added to one that is there; the message says why."""


def conditions_for(action: str, conditions: Iterable[AddedCondition]) -> tuple[AddedCondition, ...]:
    """The conditions that are to be added for an action."""
    return tuple(
        each
        for each in conditions
        if not each.actions
        or any(compile_pattern(one, ignore_case=True).matches(action) for one in each.actions)
    )


def with_conditions(given: Json, added: Iterable[AddedCondition]) -> dict[str, Any]:
    """A Condition element with further ones, all of which must be met.

    Raises `ContradictingConditionError` where that can't be written.
    """
    made = {operator: dict(keys) for operator, keys in (given or {}).items()}
    for each in added:
        _add(made, each)
    return made


def _add(made: dict[str, Any], added: AddedCondition) -> None:
    """Add a condition: next to those that are there, or in one with that on the same key."""
    keys, key = _keys_of_operator(made, added.operator, added.key)
    both = () if key is None else _both(keys[key], added)
    if key is None:
        keys[added.key] = _one_or_list(added.values)
    elif both:
        keys[key] = _one_or_list(both)
    else:
        _add_in_other_words(made, added, keys[key])


def _keys_of_operator(
    made: dict[str, Any], operator: str, key: str
) -> tuple[dict[str, Any], str | None]:
    """The keys of an operator, and the one that is meant as it is written there, ignoring case."""
    written = next((one for one in made if one.lower() == operator.lower()), operator)
    keys = made.setdefault(written, {})
    return keys, next((one for one in keys if one.lower() == key.lower()), None)


def _add_in_other_words(made: dict[str, Any], added: AddedCondition, there: Json) -> None:
    """Add a condition by the operator that means the same of values without wildcards.

    Only for variables, of which it is not known whether they are what the other condition wants.
    """
    listed = [str(each) for each in (*values(there), *added.values)]
    alike = _alike(added.operator)
    has_wildcards = any(set("*?") & {*each} for each in listed)
    is_open = any("${" in each for each in listed) and not has_wildcards
    keys, key = _keys_of_operator(made, alike, added.key) if alike and is_open else ({}, "")
    if key is not None:
        raise ContradictingConditionError(
            f"`{added.operator}` on `{added.key}` is in the statement already, with other values: "
            f"{', '.join(map(str, values(there)))[:200]}"
        )
    keys[added.key] = _one_or_list(added.values)


def _alike(operator: str) -> str:
    """The operator of the same family with or without wildcards; "" where there is none."""
    found = _EXACT_OR_LIKE.fullmatch(operator)
    return f"{found[1]}{_OTHER[found[2].lower()]}{found[3] or ''}" if found else ""


def _both(given: Json, added: AddedCondition) -> tuple[str, ...]:
    """The values with which both conditions on a key are met; none where none are known."""
    there = tuple(str(each) for each in values(given))
    use = parse_operator(added.operator)
    name = use.operator.name.lower() if use.operator else ""
    if set(added.values) == set(there):
        return there
    if use.qualifier == "" and name.startswith(("stringnot", "arnnot")):
        return tuple(dict.fromkeys((*there, *added.values)))
    matches = _COVERING.get(name)
    if matches is None or use.qualifier == "ForAnyValue":
        return ()
    narrower = [each for each in added.values if any(matches(one, each) for one in there)]
    narrower += [each for each in there if any(matches(one, each) for one in added.values)]
    return tuple(dict.fromkeys(narrower))


def _arn_covers(one: str, other: str) -> bool:
    """Whether a pattern of ARNs covers another: each part is matched by itself."""
    parts, others = (each.split(":", PARTS - 1) for each in (one, other))
    if len(parts) != PARTS or len(others) != PARTS or "${" in one:
        return one == other
    return all(map(covers, parts, others))


def _one_or_list(given: Iterable[str]) -> Json:
    listed = list(given)
    return listed[0] if len(listed) == 1 else listed


def as_written(condition: AddedCondition) -> Mapping[str, Any]:
    """A condition as a document has it."""
    return {condition.operator: {condition.key: _one_or_list(condition.values)}}
