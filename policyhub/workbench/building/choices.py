"""What is chosen of a policy: read from a file or a form, or every problem with it.

The shape is documented in `policyhub/help/templates.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.reference.in_memory import Reference, get_reference
from policyhub.iam.language.conditions import parse_operator
from policyhub.iam.language.lists import first_few

Json = Any
KEYS = (
    "statements", "services", "levels", "cells", "actions", "without", "resources", "partition",
    "account", "region", "names", "conditions", "requests", "minimise",
)  # fmt: skip
_CONDITION_KEYS = ("actions", "operator", "key", "values")
_ACTION = re.compile(r"[A-Za-z0-9*?-]+:[A-Za-z0-9*?_.-]+|\*")
_FORMS = {
    "account": (re.compile(r"[0-9]{12}"), "an account has 12 digits"),
    "region": (re.compile(r"[a-z]{2,4}(-[a-z0-9]+)+"), "write a Region as `eu-west-1`"),
    "partition": (re.compile(r"aws[a-z-]*"), "write a partition as `aws` or `aws-cn`"),
}
_MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class AddedCondition:
    """A condition to add to the statements of some actions, of all where none are given."""

    operator: str
    key: str
    values: tuple[str, ...]
    actions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The condition as the file of choices has it."""
        named = {"actions": list(self.actions)} if self.actions else {}
        return {
            **named,
            "operator": self.operator,
            "key": self.key,
            "values": list(self.values),
        }


@dataclass(frozen=True)
class TemplateChoices:
    """What is chosen; what is empty narrows nothing.

    `statements` are positions, counted from 0, or Sids. An action is kept that is of one of the
    services and of one of the levels, or of one of the cells, each a service at a level, or one
    of the actions; never one of `without`.
    `resources` has ARNs by `service:type`; account, Region and `names`, by placeholder, fill the
    ARN formats of the other types. `requests` must still be allowed, as a simulation has them.
    `minimise` asks for as few characters as possible.
    """

    statements: tuple[int | str, ...] = ()
    services: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    cells: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partition: str = ""
    account: str = ""
    region: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[AddedCondition, ...] = ()
    requests: tuple[Json, ...] = ()
    minimise: bool = False

    @property
    def keeps_every_action(self) -> bool:
        """Whether no action is chosen by name, service or level, or left out."""
        return not (self.services or self.levels or self.cells or self.actions or self.without)

    @property
    def keeps_by_group(self) -> bool:
        """Whether services or levels keep actions: also where only `without` is given."""
        return bool(self.services or self.levels) or not (self.actions or self.cells)

    @property
    def fills_formats(self) -> bool:
        """Whether something is given that ARN formats of any type are filled with."""
        return bool(self.account or self.region or self.names)

    @property
    def narrows_nothing(self) -> bool:
        """Whether resources and conditions stay as they are."""
        return not (self.resources or self.fills_formats or self.partition or self.conditions)

    def to_dict(self) -> dict[str, Any]:
        """The choices as a file has them, without what is empty."""
        told: dict[str, Any] = {
            "statements": list(self.statements),
            "services": list(self.services),
            "levels": list(self.levels),
            "cells": list(self.cells),
            "actions": list(self.actions),
            "without": list(self.without),
            "resources": {key: list(arns) for key, arns in self.resources.items()},
            "partition": self.partition,
            "account": self.account,
            "region": self.region,
            "names": dict(self.names),
            "conditions": [each.to_dict() for each in self.conditions],
            "requests": list(self.requests),
            "minimise": self.minimise,
        }
        return {key: value for key, value in told.items() if value}


