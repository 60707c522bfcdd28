"""The actions that someone needs: typed, pasted, or what a policy document grants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.verdicts import granted_positions
from policyhub.catalog.reference.in_memory import Reference
from policyhub.http import quotable
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES, PolicyDocument, Usage, parse_policy
from policyhub.search.who_can.questions import InvalidQuestionError

MOST_ACTIONS = 1_000
_BETWEEN = re.compile(r"[\s,;\"'\[\]]+")
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?_.-]+\Z|\*\Z")


@dataclass(frozen=True, slots=True)
class Needed:
    """The actions, sorted, each once; `policy` is the document that they were read from.

    `remarks` say what in that document can never match.
    """

    actions: tuple[str, ...]
    policy: PolicyDocument | None = None
    remarks: tuple[str, ...] = ()


def needed_actions(text: str, catalogue: Catalogue, reference: Reference) -> Needed:
    """The actions of a list or of a document, wildcards expanded.

    Raises `InvalidQuestionError` for what is neither, and for too much.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        message = f"{len(text):,} characters: give at most {MAX_DOCUMENT_BYTES:,}"
        raise InvalidQuestionError("actions", message)
    policy: PolicyDocument | None = None
    remarks: tuple[str, ...] = ()
    if text.lstrip().startswith("{"):
        policy, remarks = _pasted_policy(text)
        found = _granted_by_document(policy, reference)
    else:
        found = _of_list(text, catalogue, reference)
    if len(found) > MOST_ACTIONS:
        message = f"{len(found):,} actions: ask for at most {MOST_ACTIONS:,} at a time"
        raise InvalidQuestionError("actions", message)
    if not found:
        message = "enter actions, such as `ecs:RunTask, iam:PassRole`, or paste a document"
        raise InvalidQuestionError("actions", message)
    return Needed(tuple(found[key] for key in sorted(found)), policy, remarks)


def _of_list(text: str, catalogue: Catalogue, reference: Reference) -> dict[str, str]:
    found: dict[str, str] = {}
    problems = []
    for word in filter(None, _BETWEEN.split(text)):
        if not _ACTION.match(word):
            problems.append(f"`{quotable(word)}` is not an action: write it as `service:Name`")
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
        raise InvalidQuestionError("actions", "; ".join(problems[:10]))
    return found


def _pasted_policy(text: str) -> tuple[PolicyDocument, tuple[str, ...]]:
    """The document, and what in it can never match. Raises `InvalidQuestionError`."""
    parsed = parse_policy(text, Usage.IDENTITY)
    if parsed.policy is None:
        first = next(iter(parsed.errors))
        raise InvalidQuestionError("actions", f"the document can't be read: {first.message}")
    return parsed.policy, tuple(each.in_words for each in parsed.never_matching)


def _granted_by_document(policy: PolicyDocument, reference: Reference) -> dict[str, str]:
    """What a document grants; an action that the reference lacks counts where it is named."""
    found = {
        reference.actions[place].id.lower(): reference.actions[place].id
        for place in granted_positions(policy, reference)
    }
    for statement in policy.statements:
        for pattern in statement.actions:
            is_named = ":" in pattern and compile_pattern(pattern).is_literal
            if statement.effect == "Allow" and not statement.not_action and is_named:
                found.setdefault(pattern.lower(), pattern)
    return found
