"""A policy as a template: the copy that choices make of it, and all that is to be known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.access.permissions import (
    EffectivePermissions,
    effective_permissions,
    effective_permissions_of,
)
from policyhub.catalog.facts.services import ReferenceFacts, get_service_facts
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.language.elements import PolicyDocument, Usage
from policyhub.iam.reading.policy_kinds import INLINE_QUOTAS, MANAGED_QUOTA
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.workbench.building.choices import TemplateChoices
from policyhub.workbench.building.copying import DocumentCopy, StatementOutcome
from policyhub.workbench.building.keeping import TooManyNamesError
from policyhub.workbench.building.needs import MissingNeed, missing_needs
from policyhub.workbench.building.proposals import Proposals, ProposedCondition
from policyhub.workbench.building.proving import (
    ContainmentProof,
    RequiredRequest,
    containment,
    required_requests,
)
from policyhub.workbench.building.trust import ProposedTrust, proposed_trust
from policyhub.workbench.documents import UnusableDocumentError, characters, read_document
from policyhub.workbench.minimising.minimised import MinimisedPolicy, minimised
from policyhub.workbench.minimising.splitting import UnsplittableError, say_together, split

Json = Any
#: How many characters each kind may have, white space not counted.
QUOTAS: Mapping[str, int] = {
    "user": INLINE_QUOTAS["user"],
    "group": INLINE_QUOTAS["group"],
    "role": INLINE_QUOTAS["role"],
    "managed": MANAGED_QUOTA,
}


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a quota a document takes; `owner` is whose policy it is."""

    owner: str
    limit: int
    used: int

    @property
    def fits(self) -> bool:
        """Whether the document is within the quota."""
        return self.used <= self.limit

    @property
    def percent(self) -> int:
        """How much of the quota is taken, in percent."""
        return round(100 * self.used / self.limit)

    def to_dict(self) -> dict[str, Any]:
        """The quota as JSON has it."""
        return {"quota": self.owner, "characters": self.limit, "fits": self.fits}


@dataclass(frozen=True)
class TemplateSource:
    """The policy that is a template: its name for people, its text, its document.

    `digest` is that of a document of the catalogue, of which more is kept; else "".
    """

    name: str
    text: str
    policy: PolicyDocument
    is_aws_managed: bool = False
    digest: str = ""

    @cached_property
    def value(self) -> Json:
        """The document as a JSON value."""
        return json.loads(self.text)

    @cached_property
    def granted(self) -> EffectivePermissions:
        """What the policy grants by the reference."""
        if self.digest:
            return effective_permissions_of(self.text, self.digest)
        return effective_permissions(self.policy)


def template_source(
    text: str, name: str, *, is_aws_managed: bool = False, digest: str = ""
) -> TemplateSource:
    """A document as a template. Raises `UnusableDocumentError`."""
    policy, _ = read_document(text, Usage.IDENTITY)
    return TemplateSource(name, text, policy, is_aws_managed, digest)


