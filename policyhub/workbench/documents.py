"""A document as a JSON value: its statements, its size, and lists that need not be lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.reading.document import parse_policy

Json = Any
# Elements of which one value needs no list.
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


class UnusableDocumentError(ValueError):
    """A document that is none of a policy; the message says why."""


def read_document(text: str, usage: Usage) -> tuple[PolicyDocument, Json]:
    """A document as a policy and as a value. Raises `UnusableDocumentError`."""
    parsed = parse_policy(text, usage)
    if parsed.policy is None:
        first = next(each for each in parsed.problems if each.severity == "error")
        place = f"{first.path}: " if first.path else ""
        raise UnusableDocumentError(f"{place}{first.message}")
    return parsed.policy, json.loads(text)


def statements_of(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The statements, a single one as a list of one."""
    given = document["Statement"]
    return [dict(each) for each in (given if isinstance(given, list) else [given])]


def with_statements(document: Mapping[str, Json], statements: Iterable[Json]) -> dict[str, Json]:
    """The same document with other statements; a single one that had no list gets none."""
    made: Json = [compact(each) for each in statements]
    if len(made) == 1 and isinstance(document["Statement"], dict):
        [made] = made
    return {**document, "Statement": made}


def compact(statement: Mapping[str, Json]) -> dict[str, Json]:
    """A statement whose lists of one value are that value."""
    return {
        key: value[0] if key in _LISTS and isinstance(value, list) and len(value) == 1 else value
        for key, value in statement.items()
    }


def values(value: Json) -> list[Json]:
    """The values of an element, which may be a single one."""
    return list(value) if isinstance(value, list) else [value]


def characters(document: Json) -> int:
    """How many characters a document has without white space, as IAM's quotas count."""
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
