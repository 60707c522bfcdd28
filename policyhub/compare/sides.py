"""The sides of a comparison: managed policies at a version, or documents of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches

from policyhub.catalog.models import Policy as PolicyRow
from policyhub.catalog.models import PolicyVersion
from policyhub.http import quotable
from policyhub.iam.document import Usage, parse_policy
from policyhub.iam.elements import Policy

MOST_CHARACTERS = 256 * 1024


class UnusableSideError(ValueError):
    """A side that can't be compared; the message says why and how to mend it."""


@dataclass(frozen=True)
class Side:
    """One side: its name for people, what was given for it, and its document.

    `policy_name` and `version_id` are "" for a document of one's own.
    """

    label: str
    given: str
    text: str
    policy: Policy
    policy_name: str = ""
    version_id: str = ""

    @property
    def simulated(self) -> str:
        """How the simulator is asked for this policy: by name and version, or whole."""
        if not self.policy_name:
            return self.text
        return f"{self.policy_name}@{self.version_id}" if self.version_id else self.policy_name

    @property
    def lines(self) -> list[str]:
        """The document's lines, indented alike on every side."""
        return json.dumps(json.loads(self.text), indent=2, ensure_ascii=False).splitlines()

    def to_dict(self) -> dict[str, str]:
        """The side as JSON has it."""
        return {"name": self.label, "policy": self.policy_name, "versionId": self.version_id}


def read_side(given: str, number: int = 1) -> Side:
    """Read `Name`, `Name@v20` or a document. Raises `UnusableSideError`.

    `number` tells several documents of one's own apart.
    """
    text = given.strip()
    if text.startswith("{"):
        return document_side(text, f"document {number}")
    return _managed_side(text)


def document_side(text: str, label: str) -> Side:
    """A document of one's own. Raises `UnusableSideError`."""
    if len(text) > MOST_CHARACTERS:
        raise UnusableSideError(
            f"{label} has {len(text):,} characters: give at most {MOST_CHARACTERS:,}"
        )
    parsed = parse_policy(text, Usage.IDENTITY)
    if parsed.policy is None:
        errors = [each for each in parsed.problems if each.severity == "error"]
        told = "; ".join(
            f"line {each.line}, column {each.column}: {each.message}" if each.line else each.message
            for each in errors[:5]
        )
        raise UnusableSideError(f"{label} can't be compared: {told}")
    return Side(label, text, text, parsed.policy)


def _managed_side(text: str) -> Side:
    name, at, version = text.partition("@")
    if not text.isprintable():
        raise UnusableSideError(
            f"`{quotable(text)}` is no name of a policy: leave out what can't be seen"
        )
    versions = PolicyVersion.objects.filter(policy__name=name).order_by("-created_at", "-pk")
    chosen = versions.filter(version_id=version) if at else versions.filter(is_default=True)
    found = chosen.first()
    if found is None:
        raise UnusableSideError(_unknown(name, version, versions))
    policy = parse_policy(found.document).policy
    if policy is None:
        raise UnusableSideError(f"the document of `{quotable(text)}` can't be parsed")
    label = f"{name}@{found.version_id}" if found.version_id else name
    return Side(label, text, found.document, policy, name, found.version_id)


def _unknown(name: str, version: str, versions: object) -> str:
    known = [each.version_id or "unnumbered" for each in versions]  # type: ignore[attr-defined]
    if known:
        return f"`{name}` has no version `{quotable(version)}` here; known: {', '.join(known)}"
    near = get_close_matches(name, PolicyRow.objects.values_list("name", flat=True), n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"no managed policy is named `{quotable(name)}`{hint}"