class PolicyTemplate:
    """The copy that choices make of a policy. What costs time is found out when it is asked for.

    To make it raises `NothingLeftError`, `TooManyNamesError` or `ContradictingConditionError`;
    what is asked of it can raise `SpentError`.
    """

    def __init__(
        self,
        source: TemplateSource,
        choices: TemplateChoices,
        budget: Budget = NO_LIMIT,
        facts: ReferenceFacts | None = None,
    ) -> None:
        self.source, self.choices, self.budget = source, choices, budget
        self.facts = facts or get_service_facts()
        copy = DocumentCopy(source.value, source.policy, choices, self.facts)
        self.document = copy.made()
        self.statements: Sequence[StatementOutcome] = copy.outcomes
        self.minimised: MinimisedPolicy | None = None
        try:
            if choices.minimise:
                self.minimised = minimised(json.dumps(self.document), budget=budget)
                self.document = self.minimised.document
            self.text = json.dumps(self.document, indent=2, ensure_ascii=False)
            self.policy, _ = read_document(self.text, Usage.IDENTITY)
        except UnusableDocumentError as error:
            raise TooManyNamesError(f"the copy can't be used: {error}") from error

    @property
    def size(self) -> int:
        """How many characters the copy has, white space not counted."""
        return characters(self.document)

    @property
    def quotas(self) -> list[QuotaUse]:
        """How much of each quota it takes."""
        return [QuotaUse(owner, limit, self.size) for owner, limit in QUOTAS.items()]

    @cached_property
    def parts(self) -> Sequence[Json]:
        """The copy as several documents that fit a managed policy each; none if it fits as it is.

        None also where a statement can't be cut.
        """
        if self.size <= MANAGED_QUOTA:
            return ()
        try:
            parts = split(self.document, MANAGED_QUOTA)
        except UnsplittableError:
            return ()
        return parts if say_together(parts, self.document, Usage.IDENTITY) else ()

    @cached_property
    def granted(self) -> EffectivePermissions:
        """What the copy grants by the reference."""
        return effective_permissions(self.policy, budget=self.budget)

    @cached_property
    def left_out(self) -> list[str]:
        """The actions that the original grants and the copy does not."""
        kept = {each.action.id for each in self.granted.grants}
        return [each.action.id for each in self.source.granted.grants if each.action.id not in kept]

    @cached_property
    def needs(self) -> list[MissingNeed]:
        """What kept actions also need and the copy does not allow."""
        return missing_needs(self.granted, self.source.granted)

    @cached_property
    def proposals(self) -> list[ProposedCondition]:
        """Conditions that it could have besides."""
        return Proposals(self.granted, self.choices, self.facts).all()

    @cached_property
    def trust(self) -> list[ProposedTrust]:
        """The trust policies that roles which it passes should have."""
        return proposed_trust(self.granted, self.choices.account)

    @cached_property
    def containment(self) -> ContainmentProof:
        """The proof that it grants nothing beyond the original."""
        return containment(
            self.policy, self.source.policy, self.source.name, self.facts, self.budget
        )

    @cached_property
    def required(self) -> list[RequiredRequest]:
        """The requests that it must still decide as expected."""
        return required_requests(
            self.choices.requests, self.document, self.source.value, self.facts, self.budget
        )

    @cached_property
    def lint(self) -> tuple[Sequence[ReportedFinding], Sequence[ReportedFinding]]:
        """The findings of the original and of the copy, judged alike."""
        before, after = (findings_of(each, is_aws_managed=self.source.is_aws_managed)
                         for each in (self.source.text, self.text))  # fmt: skip
        return before, after

    @cached_property
    def risks(self) -> tuple[Sequence[Risk], Sequence[Risk]]:
        """The claimed risks of the original and of the copy."""
        documents = (
            JudgedDocument(self.source.name, self.source.text, self.source.policy),
            JudgedDocument("the copy", self.text, self.policy),
        )
        vocabulary = rules_of_today().vocabulary
        before, after = (
            [risk for risk in risks_of(each, vocabulary=vocabulary) if risk.is_claimed]
            for each in documents
        )
        return before, after

    @property
    def fits(self) -> bool:
        """Whether it is proved to be contained and every required request is as expected."""
        return self.containment.answer == "proved" and all(each.passed for each in self.required)

    def to_dict(self) -> dict[str, Any]:
        """The template as JSON has it."""
        findings, risks = self.lint, self.risks
        return {
            "policy": self.source.name,
            "choices": self.choices.to_dict(),
            "document": self.document,
            "characters": self.size,
            "quotas": [each.to_dict() for each in self.quotas],
            "minimised": _minimised(self.minimised),
            "parts": list(self.parts),
            "statements": [each.to_dict() for each in self.statements],
            "kept": [each.action.id for each in self.granted.grants],
            "leftOut": self.left_out,
            "missing": [each.to_dict() for each in self.needs],
            "proposals": [each.to_dict() for each in self.proposals],
            "trustPolicies": [each.to_dict() for each in self.trust],
            "containment": self.containment.to_dict(),
            "requests": [each.to_dict() for each in self.required],
            "lint": {
                "before": [_finding(each) for each in findings[0]],
                "after": [_finding(each) for each in findings[1]],
            },
            "risks": {
                "before": [_risk(each) for each in risks[0]],
                "after": [_risk(each) for each in risks[1]],
            },
            "fits": self.fits,
        }


def _minimised(found: MinimisedPolicy | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"before": found.before, "after": found.after, "steps": found.steps_to_dict()}


def _finding(finding: ReportedFinding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "type": finding.type,
        "message": finding.message,
        "path": finding.path,
    }


def _risk(risk: Risk) -> dict[str, Any]:
    return {
        "id": risk.id,
        "title": risk.title,
        "answer": risk.answer,
        "bounds": list(risk.bounds),
    }
