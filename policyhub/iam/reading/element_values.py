"""The values of a statement's elements: actions, resources, principals and conditions.

Each reader takes the JSON value and its place, returns what is sound in it, and adds what is
wrong to the problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from policyhub.iam.language.conditions import parse_operator
from policyhub.iam.language.elements import Condition, Principal
from policyhub.iam.reading.json_decoding import Json, JsonNumber
from policyhub.iam.reading.json_text import Parts
from policyhub.iam.reading.problem_collector import OwnWords, ProblemCollector

PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
MAX_NUMBER_LENGTH = 100

_ARN_PARTS = 6
_LONGEST_OPERATOR = 64

_USUAL_ACTION = re.compile(r"\*|(?:[A-Za-z0-9.-]+|\*):[A-Za-z0-9*?]+")
_SERVICE_PREFIX = re.compile(r"[A-Za-z0-9.-]+|\*")
_ODD_IN_AN_ACTION = re.compile(r"[^A-Za-z0-9*?]")
_SPACE_OR_COMMA = re.compile(r"[\s,]")
_USUAL_RESOURCE = re.compile(r"\*|arn(?::[^:]*){4}:.*", re.DOTALL)

_SIGNS = {" ": "a space", "\t": "a tab", "\n": "a line end", ",": "a comma"}
_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    JsonNumber: "a number",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Element(NamedTuple):
    """A value and where it is; the last of its parts is its name or index."""

    value: Json
    parts: Parts

    @property
    def name(self) -> str:
        """The element's own name, or its index."""
        return str(self.parts[-1])


class PlacedPrincipal(NamedTuple):
    """A principal and where it is."""

    principal: Principal
    parts: Parts


def add_wrong_type(element: Element, expected: str, problems: ProblemCollector) -> None:
    """Add that the element is not of the expected type."""
    last = element.parts[-1] if element.parts else ""
    if isinstance(last, int):
        name = f"each item of `{element.parts[-2]}`"
    else:
        name = f"`{last}`" if element.parts else "the document"
    found = _KINDS[type(element.value)]
    problems.add("wrong-type", element.parts, name=name, expected=expected, found=found)


def read_text(element: Element, problems: ProblemCollector) -> str:
    """Return a text, "" if it is not one."""
    if isinstance(element.value, str):
        return element.value
    add_wrong_type(element, "a string", problems)
    return ""


def read_texts(element: Element, problems: ProblemCollector) -> tuple[str, ...]:
    """Return one text or a list of them; neither the list nor a text may be empty."""
    if not isinstance(element.value, str | list):
        add_wrong_type(element, "a string or a list of strings", problems)
        return ()
    items = _values_of(element)
    if not items:
        problems.add("empty-list", element.parts, name=element.name)
    texts = tuple(item for item in items if isinstance(item, str) and item)
    if len(texts) < len(items):
        for item in _each(element, problems):
            _check_text(item, problems)
    return texts


def read_actions(element: Element, problems: ProblemCollector) -> tuple[str, ...]:
    """Return the action patterns.

    White space, a comma or an empty name is literal and earns a warning; what IAM refuses,
    such as an action without a service, is an error.
    """
    actions = read_texts(element, problems)
    if not all(map(_USUAL_ACTION.fullmatch, actions)):
        for item in _each(element, problems):
            if isinstance(item.value, str) and item.value:
                _check_action(item.value, item.parts, problems)
    return actions


def read_resources(
    element: Element, problems: ProblemCollector, *, identity: bool
) -> tuple[str, ...]:
    """Return the resource patterns; only an identity policy must have ARNs."""
    resources = read_texts(element, problems)
    if not all(map(_USUAL_RESOURCE.fullmatch, resources)):
        for item in _each(element, problems):
            if isinstance(item.value, str) and item.value:
                _check_resource(item.value, item.parts, problems, identity=identity)
    return resources


def read_principals(
    element: Element, kind_name: str, problems: ProblemCollector
) -> tuple[PlacedPrincipal, ...]:
    """Return the principals: `*`, or an object of types with one or several names each.

    `kind_name` says what kind of policy names them.
    """
    value = element.value
    if value == "*":
        return (PlacedPrincipal(Principal("*", "*"), element.parts),)
    if isinstance(value, str):
        problems.add("bad-principal", element.parts, found=value)
    elif not isinstance(value, dict):
        add_wrong_type(element, "`*` or an object", problems)
    elif not value:
        problems.add("missing-principal", element.parts, kind=OwnWords(kind_name))
    else:
        return tuple(
            each
            for kind, names in value.items()
            for each in _principals_of(kind, Element(names, (*element.parts, kind)), problems)
        )
    return ()


