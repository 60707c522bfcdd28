"""What an import would change in meaning: a comparison, risks gained and lost, linting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.deriving.comparisons import Observation, observe_documents
from policyhub.catalog.importing.preview import ImportPreview
from policyhub.catalog.models import PolicyVersion
from policyhub.judge.lint.of_the_catalogue import findings_of_stored
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today

# A document of more characters is no policy of IAM, and judging it would take long.
LONGEST_JUDGED = 50_000


@dataclass(frozen=True, slots=True)
class JudgedImport:
    """The default version that would be, against the one that is.

    `difference` is None where both are the same document, or one of them is not there; `lint`
    counts the findings by type of what would be the default.
    """

    difference: Observation | None
    gained: Sequence[RiskChange]
    lost: Sequence[RiskChange]
    lint: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The judgement as JSON has it."""
        return {
            "difference": self.difference and self.difference.title,
            "access": (self.difference and self.difference.access) or None,
            "risksGained": [each.to_dict() for each in self.gained],
            "risksLost": [each.to_dict() for each in self.lost],
            "lint": dict(self.lint),
        }


def judge_import(found: ImportPreview) -> JudgedImport:
    """Judge what would become of the policy's default version."""
    new, old = found.default, found.was_default
    if found.outcome in ("same", "rejected") or new is None:
        return JudgedImport(None, (), (), {})
    is_another = old is None or old.digest != new.digest
    difference = observe_documents(old.document, new.document) if old and is_another else None
    changes = risk_changes(_risks(old), _risks(new)) if is_another else ()
    arn = found.policy.arn if found.policy else new.policy.arn
    return JudgedImport(
        difference,
        [each for each in changes if each.is_gain],
        [each for each in changes if not each.is_gain],
        dict(Counter(each.type for each in findings_of_stored(new.document, arn))),
    )


def _risks(version: PolicyVersion | None) -> Sequence[Risk]:
    if version is None or len(version.document) > LONGEST_JUDGED:
        return ()
    judged = read_judged(version.document, version.version_id)
    return () if judged is None else risks_of(judged, vocabulary=rules_of_today().vocabulary)
