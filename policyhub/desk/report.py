"""Findings about the documentation as a report, in the formats that linting has."""

from __future__ import annotations

from policyhub.catalog.prose.checks import CHECKS, Finding
from policyhub.catalog.prose.stored import FoundInProse
from policyhub.judge.reporting.finding import Fix, ReportedFinding
from policyhub.judge.reporting.report import FindingLevel, ReportKind, RuleNote


def _rule(code: str) -> RuleNote:
    check = CHECKS[code]
    return RuleNote(code, check.title, check.explanation, reference="", type=check.severity)


PROSE = ReportKind(
    command="check_policies",
    levels=(
        FindingLevel("high", "high", "error", 5.0),
        FindingLevel("medium", "medium", "warning"),
        FindingLevel("low", "low", "note"),
    ),
    rule=_rule,
)


def reported(found: FoundInProse) -> ReportedFinding:
    """A finding as a report has it, at the first statement of its evidence."""
    finding = found.finding
    return ReportedFinding(
        code=finding.code,
        type=finding.severity,
        message=finding.message,
        path=_path(finding),
        evidence=finding.evidence,
        fix=Fix(finding.remedy, ()),
        reference=_page(found),
    )


def _path(finding: Finding) -> str:
    statements = finding.evidence.get("statements") or finding.evidence.get("deniedBy") or ()
    return f"Statement[{statements[0]['position']}]" if statements else ""


def _page(found: FoundInProse) -> str:
    """The address of the page with the sentence."""
    row = found.entry or found.description
    return (row.source_url if row else "") or found.policy.documentation_url
