"""A reference of five actions, and policies made up over it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from policyhub.catalog.access_levels import Level
from policyhub.catalog.reference.in_memory import (
    ActionInfo,
    ConditionKeyInfo,
    Reference,
    ResourceTypeInfo,
    ServiceInfo,
)
from policyhub.iam.reading.document import PolicyDocument
from tests.catalog.corpus import parsed

ACTION_PATTERNS = [
    "*",
    "a:*",
    "a:Get",
    "A:g*",
    "a:?et",
    "*:Get",
    "b:*",
    "b:Tag",
    "a:Nope",
    "gone:X",
]
RESOURCE_PATTERNS = ["*", "arn:x", "arn:y", "arn:x*", "arn:*"]
#: Every resource that the patterns distinguish; the star is what actions without resources ask.
RESOURCES = ["*", "arn:x", "arn:y", "arn:xy", "arn:z"]
CONDITION_KEYS = ["k:One", "k:Two"]


@dataclass(frozen=True)
class _Parts:
    """What a service made up here consists of."""

    actions: tuple[ActionInfo, ...]
    resource_types: tuple[ResourceTypeInfo, ...] = ()
    condition_keys: tuple[ConditionKeyInfo, ...] = ()

    @property
    def action_count(self) -> int:
        return len(self.actions)


def service(prefix: str, actions: dict[str, Level]) -> ServiceInfo:
    infos = tuple(
        ActionInfo(prefix, name, level, "", (), (), (), False) for name, level in actions.items()
    )
    return ServiceInfo(prefix, prefix.upper(), _Parts(infos))


SMALL = Reference(
    "small",
    [
        service("a", {"Get": "Read", "List": "List", "Put": "Write"}),
        service("b", {"Get": "Read", "Tag": "Tagging"}),
    ],
    [],
)


def policy(*statements: dict[str, Any]) -> PolicyDocument:
    """A parsed document of these statements."""
    return parsed(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(*actions: str, **elements: Any) -> dict[str, Any]:
    """An Allow of these actions on all resources, unless `elements` say otherwise."""
    return statement("Allow", actions, elements)


def deny(*actions: str, **elements: Any) -> dict[str, Any]:
    """A Deny of these actions on all resources, unless `elements` say otherwise."""
    return statement("Deny", actions, elements)


def statement(effect: str, actions: tuple[str, ...], elements: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"Effect": effect, **elements}
    if "NotAction" not in row:
        row["Action"] = list(actions)
    if "NotResource" not in row:
        row.setdefault("Resource", "*")
    return row


def when(key: str) -> dict[str, Any]:
    """A condition that is true where the key is true."""
    return {"Bool": {key: "true"}}


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    """A statement of the small alphabets."""

    def some(values: list[str]) -> list[str]:
        return draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))

    row: dict[str, Any] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): some(ACTION_PATTERNS),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): some(RESOURCE_PATTERNS),
    }
    keys = draw(st.lists(st.sampled_from(CONDITION_KEYS), max_size=2, unique=True))
    if keys:
        row["Condition"] = {"Bool": dict.fromkeys(keys, "true")}
    return row


def documents(most: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of statements, to be made a policy."""
    return st.lists(statements(), min_size=1, max_size=most)
