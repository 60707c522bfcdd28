"""The statements that a sentence is about, as they are shown beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from policyhub.catalog.models import PolicyVersion
from policyhub.iam.language.patterns import covers

_LONGEST_STATEMENT = 900
_MOST_ACTIONS = 8


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement of the document: its number, its JSON or the begin of it, its address."""

    number: int
    text: str
    url: str


def shown_statements(
    version: PolicyVersion, positions: Iterable[int], is_about: Callable[[str], bool]
) -> list[ShownStatement]:
    """The statements at some positions, counted from 0; those that are not there are left out.

    Of a long list of actions those are shown that the sentence is about.
    """
    rows = statements_of(version)
    return [
        ShownStatement(at + 1, _as_text(rows[at], is_about), _address(version, at + 1))
        for at in positions
        if at < len(rows)
    ]


def statements_of(version: PolicyVersion) -> list[Any]:
    """The statements as the document has them."""
    rows = json.loads(version.document).get("Statement", [])
    return rows if isinstance(rows, list) else [rows]


def positions_naming(version: PolicyVersion, is_about: Callable[[str], bool]) -> list[int]:
    """Where the statements are of which an action is meant."""
    return [
        position
        for position, statement in enumerate(statements_of(version))
        if isinstance(statement, dict) and any(map(is_about, _actions(statement)))
    ]


def is_described_by(pattern: str) -> Callable[[str], bool]:
    """Whether a description of `pattern`, which may be a service, is about an action of it."""
    described = pattern if ":" in pattern else f"{pattern}:*"

    def is_about(action: str) -> bool:
        return covers(described, action, ignore_case=True) or covers(
            action, described, ignore_case=True
        )

    return is_about


def _actions(statement: dict[str, Any]) -> Sequence[str]:
    given = statement.get("Action", ())
    return [given] if isinstance(given, str) else [str(each) for each in given]


def _as_text(statement: Any, is_about: Callable[[str], bool]) -> str:
    actions = statement.get("Action") if isinstance(statement, dict) else None
    if isinstance(actions, list) and len(actions) > _MOST_ACTIONS:
        about = [each for each in actions if is_about(str(each))][:_MOST_ACTIONS]
        chosen = about or actions[:_MOST_ACTIONS]
        rest = len(actions) - len(chosen)
        statement = {**statement, "Action": [*chosen, f"… and {rest} more"]}
    text = json.dumps(statement, indent=1, ensure_ascii=False)
    return text if len(text) <= _LONGEST_STATEMENT else f"{text[:_LONGEST_STATEMENT]}…"


def _address(version: PolicyVersion, number: int) -> str:
    query = {} if version.is_default else {"version": version.version_id}
    query["statement"] = str(number)
    path = reverse("browse:policy_document", args=[version.policy.key])
    return f"{path}?{urlencode(query)}#statement-{number}"
