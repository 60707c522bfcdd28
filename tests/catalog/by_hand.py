"""What a document grants, counted naively: patterns as regular expressions, statements as sets."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from policyhub.catalog.reference.in_memory import ActionInfo, get_reference

Statement = dict[str, Any]
_OF_SERVICE = {prefix: info.actions for prefix, info in get_reference().services.items()}
_EVERY = frozenset(get_reference().actions)


def as_list(value: Any) -> list[Any]:
    """A value that may be written alone, as a list."""
    return value if isinstance(value, list) else [value]


def statements(document: str) -> list[Statement]:
    """The statements of a document."""
    return as_list(json.loads(document)["Statement"])


@cache
def expanded(pattern: str) -> frozenset[ActionInfo]:
    """The actions that a pattern matches, by a regular expression over all that it may mean."""
    parts = {"*": ".*", "?": "."}
    regex = re.compile("".join(parts.get(each) or re.escape(each) for each in pattern), re.I)
    prefix = pattern.partition(":")[0].lower()
    candidates = _EVERY if set("*?") & set(prefix) else _OF_SERVICE.get(prefix, ())
    return frozenset(action for action in candidates if regex.fullmatch(action.id))


def about(statement: Statement) -> frozenset[ActionInfo]:
    """The actions that a statement is about."""
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    found = frozenset[ActionInfo]().union(*map(expanded, patterns))
    return _EVERY - found if "NotAction" in statement else found


def granted(document: str) -> tuple[set[ActionInfo], set[ActionInfo]]:
    """The actions that a document grants, and those of them that it grants freely.

    Denies without a condition on all resources take an action away, any other one its freedom.
    """
    allowed: set[ActionInfo] = set()
    free: set[ActionInfo] = set()
    denied: set[ActionInfo] = set()
    touched: set[ActionInfo] = set()
    for each in statements(document):
        is_open = not each.get("Condition") and "*" in as_list(each.get("Resource", []))
        every, whole = (allowed, free) if each["Effect"] == "Allow" else (touched, denied)
        every |= about(each)
        whole |= about(each) if is_open else frozenset()
    return allowed - denied, free - touched - denied
