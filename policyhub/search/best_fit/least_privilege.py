"""A document that allows the needed actions and nothing else.

Of actions named in a list each gets the resource types that it works on. Of a pasted document
each action keeps its own resources and conditions, and every Deny is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.verdicts import matching_positions
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.examples import EXAMPLE_PARTITION
from policyhub.iam.language.lists import first_few
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.reading.document import Statement
from policyhub.iam.reading.policy_kinds import INLINE_QUOTAS, MANAGED_QUOTA
from policyhub.search.best_fit.needed_actions import Needed
from policyhub.search.best_fit.passing_roles import (
    PassRoleWarning,
    warnings_of_document,
    warnings_of_names,
)

# How many characters a document may have, white space not counted.
QUOTAS = {
    "managed policy": MANAGED_QUOTA,
    **{f"{owner}'s inline policies": limit for owner, limit in INLINE_QUOTAS.items()},
}
# Far more than any quota lets in: beyond them wildcards are not written out.
MOST_NAMES = 10_000
_OPEN_IN_AN_ARN = re.compile(r"\$\{[^}]+\}")
_PATTERNS_SHOWN = 5


@dataclass(frozen=True)
class LeastPrivilege:
    """A document that allows some actions and nothing else.

    `notes` say what it writes differently from a pasted document; `warnings` what is risky.
    `is_pasted` says that resources and conditions are those of a pasted document.
    """

    document: dict[str, Any]
    warnings: tuple[PassRoleWarning, ...] = ()
    notes: tuple[str, ...] = ()
    is_pasted: bool = False

    @property
    def text(self) -> str:
        """The document, indented."""
        return json.dumps(self.document, indent=2)

    @property
    def size(self) -> int:
        """Its length as AWS counts it, without white space."""
        return len(json.dumps(self.document, separators=(",", ":")))

    @property
    def fits(self) -> list[tuple[str, int, bool]]:
        """The quotas: what for, how many characters, and whether it stays within."""
        return [(name, most, self.size <= most) for name, most in QUOTAS.items()]

    def to_dict(self) -> dict[str, Any]:
        """The warnings, and the document with its size and quotas, as an answer's JSON has them."""
        quotas = [
            {"quota": name, "characters": most, "fits": fits} for name, most, fits in self.fits
        ]
        return {
            "warnings": [each.to_dict() for each in self.warnings],
            "leastPrivilege": {
                "document": self.document,
                "characters": self.size,
                "quotas": quotas,
                "notes": list(self.notes),
            },
        }


def least_privilege(needed: Needed, reference: Reference) -> LeastPrivilege:
    """Allow the actions: on the resources of the pasted document, or on those they work on."""
    if needed.policy is None:
        document = _policy_json("2012-10-17", _of_names(needed.actions, reference))
        return LeastPrivilege(document, warnings_of_names(needed.actions))
    policy = needed.policy
    allows = [each for each in policy.statements if each.effect == "Allow"]
    denies = [_as_written(each) for each in policy.statements if each.effect == "Deny"]
    names = {each.position: _needed_actions_of(each, needed.actions, reference) for each in allows}
    written = _merged(allows, names)
    notes = list(_notes(allows, reference))
    if sum(map(len, written.values())) > MOST_NAMES:
        statements = [_as_written(each) for each in allows]
        notes = [f"With its wildcards written out it would name over {MOST_NAMES:,} actions: "
                 "it is left as pasted."]  # fmt: skip
    else:
        statements = [_allow(found, like) for like, found in written.items() if found]
    document = _policy_json(policy.version, statements + denies)
    return LeastPrivilege(document, warnings_of_document(policy), tuple(notes), is_pasted=True)


def _policy_json(version: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": version, "Statement": statements}


def _of_names(actions: Sequence[str], reference: Reference) -> list[dict[str, Any]]:
    """Allow the actions, those together that work on the same resource types.

    An ARN format's open parts are stars: region, account and names are still to be filled in.
    """
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action in actions:
        by_resources.setdefault(tuple(_arns(action, reference)) or ("*",), []).append(action)
    return [
        {"Effect": "Allow", "Action": _one_or_list(names), "Resource": _one_or_list(arns)}
        for arns, names in by_resources.items()
    ]


def _arns(action_id: str, reference: Reference) -> Iterator[str]:
    action = reference.action(action_id)
    if action is None:
        return
    formats = {each.name: each.formats for each in reference.resource_types(action.service)}
    seen = set()
    for kind in action.resource_types:
        for arn in formats.get(kind.name, ()):
            filled = arn.replace("${Partition}", EXAMPLE_PARTITION)
            filled = _OPEN_IN_AN_ARN.sub("*", filled)
            if filled not in seen:
                seen.add(filled)
                yield filled


def _needed_actions_of(
    statement: Statement, actions: Sequence[str], reference: Reference
) -> frozenset[str]:
    """The needed actions that a statement is about; one the reference lacks where it is named."""
    found = {reference.action_at(each).id for each in matching_positions(statement, reference)}
    named = set() if statement.not_action else {each.lower() for each in statement.actions}
    return frozenset(each for each in actions if each in found or each.lower() in named)


def _merged(
    allows: Iterable[Statement], names: dict[int, frozenset[str]]
) -> dict[Statement, frozenset[str]]:
    """The actions of all Allows with the same resources and conditions, by the first of them."""
    merged: dict[Statement, frozenset[str]] = {}
    first: dict[object, Statement] = {}
    for each in allows:
        same = (each.not_resource, frozenset(each.resources), frozenset(each.conditions))
        like = first.setdefault(same, each)
        merged[like] = merged.get(like, frozenset()) | names[each.position]
    return merged


def _allow(names: Iterable[str], like: Statement) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": _one_or_list(sorted(names, key=str.lower))} | _bounds(like)


def _as_written(statement: Statement) -> dict[str, Any]:
    sid = {"Sid": statement.sid} if statement.sid else {}
    key = "NotAction" if statement.not_action else "Action"
    actions = {"Effect": statement.effect, key: _one_or_list(statement.actions)}
    return sid | actions | _bounds(statement)


def _bounds(statement: Statement) -> dict[str, Any]:
    key = "NotResource" if statement.not_resource else "Resource"
    conditions: dict[str, dict[str, Any]] = {}
    for each in statement.conditions:
        conditions.setdefault(each.operator, {})[each.key] = _one_or_list(each.values)
    bounds: dict[str, Any] = {key: _one_or_list(statement.resources)}
    return bounds | ({"Condition": conditions} if conditions else {})


def _one_or_list(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _notes(allows: Iterable[Statement], reference: Reference) -> Iterator[str]:
    """What the reference made of a pasted document's patterns."""
    lost: dict[str, None] = {}
    for each in allows:
        if each.not_action:
            yield (
                f"The NotAction of statement {each.position + 1} is written out as the actions "
                "that the reference has besides these: what AWS adds later is not included."
            )
            continue
        for pattern in each.actions:
            is_literal = compile_pattern(pattern).is_literal
            if not is_literal and not reference.knows(pattern):
                lost[pattern] = None
    if lost:
        shown = first_few(list(lost), _PATTERNS_SHOWN)
        yield f"Left out, because no action in the reference matches: {shown}."