def read_conditions(element: Element, problems: ProblemCollector) -> tuple[Condition, ...]:
    """Return the conditions in the order of the text, one an operator and key."""
    conditions: list[Condition] = []
    for operator, keys in _members(element, problems):
        if not _is_known(operator):
            problems.add("unknown-operator", keys.parts, at_name=True, found=operator)
        for key, values in _members(keys, problems):
            if not key:
                problems.add("empty-value", values.parts, at_name=True)
            elif ":" not in key:
                code = "condition-key-without-service"
                problems.add(code, values.parts, at_name=True, found=key)
            conditions.append(Condition(operator, key, _read_values(values, problems)))
    return tuple(conditions)


def _values_of(element: Element) -> list[Json]:
    return element.value if isinstance(element.value, list) else [element.value]


def _each(element: Element, problems: ProblemCollector) -> Iterator[Element]:
    """Yield each item with its place; a single value has the place of its element."""
    if not isinstance(element.value, list):
        yield element
        return
    for index, item in enumerate(element.value):
        if problems.full:
            return
        yield Element(item, (*element.parts, index))


def _check_text(item: Element, problems: ProblemCollector) -> None:
    if item.value == "":
        problems.add("empty-value", item.parts)
    elif not isinstance(item.value, str):
        add_wrong_type(item, "a string", problems)


def _check_action(action: str, parts: Parts, problems: ProblemCollector) -> None:
    prefix, colon, name = action.partition(":")
    odd = _SPACE_OR_COMMA.search(action) or _ODD_IN_AN_ACTION.search(name)
    if action == "*" or _USUAL_ACTION.fullmatch(action):
        return
    if not colon or not prefix:
        problems.add("action-without-service", parts, found=action)
    elif odd and odd[0] != ":":
        character = _SIGNS.get(odd[0], f"`{odd[0]}`")
        problems.add("odd-action-character", parts, found=action, character=character)
    elif odd:
        problems.add("action-with-two-colons", parts, found=action)
    elif not _SERVICE_PREFIX.fullmatch(prefix):
        problems.add("bad-service-prefix", parts, prefix=prefix)
    else:
        problems.add("action-without-name", parts, found=action)


def _check_resource(
    resource: str, parts: Parts, problems: ProblemCollector, *, identity: bool
) -> None:
    if _USUAL_RESOURCE.fullmatch(resource):
        return
    if not resource.startswith("arn:"):
        problems.add("resource-not-arn" if identity else "unusual-resource", parts, found=resource)
    elif "*" not in resource:
        count = resource.count(":") + 1
        problems.add("incomplete-arn", parts, found=resource, count=count)


def _principals_of(
    kind: str, names: Element, problems: ProblemCollector
) -> tuple[PlacedPrincipal, ...]:
    if kind not in PRINCIPAL_TYPES:
        right = next((each for each in PRINCIPAL_TYPES if each.lower() == kind.lower()), None)
        if right is None:
            problems.add("unknown-principal-type", names.parts, at_name=True, found=kind)
            return ()
        problems.add("wrong-case-element", names.parts, at_name=True, name=kind, right=right)
    read_texts(names, problems)
    return tuple(
        PlacedPrincipal(Principal(kind, item.value), item.parts)
        for item in _each(names, problems)
        if isinstance(item.value, str) and item.value
    )


def _members(element: Element, problems: ProblemCollector) -> list[tuple[str, Element]]:
    """Return an object's members; names that differ only by case are an error."""
    value = element.value
    if not isinstance(value, dict):
        add_wrong_type(element, "an object", problems)
        return []
    if not value:
        problems.add("empty-condition", element.parts, name=element.name)
    members = [(name, Element(each, (*element.parts, name))) for name, each in value.items()]
    if len({name.lower() for name in value}) < len(value):
        _add_names_that_differ_only_by_case(members, problems)
    return members


def _add_names_that_differ_only_by_case(
    members: list[tuple[str, Element]], problems: ProblemCollector
) -> None:
    seen: dict[str, str] = {}
    for name, element in members:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            code = "duplicate-condition-key"
            problems.add(code, element.parts, at_name=True, found=name, other=other)


@lru_cache(maxsize=1024)
def _is_known(operator: str) -> bool:
    return len(operator) <= _LONGEST_OPERATOR and parse_operator(operator).operator is not None


def _read_values(element: Element, problems: ProblemCollector) -> tuple[str, ...]:
    """Return a condition's values as text: booleans as `true` and `false`, numbers as written."""
    items = _values_of(element)
    if not items:
        problems.add("no-condition-values", element.parts, name=element.name)
    values = tuple(item for item in items if isinstance(item, str))
    if len(values) == len(items):
        return values
    return tuple(
        text
        for item in _each(element, problems)
        if (text := _read_value(item, problems)) is not None
    )


def _read_value(item: Element, problems: ProblemCollector) -> str | None:
    value = item.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, JsonNumber):
        add_wrong_type(item, "a string, a number or a boolean", problems)
        return None
    if len(value.text) > MAX_NUMBER_LENGTH or value.text.strip("-").isalpha():
        problems.add("bad-number", item.parts, text=value.text)
    return value.text
