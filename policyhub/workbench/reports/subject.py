"""What a report is about: a version of the catalogue, or a document of one's own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions_of
from policyhub.catalog.deriving.documents import derive_columns
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.models.level_counts import LevelCounts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.iam.language.elements import PolicyDocument
from policyhub.iam.reading.document import parse_policy
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.lint.of_the_catalogue import findings_of_stored
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.known import risks_of_version, version_name
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today

Json = Any


class UnusableSubjectError(ValueError):
    """What can't be reported on; the message says why and how to fix it."""


@dataclass(frozen=True, eq=False)
class ReportSubject:
    """A document under review.

    `name` is what commands call it: `NAME@v20`, for a customer's policy the ARN, else the path of
    its file. `version` is that of the catalogue, None for a file; `counts` are how many actions
    the document grants by access level.
    """

    name: str
    text: str
    document: PolicyDocument
    counts: LevelCounts
    version: PolicyVersion | None = None
    is_of_aws: bool = False

    @property
    def policy(self) -> Policy | None:
        """Its policy of the catalogue; None for a file."""
        return self.version.policy if self.version else None

    @property
    def label(self) -> str:
        """The name as people read it, without the version."""
        return self.policy.label if self.policy else self.name

    @property
    def version_in_words(self) -> str:
        """The version with how it can be found again; "" for a file."""
        if self.version is None:
            return ""
        return self.version.version_id or f"unnumbered, digest {self.version.digest[:12]}"

    @cached_property
    def risks(self) -> tuple[Risk, ...]:
        """The risks, the most serious first, those that are ruled out among them."""
        if self.version is not None:
            return risks_of_version(self.version)
        return risks_of(self.judged, vocabulary=rules_of_today().vocabulary)

    @property
    def judged(self) -> JudgedDocument:
        """The document as risks are judged, also together with others."""
        number = self.version.version_id if self.version else ""
        reference = {"managed": self.policy.key, "version": number} if self.policy else None
        return JudgedDocument(self.name, self.text, self.document, reference if number else None)

    @cached_property
    def findings(self) -> tuple[ReportedFinding, ...]:
        """What linting finds, the most serious first."""
        if self.version is not None:
            return findings_of_stored(self.text, self.version.policy.arn)
        return findings_of(self.text, is_aws_managed=self.is_of_aws)

    @cached_property
    def permissions(self) -> EffectivePermissions:
        """What it grants, action by action."""
        return effective_permissions_of(self.text, digest_of_text(self.text))

    @property
    def value(self) -> Json:
        """The document as a JSON value."""
        return json.loads(self.text)

    @property
    def indented(self) -> str:
        """The document for people to read."""
        return json.dumps(self.value, indent=2, ensure_ascii=False)

    def to_dict(self) -> dict[str, Json]:
        """What identifies it in a report's JSON, and the document itself."""
        return {
            "name": self.name,
            "versionId": self.version.version_id if self.version else None,
            "document": self.value,
        }


def digest_of_text(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def subject_of_version(version: PolicyVersion) -> ReportSubject:
    """A version of the catalogue, whose policy is to be at hand. Raises as `kept_policy`."""
    document = kept_policy(version.document)
    return ReportSubject(version_name(version), version.document, document, version, version)


def subject_of_text(name: str, text: str | bytes, is_of_aws: bool = False) -> ReportSubject:
    """A document of one's own. Raises `UnusableSubjectError`."""
    parsed = parse_policy(text)
    if parsed.policy is None or isinstance(text, bytes):
        raise UnusableSubjectError(parsed.errors[0].in_words)
    counts = PolicyVersion(**derive_columns(parsed.policy, get_reference()))
    return ReportSubject(name, text, parsed.policy, counts, is_of_aws=is_of_aws)
