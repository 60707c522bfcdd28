"""The choices of the page: read out of an address or a form, and written as an address again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from policyhub.http import quotable
from policyhub.workbench.building.choices import (
    InvalidChoicesError,
    TemplateChoices,
    read_choices,
)
from policyhub.workbench.building.recorded.reading import RecordedCalls, read_recorded
from policyhub.workbench.choosing.opened import AskedCell, asked_cell

# A field for each resource type, and for each placeholder of an ARN format.
ARN, NAME = "arn.", "name."
_LISTS = {
    "service": "services",
    "level": "levels",
    "cell": "cells",
    "action": "actions",
    "without": "without",
}
# Their values have spaces in them.
_WHOLE_VALUES = ("level", "cell")
_TEXTS = ("account", "region", "partition")
PARAMETERS = frozenset(
    {
        "version",
        "statement",
        "condition",
        "requests",
        "output",
        "minimise",
        "arn",
        "document",
        "open",
        "shown",
        *_LISTS,
        *_TEXTS,
    }
)
# Of a button next to a field of the same name, the button counts.
_OF_OPENED = ("open", "shown")
_BETWEEN = re.compile(r"[\s,;]+")
_CONDITION = re.compile(r"(?P<actions>\S+)\s+(?P<operator>\S+)\s+(?P<key>[^=]+)=(?P<values>.*)")
_WHOLE = "*"
_YES = "yes"
_MOST_VALUES = 2_000


@dataclass(frozen=True)
class ChosenParts:
    """What was chosen on the page; `problems` say what of it can't be used.

    `query` is the address of the same choices, the version included; `opened` is the cell of the
    picture whose actions are shown.
    """

    choices: TemplateChoices
    query: str
    problems: tuple[str, ...] = ()
    recorded: RecordedCalls | None = None
    requests_text: str = ""
    opened: AskedCell | None = None

    @property
    def query_to_open(self) -> str:
        """The address of the same choices without a cell that is opened, for another one."""
        return _query(QueryDict(self.query), _OF_OPENED)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen yet."""
        return not self.choices.to_dict()


def chosen_parts(given: QueryDict, upload: bytes | None = None) -> ChosenParts:
    """Read the fields; what can't be used becomes a problem, and the rest counts."""
    problems = [
        f"{quotable(key)}: is not a field of this page" for key in given if not _is_known(key)
    ]
    text = given.get("requests", "")
    recorded = read_recorded(upload if upload is not None else text.encode("utf-8", "replace"))
    value = dict(_value(given, problems))
    value["requests"] = list(recorded.requests)
    problems += recorded.problems
    try:
        choices = read_choices(value)
    except InvalidChoicesError as error:
        problems += error.problems
        choices = _what_can_be_used(value)
    opened = asked_cell(given, problems)
    return ChosenParts(choices, _query(given), tuple(problems), recorded, text, opened)


def _is_known(key: str) -> bool:
    return key in PARAMETERS or key.startswith((ARN, NAME))


def _value(given: QueryDict, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """The fields as a file of choices has them."""
    yield "statements", list(_statements(given.getlist("statement"), problems))
    for field, key in _LISTS.items():
        yield key, _words(given.getlist(field), whole=field in _WHOLE_VALUES)
    for field in _TEXTS:
        yield field, given.get(field, "").strip()
    yield (
        "resources",
        {
            key.removeprefix(ARN): words
            for key in given
            if key.startswith(ARN) and (words := _words(given.getlist(key)))
        },
    )
    yield (
        "names",
        {
            key.removeprefix(NAME): text
            for key in given
            if key.startswith(NAME) and (text := given.get(key, "").strip())
        },
    )
    yield "conditions", list(_conditions(given.getlist("condition"), problems))
    asked = given.get("minimise", "")
    if asked not in ("", _YES):
        problems.append(f"minimise: write `{quotable(asked)}` as `{_YES}`, or leave it out")
    yield "minimise", asked == _YES


def _words(values: Iterable[str], *, whole: bool = False) -> list[str]:
    """The words of some fields, each once; `whole` values are not divided."""
    words = (
        word for value in values for word in ([value.strip()] if whole else _BETWEEN.split(value))
    )
    return list(dict.fromkeys(filter(None, words)))[:_MOST_VALUES]


def _statements(values: Iterable[str], problems: list[str]) -> Iterator[int]:
    """Positions from 0 of statements that the page counts from 1."""
    for each in filter(None, values):
        if each.isascii() and each.isdigit() and int(each[:9]) > 0:
            yield int(each[:9]) - 1
        else:
            problems.append(f"statement: `{quotable(each)}` is not the number of a statement")


def _conditions(values: Iterable[str], problems: list[str]) -> Iterator[dict[str, Any]]:
    for line in (each.strip() for value in values for each in value.splitlines()):
        found = _CONDITION.fullmatch(line)
        if found:
            named = [] if found["actions"] == _WHOLE else found["actions"].split(",")
            listed = [each.strip() for each in found["values"].split(",") if each.strip()]
            condition = {"operator": found["operator"], "key": found["key"].strip()}
            yield {"actions": named, **condition, "values": listed}
        elif line:
            problems.append(
                f"condition: write `{quotable(line)}` as "
                "`ecs:RunTask ArnEquals ecs:cluster=arn:...`, with `*` for all actions"
            )


def condition_line(condition: Any) -> str:
    """A condition as the field has it; the inverse of reading it."""
    actions = ",".join(condition.actions) or _WHOLE
    return f"{actions} {condition.operator} {condition.key}={','.join(condition.values)}"


def _what_can_be_used(value: dict[str, Any]) -> TemplateChoices:
    """The choices without the fields that have problems."""
    made = TemplateChoices()
    for key, each in value.items():
        try:
            made = replace(made, **{key: getattr(read_choices({key: each}), key)})
        except InvalidChoicesError:
            continue
    return made


def _query(given: QueryDict, without: Iterable[str] = ("output",)) -> str:
    """The fields that say something, as a query string; `output` is what a button asks for."""
    return urlencode(
        [
            (key, clean)
            for key, values in given.lists()
            for value in (values[-1:] if key in _OF_OPENED else values)
            if key not in without and (clean := value.replace("\r\n", "\n").strip())
        ]
    )
