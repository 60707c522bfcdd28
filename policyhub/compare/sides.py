"""The sides of a comparison: managed policies at a version, or documents of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from policyhub.catalog.access.permissions import (
    EffectivePermissions,
    effective_permissions,
    effective_permissions_of,
)
from policyhub.catalog.models import PolicyVersion, policy_label
from policyhub.catalog.naming import (
    SeveralPoliciesError,
    find_policy,
    split_version,
    why_unknown,
)
from policyhub.http import quotable
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES, Usage, parse_policy, read_alone
from policyhub.judge.risks.risk import Risk

# Of the problems of a document, so many are said.
_MOST_TOLD = 5


class UnusableSideError(ValueError):
    """A side that can't be compared; the message says why and how to fix it.

    `is_ambiguous` says that several policies have the name that was given.
    """

    def __init__(self, message: str, is_ambiguous: bool = False) -> None:
        super().__init__(message)
        self.is_ambiguous = is_ambiguous


@dataclass(frozen=True)
class Side:
    """One side: its name for people, what was given for it, and its document.

    `policy_name` is the policy's key; it, `version_id` and `digest` are "" for a document of one's
    own.
    `remark` says what is to be said of the name or ARN that was given, or of the document.
    """

    label: str
    given: str
    text: str
    policy: PolicyDocument
    policy_name: str = ""
    version_id: str = ""
    remark: str = ""
    digest: str = ""
    _granted: list[EffectivePermissions] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    # The risks, once they were found.
    judged: list[tuple[Risk, ...]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def simulated(self) -> str:
        """How the simulator is given this policy: by name and version, or as a document."""
        if not self.policy_name:
            return self.text
        return f"{self.policy_name}@{self.version_id}" if self.version_id else self.policy_name

    def granted(self, budget: Budget = NO_LIMIT) -> EffectivePermissions:
        """What the document grants by the reference, found out once.

        Of managed policies it is kept. Of others raises `SpentError`.
        """
        if self.policy_name:
            return effective_permissions_of(self.text, self.digest)
        if not self._granted:
            self._granted.append(effective_permissions(self.policy, budget=budget))
        return self._granted[0]

    @property
    def lines(self) -> list[str]:
        """The document's lines, indented alike on every side."""
        return json.dumps(json.loads(self.text), indent=2, ensure_ascii=False).splitlines()

    def to_dict(self) -> dict[str, str]:
        """The side as JSON has it."""
        told = {"name": self.label, "policy": self.policy_name, "versionId": self.version_id}
        return told | ({"remark": self.remark} if self.remark else {})


def read_side(given: str, number: int = 1) -> Side:
    """Read a name or an ARN, with `@v20` or without, or a document. Raises `UnusableSideError`.

    `number` distinguishes several pasted documents.
    """
    text = given.strip()
    if text.startswith("{"):
        return document_side(text, f"document {number}")
    return _managed_side(text)


def document_side(text: str, label: str) -> Side:
    """A document of one's own. Raises `UnusableSideError`."""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise UnusableSideError(
            f"{label} has {len(text):,} characters: give at most {MAX_DOCUMENT_BYTES:,}"
        )
    parsed = parse_policy(text, Usage.IDENTITY)
    if parsed.policy is None:
        details = "; ".join(each.in_words for each in parsed.errors[:_MOST_TOLD])
        raise UnusableSideError(f"{label} can't be compared: {details}")
    odd = "; ".join(each.in_words for each in parsed.never_matching[:_MOST_TOLD])
    return Side(label, text, text, parsed.policy, remark=f"{label}: {odd}" if odd else "")


def _managed_side(text: str) -> Side:
    if not text.isprintable():
        raise UnusableSideError(
            f"`{quotable(text)}` is not a policy name: remove characters that can't be printed"
        )
    given, version = split_version(text)
    try:
        named = find_policy(given)
    except SeveralPoliciesError as error:
        raise UnusableSideError(str(error), is_ambiguous=True) from error
    if named is None:
        raise UnusableSideError(why_unknown(given))
    key = named.key
    versions = PolicyVersion.objects.filter(policy__key=key).newest_first()
    chosen = versions.filter(is_default=True) if version is None else versions
    found = (chosen if version is None else chosen.filter(version_id=version)).first()
    if found is None:
        known = ", ".join(each.version_id or "unnumbered" for each in versions)
        raise UnusableSideError(f"`{given}` has no version `{version or ''}`; known: {known}")
    policy = read_alone(found.document)
    if policy is None:
        raise UnusableSideError(f"the document of `{quotable(text)}` can't be parsed")
    label = policy_label(key)
    label = f"{label}@{found.version_id}" if found.version_id else label
    return Side(
        label, text, found.document, policy, key, found.version_id, named.remark, found.digest
    )
