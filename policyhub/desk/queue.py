"""The findings that curators have to look at, of every kind in one shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils import timezone

from policyhub.catalog.generation_cache import GenerationCache
from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    PermissionDescription,
    Policy,
    PolicyVersion,
)
from policyhub.catalog.prose.checks import CHECKS
from policyhub.catalog.prose.stored import FoundInProse, found_in_prose
from policyhub.desk.models import Acceptance, TakenFinding

Kind = Literal["check", "outdated", "lint", "risk"]
KINDS: Mapping[Kind, str] = {
    "check": "Documentation against document",
    "outdated": "Prose of an older version",
    "lint": "Linting of new versions",
    "risk": "Risks that new versions brought",
}
SEVERITIES = ("high", "medium", "low")
_OUTDATED = "prose-of-older-version"


@dataclass(frozen=True, slots=True)
class QueuedFinding:
    """A finding as the queue lists it.

    `key` stays the same while the finding is about the same thing, `digest` while its evidence
    does. `version` is the one whose statements `positions` counts, from 0. `accepted` is the
    decision that a curator made about the key, whether it still counts or not. `is_corrected` says
    that only AWS's page is still wrong, and what Policyhub says is not.
    """

    key: str
    digest: str
    kind: Kind
    code: str
    title: str
    severity: str
    message: str
    remedy: str
    policy: Policy
    evidence: Mapping[str, Any]
    explanation: str = ""
    version: PolicyVersion | None = None
    positions: Sequence[int] = ()
    description: PermissionDescription | None = None
    entry: ChangelogEntry | None = None
    accepted: Acceptance | None = None
    taken: TakenFinding | None = None
    is_corrected: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether it need not be looked at today."""
        accepted = self.accepted
        return accepted is not None and accepted.counts(self.digest, timezone.localdate())

    @property
    def is_open(self) -> bool:
        """Whether a curator has to look at it."""
        return not (self.is_accepted or self.is_corrected)

    @property
    def why_again(self) -> str:
        """Why a finding that was accepted is in the queue again; "" if it never was."""
        if self.accepted is None or self.is_accepted:
            return ""
        if self.accepted.digest != self.digest:
            return "the evidence has changed since"
        return f"it was accepted until {self.accepted.until}"

    @property
    def rank(self) -> tuple[int, str, str, str]:
        """The most serious first, then by policy."""
        return (SEVERITIES.index(self.severity), self.policy.key, self.code, self.key)


def finding_key(policy: Policy, code: str, subject: str) -> str:
    """What a finding is called in addresses and rows."""
    text = json.dumps([policy.key, code, subject])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def queued_from_prose(found: FoundInProse) -> QueuedFinding:
    """A finding of the checks."""
    finding, check = found.finding, CHECKS[found.finding.code]
    evidence = finding.evidence
    statements = evidence.get("statements") or evidence.get("deniedBy") or ()
    return QueuedFinding(
        key=finding_key(found.policy, finding.code, _subject(found)),
        digest=finding.digest,
        kind="outdated" if finding.code == _OUTDATED else "check",
        code=finding.code,
        title=check.title,
        severity=finding.severity,
        message=finding.message,
        remedy=finding.remedy,
        policy=found.policy,
        evidence=evidence,
        explanation=check.explanation,
        version=found.version,
        positions=[each["position"] for each in statements],
        description=found.description,
        entry=found.entry,
    )


def _subject(found: FoundInProse) -> str:
    """What the finding is about, without what may change: a row, a service, a pattern."""
    row = found.entry or found.description
    if row is not None:
        return f"{row._meta.model_name} {row.pk}"
    evidence = found.finding.evidence
    return str(evidence.get("pattern") or evidence.get("service") or "")


def findings_of_checks() -> Sequence[QueuedFinding]:
    """The findings of the checks, kept until a document or the prose changes."""
    return _of_checks.get()


def _stamp() -> tuple[int, int]:
    state = CatalogState.current()
    return state.generation, state.prose_generation


def _build(stamp: tuple[int, int], last: Any) -> tuple[tuple[int, int], Sequence[QueuedFinding]]:
    found = list(map(queued_from_prose, found_in_prose(Policy.objects.all())))
    # Where a curator corrected something, what is no longer wrong in our words is settled.
    corrected = {each.policy.pk for each in found if _has_corrections(each)}
    ours = found_in_prose(Policy.objects.filter(pk__in=corrected), ours=True)
    still = {queued_from_prose(each).key for each in ours}
    return stamp, tuple(
        replace(each, is_corrected=each.policy.pk in corrected and each.key not in still)
        for each in found
    )


def _has_corrections(finding: QueuedFinding) -> bool:
    rows = (finding.description, finding.entry, finding.policy)
    withdrawn = finding.description is not None and finding.description.is_withdrawn
    return withdrawn or any(row is not None and row.corrected for row in rows)


_of_checks: GenerationCache[tuple[int, int], Sequence[QueuedFinding]] = GenerationCache(
    _stamp, _build
)


def with_decisions(findings: Iterable[QueuedFinding]) -> list[QueuedFinding]:
    """Findings with what curators decided about them, the most serious first."""
    accepted = {
        row.finding: row
        for row in Acceptance.objects.filter(undone_at=None).select_related("accepted_by")
    }
    taken = {row.finding: row for row in TakenFinding.objects.select_related("user")}
    decided = (
        replace(each, accepted=accepted.get(each.key), taken=taken.get(each.key))
        for each in findings
    )
    return sorted(decided, key=lambda each: each.rank)
