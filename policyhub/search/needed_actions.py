"""The actions that someone needs: typed, pasted, or what a policy document grants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.catalogue import Catalogue
from policyhub.catalog.permissions import granted_positions
from policyhub.catalog.reference import Reference
from policyhub.http import quotable
from policyhub.iam.document import Usage, parse_policy
from policyhub.iam.patterns import compile_pattern
from policyhub.search.who_can import SenselessQuestionError

MOST_ACTIONS = 1_000
MOST_CHARACTERS = 256 * 1024
_BETWEEN = re.compile(r"[\s,;\"'\[\]]+")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+\Z|\*\Z")

# How many characters a document may have, white space not counted. Source: IAM User Guide,
# "IAM and AWS STS quotas".
QUOTAS = {
    "managed policy": 6_144,
    "role's inline policies": 10_240,
    "group's inline policies": 5_120,
    "user's inline policies": 2_048,
}
_OPEN_IN_AN_ARN = re.compile(r"\$\{[^}]+\}")


def needed_actions(text: str, catalogue: Catalogue, reference: Reference) -> tuple[str, ...]:
    """The actions of a list or of a document, wildcards expanded, sorted, each once.

    Raises `SenselessQuestionError` for what is neither, and for too much.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"{len(text):,} characters: give at most {MOST_CHARACTERS:,}"
        raise SenselessQuestionError("actions", message)
    if text.lstrip().startswith("{"):
        found = _of_document(text, reference)
    else:
        found = _of_list(text, catalogue, reference)
    if len(found) > MOST_ACTIONS:
        message = f"{len(found):,} actions: ask for at most {MOST_ACTIONS:,} at once"
        raise SenselessQuestionError("actions", message)
    if not found:
        message = "say which actions, such as `ecs:RunTask, iam:PassRole`, or paste a document"
        raise SenselessQuestionError("actions", message)
    return tuple(found[key] for key in sorted(found))


def _of_list(text: str, catalogue: Catalogue, reference: Reference) -> dict[str, str]:
    found: dict[str, str] = {}
    problems = []
    for word in filter(None, _BETWEEN.split(text)):
        if not _ACTION.match(word):
            problems.append(f"`{quotable(word)}` is no action: write one as `service:Name`")
            continue
        names: Sequence[str] = [word]
        if "*" in word or "?" in word:
            names = catalogue.actions_matching(word)
        if not names:
            problems.append(f"no action matches `{quotable(word)}`")
        for name in names:
            known = reference.action(name)
            found[name.lower()] = known.id if known else name
    if problems:
        raise SenselessQuestionError("actions", "; ".join(problems[:10]))
    return found


def _of_document(text: str, reference: Reference) -> dict[str, str]:
    """What a document grants; an action that the reference lacks counts where it is named."""
    parsed = parse_policy(text, Usage.IDENTITY)
    if parsed.policy is None:
        first = next(iter(parsed.problems))
        raise SenselessQuestionError("actions", f"the document can't be read: {first.message}")
    found = {
        reference.actions[place].id.lower(): reference.actions[place].id
        for place in granted_positions(parsed.policy, reference)
    }
    for statement in parsed.policy.statements:
        for pattern in statement.actions:
            is_named = ":" in pattern and compile_pattern(pattern).is_literal
            if statement.effect == "Allow" and not statement.not_action and is_named:
                found.setdefault(pattern.lower(), pattern)
    return found


@dataclass(frozen=True)
class LeastPrivilege:
    """A document that allows some actions and nothing else, on the resources they work on."""

    document: dict[str, Any]

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
        """The document, its size and the quotas as JSON has them."""
        quotas = [
            {"quota": name, "characters": most, "fits": fits} for name, most, fits in self.fits
        ]
        return {"document": self.document, "characters": self.size, "quotas": quotas}


def least_privilege(actions: Sequence[str], reference: Reference) -> LeastPrivilege:
    """Allow the actions, those together that work on the same resource types.

    An ARN format's open parts are stars: region, account and names are still to be filled in.
    """
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action in actions:
        by_resources.setdefault(tuple(_arns(action, reference)) or ("*",), []).append(action)
    statements = [
        {
            "Effect": "Allow",
            "Action": names if len(names) > 1 else names[0],
            "Resource": list(arns) if len(arns) > 1 else arns[0],
        }
        for arns, names in by_resources.items()
    ]
    return LeastPrivilege({"Version": "2012-10-17", "Statement": statements})


def _arns(action_id: str, reference: Reference) -> Iterator[str]:
    action = reference.action(action_id)
    if action is None:
        return
    formats = {each.name: each.arn for each in reference.resource_types(action.service)}
    seen = set()
    for kind in action.resource_types:
        for arn in formats.get(kind.name, "").split(","):
            filled = arn.strip().replace("${Partition}", "aws")
            filled = _OPEN_IN_AN_ARN.sub("*", filled)
            if filled and filled not in seen:
                seen.add(filled)
                yield filled
