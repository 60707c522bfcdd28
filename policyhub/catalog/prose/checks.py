"""What the documentation says about a policy, checked against what its document grants.

`CHECKS` is the table of all checks: code, title, severity, explanation, and the function that
looks. `disagreements` runs those that look at prose and one document, `log_disagreements` those of
the change log. Nothing here touches the database: the prose, and the effective permissions of the
version that it describes, come as arguments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from policyhub.catalog.access.permissions import EffectivePermissions
from policyhub.catalog.prose.change_log import ChangeLog, EntryCase
from policyhub.catalog.prose.grants import (
    described_actions_not_granted,
    described_services_absent,
    granted_actions_not_described,
    granted_services_not_described,
    patterns_unknown,
)
from policyhub.catalog.prose.outdated import Outgrown, prose_of_an_older_version
from policyhub.catalog.prose.overclaims import (
    administrative_access_not_granted,
    claimed_access_not_granted,
    granted_beyond_description,
)
from policyhub.catalog.prose.policy_claims import (
    attachable_against_the_path,
    not_attachable_against_the_path,
    said_to_be_modifiable,
)
from policyhub.catalog.prose.subject import Described, Disagreements, Evidence, Prose, Severity

__all__ = ["CHECKS", "Check", "Finding", "Outgrown", "Prose", "disagreements"]

SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement. The code is that of a row in `CHECKS`; the evidence is plain JSON.

    `remedy` says what would settle it.
    """

    code: str
    severity: Severity
    message: str
    evidence: Evidence
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as it is in a policy's JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "evidence": self.evidence,
            "remedy": self.remedy,
        }

    @property
    def digest(self) -> str:
        """A short text that changes when the message or the evidence does."""
        text = json.dumps([self.code, self.message, self.evidence], sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One row of the table: what a finding means, and the function that looks for it."""

    code: str
    title: str
    severity: Severity
    explanation: str
    look: Callable[[Subject], Disagreements]

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """Yield what this check finds."""
        for message, evidence, remedy in self.look(subject):
            yield Finding(self.code, self.severity, message, evidence, remedy)


DOCUMENT_CHECKS: tuple[Check[Described], ...] = (
    Check(
        "described-action-not-granted",
        "Described, not granted",
        "medium",
        "A permission description mentions an action that no statement allows. Anyone who "
        "relies on the description expects access that is not granted.",
        described_actions_not_granted,
    ),
    Check(
        "described-service-absent",
        "Service described, not granted",
        "medium",
        "A permission description covers a service in which the document allows no action.",
        described_services_absent,
    ),
    Check(
        "granted-service-not-described",
        "Service granted, not described",
        "high",
        "The permission descriptions go service by service, and omit one that the "
        "document grants. Anyone who relies on them does not know about that access.",
        granted_services_not_described,
    ),
    Check(
        "granted-action-not-described",
        "Granted, not described",
        "high",
        "The permission descriptions go action by action, and omit some that the document "
        "grants. Anyone who relies on them does not know about that access.",
        granted_actions_not_described,
    ),
    Check(
        "pattern-unknown-to-reference",
        "Described, not in the reference",
        "low",
        "The document names what is described, but the service authorization reference does "
        "not: the action or service was retired, or AWS does not list it.",
        patterns_unknown,
    ),
    Check(
        "claimed-access-not-granted",
        "Claimed, not granted",
        "medium",
        "The description of a service says what can be done in it, and for some of that the "
        "document grants no action, although the service has one.",
        claimed_access_not_granted,
    ),
    Check(
        "granted-access-beyond-description",
        "Described as reading, grants more",
        "high",
        "The description of a service, or of a thing in it, only mentions listing and reading. "
        "The document also grants actions that change something or give access.",
        granted_beyond_description,
    ),
    Check(
        "administrative-access-not-granted",
        "Called administrative, grants less",
        "low",
        "The prose promises administrative or full access. The document does not grant all "
        "actions of a service.",
        administrative_access_not_granted,
    ),
)

PROSE_CHECKS: tuple[Check[Prose], ...] = (
    Check(
        "documented-not-attachable-but-path-allows",
        "Documented as not attachable, but it is",
        "medium",
        "The documentation says that the policy can't be attached. Only the path "
        "`/aws-service-role/` keeps a policy from being attached, and this one has another.",
        attachable_against_the_path,
    ),
    Check(
        "documented-attachable-but-path-forbids",
        "Documented as attachable, but it is not",
        "medium",
        "The documentation says that the policy can be attached. Under the path "
        "`/aws-service-role/` only a service-linked role can have it.",
        not_attachable_against_the_path,
    ),
    Check(
        "said-to-be-modifiable",
        "Said to be modifiable, but only by AWS",
        "low",
        "The documentation advises to modify the policy. Only AWS can change an AWS managed "
        "policy: one can only copy it into a customer managed policy.",
        said_to_be_modifiable,
    ),
)

VERSION_CHECKS: tuple[Check[Outgrown], ...] = (
    Check(
        "prose-of-older-version",
        "Prose is of an older version",
        "low",
        "The prose was written for an older version than the one in force, whose document "
        "differs. What it says may no longer be true.",
        prose_of_an_older_version,
    ),
)

LOG_CHECKS: tuple[Check[EntryCase], ...] = (
    Check(
        "version-without-entry",
        "Version without an entry",
        "medium",
        "A version changed what the policy allows, and the change log of the documentation, which "
        "was maintained then, does not mention it.",
        EntryCase.without_entry,
    ),
    Check(
        "entry-describes-another-policy",
        "Title and text name different policies",
        "medium",
        "An entry of the change log is listed under one policy and describes another.",
        EntryCase.names_another_policy,
    ),
    Check(
        "entry-names-action-not-granted",
        "Logged, not granted",
        "medium",
        "An entry of the change log names actions that the version of that time does not grant.",
        EntryCase.names_actions_not_granted,
    ),
    Check(
        "entry-names-absent-service",
        "Logged service in no document",
        "medium",
        "An entry of the change log says that the policy gives access to a service of which no "
        "version grants an action.",
        EntryCase.names_absent_services,
    ),
    Check(
        "entry-without-effect",
        "Logged change without effect",
        "low",
        "An entry of the change log mentions a change, and the documents before and after it "
        "allow the same.",
        EntryCase.without_effect,
    ),
    Check(
        "entry-dated-otherwise",
        "Date differs from the version's",
        "low",
        "An entry of the change log is dated before the version that it describes existed, or "
        "long after.",
        EntryCase.dated_otherwise,
    ),
    Check(
        "entry-without-version",
        "Entry without a version",
        "low",
        "An entry of the change log is dated between two versions that follow each other, and "
        "near neither.",
        EntryCase.without_version,
    ),
    Check(
        "entry-denies-further-access",
        "Said to give no further access, gives some",
        "high",
        "An entry of the change log promises that there is no further access. The version that it "
        "describes allows what the one before it did not.",
        EntryCase.allows_more,
    ),
)

_ALL_CHECKS: tuple[Check[Any], ...] = (
    *DOCUMENT_CHECKS,
    *PROSE_CHECKS,
    *VERSION_CHECKS,
    *LOG_CHECKS,
)
CHECKS: Mapping[str, Check[Any]] = MappingProxyType({each.code: each for each in _ALL_CHECKS})


def disagreements(
    prose: Prose, permissions: EffectivePermissions | None, outgrown: Outgrown | None = None
) -> tuple[Finding, ...]:
    """Return every disagreement, check by check.

    `permissions` are those of the version that the prose describes, or None where it
    describes no document: then only what the prose says about the policy itself is checked.
    `outgrown` is given where the default version has another document.
    """
    found: list[Finding] = []
    if permissions is not None:
        case = Described(prose, permissions)
        found += (row for check in DOCUMENT_CHECKS for row in check.findings(case))
    found += (row for check in PROSE_CHECKS for row in check.findings(prose))
    if outgrown is not None:
        found += (row for check in VERSION_CHECKS for row in check.findings(outgrown))
    return tuple(found)


def log_disagreements(log: ChangeLog) -> tuple[tuple[int, Finding], ...]:
    """Return what contradicts the entries of a change log, each with the key of its entry."""
    return tuple(
        (case.entry.key, replace(finding, message=f"{case.entry.day_in_words}: {finding.message}"))
        for case in log.cases()
        for check in LOG_CHECKS
        if check.look in case.looks
        for finding in check.findings(case)
    )