class InvalidChoicesError(ValueError):
    """Choices that can't be used, with everything that is wrong with them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def read_choices(value: Json, reference: Reference | None = None) -> TemplateChoices:
    """Read choices out of a JSON value. Raises `InvalidChoicesError`."""
    if not isinstance(value, dict):
        raise InvalidChoicesError(["choices are a JSON object: {...}"])
    return _ChoicesReader(value, reference or get_reference()).read()


class _ChoicesReader:
    """Reads choices, gathering problems as it goes."""

    def __init__(self, value: dict[str, Json], reference: Reference) -> None:
        self.value, self.reference = value, reference
        self.problems: list[str] = []

    def read(self) -> TemplateChoices:
        for key in self.value.keys() - set(KEYS):
            self._complain(str(key)[:60], f"is not a known key; known: {', '.join(KEYS)}")
        choices = TemplateChoices(
            statements=tuple(self._statements()),
            services=tuple(each.lower() for each in self._texts("services")),
            levels=tuple(self._levels("levels", self._texts("levels"))),
            cells=tuple(self._cells()),
            actions=tuple(self._actions("actions")),
            without=tuple(self._actions("without")),
            resources=dict(self._resources()),
            **{key: self._text(key) for key in _FORMS},
            names=dict(self._names()),
            conditions=tuple(self._conditions()),
            requests=tuple(self._list("requests")),
            minimise=self._minimise(),
        )
        if self.problems:
            raise InvalidChoicesError(self.problems)
        return choices

    def _complain(self, path: str, message: str) -> None:
        self.problems.append(f"{path}: {message}")

    def _minimise(self) -> bool:
        given = self.value.get("minimise", False)
        if not isinstance(given, bool):
            self._complain("minimise", "must be true or false")
        return given is True

    def _list(self, key: str, among: Mapping[str, Json] | None = None) -> list[Json]:
        given = (self.value if among is None else among).get(key, [])
        if isinstance(given, list):
            return given
        self._complain(key, "must be a list")
        return []

    def _texts(self, key: str, among: Mapping[str, Json] | None = None) -> Iterator[str]:
        for place, each in enumerate(self._list(key, among)):
            if isinstance(each, str) and each.strip():
                yield each.strip()
            else:
                self._complain(f"{key}[{place}]", "must be a text that is not empty")

    def _text(self, key: str) -> str:
        given = self.value.get(key, "")
        pattern, advice = _FORMS[key]
        if isinstance(given, str) and (given == "" or pattern.fullmatch(given)):
            return given
        self._complain(key, f"`{str(given)[:60]}` can't be used: {advice}")
        return ""

    def _statements(self) -> Iterator[int | str]:
        for place, each in enumerate(self._list("statements")):
            is_number = isinstance(each, int) and not isinstance(each, bool) and each >= 0
            if is_number or (isinstance(each, str) and each):
                yield each
            else:
                self._complain(f"statements[{place}]", "must be a number from 0 on, or a Sid")

    def _levels(self, key: str, texts: Iterable[str]) -> Iterator[Level]:
        known = {each.lower(): each for each in LEVELS}
        for each in texts:
            level = known.get(each.lower().replace("-", " "))
            if level is None:
                self._complain(key, f"`{each[:60]}` is not a level: use {', '.join(LEVELS)}")
            else:
                yield level

    def _cells(self) -> Iterator[str]:
        for each in self._texts("cells"):
            service, colon, level = each.partition(":")
            if not colon:
                self._complain("cells", f"`{each[:60]}` is not a cell: write it as `ecs:Write`")
            else:
                yield from (f"{service.lower()}:{one}" for one in self._levels("cells", [level]))

    def _actions(self, key: str, among: Mapping[str, Json] | None = None) -> Iterator[str]:
        for each in self._texts(key, among):
            if _ACTION.fullmatch(each):
                known = self.reference.action(each)
                yield known.id if known else each
            else:
                self._complain(key, f"`{each[:60]}` is not an action: write it as `ecs:RunTask`")

    def _resources(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        given = self._object("resources")
        for key in given:
            arns = tuple(self._texts(key, given))
            for each in arns:
                if not each.startswith("arn:") or any(map(str.isspace, each)):
                    self._complain(f"resources.{key}", f"`{each[:60]}` is not an ARN")
            if self._is_type(key) and arns:
                yield key, arns

    def _is_type(self, key: str) -> bool:
        service, _, name = key.partition(":")
        known = {each.name: each for each in self.reference.resource_types(service)}
        if name in known:
            return True
        near = get_close_matches(name, known, _MOST_NEAR, 0)
        hint = f"; near: {', '.join(f'{service}:{each}' for each in near)}" if near else ""
        self._complain(
            f"resources.{key[:60]}",
            "is not a resource type in the service authorization reference: write it as "
            f"`ecs:cluster`{hint}",
        )
        return False

    def _names(self) -> Iterator[tuple[str, str]]:
        for key, each in self._object("names").items():
            if isinstance(each, str) and each and not any(map(str.isspace, each)):
                yield key, each
            else:
                self._complain(f"names.{key[:60]}", "must be a name without spaces")

    def _object(self, key: str) -> dict[str, Json]:
        given = self.value.get(key, {})
        if isinstance(given, dict):
            return given
        self._complain(key, "must be an object")
        return {}

    def _conditions(self) -> Iterator[AddedCondition]:
        for place, each in enumerate(self._list("conditions")):
            path = f"conditions[{place}]"
            if not isinstance(each, dict):
                self._complain(path, "must be an object with `operator`, `key` and `values`")
                continue
            if strange := sorted(each.keys() - set(_CONDITION_KEYS)):
                known = first_few(_CONDITION_KEYS, len(_CONDITION_KEYS))
                self._complain(f"{path}.{strange[0][:60]}", f"is not known; known: {known}")
            yield from self._condition(path, each)

    def _condition(self, path: str, given: Mapping[str, Json]) -> Iterator[AddedCondition]:
        operator, key = given.get("operator"), given.get("key")
        if operator is None:
            self._complain(path, "`operator` is missing: give a condition operator")
        elif not isinstance(operator, str) or parse_operator(operator).operator is None:
            self._complain(path, f"`{str(operator)[:60]}` is not a condition operator")
        elif not isinstance(key, str) or not key:
            self._complain(path, "`key` must be a condition key, such as `iam:PassedToService`")
        elif values := tuple(self._texts("values", given)):
            yield AddedCondition(operator, key, values, tuple(self._actions("actions", given)))
        else:
            self._complain(path, "`values` must be a list with one text or more")
