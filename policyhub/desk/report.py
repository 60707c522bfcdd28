"""Findings about the documentation as a report, in the formats that linting has."""

from __future__ import annotations

from policyhub.catalog.prose.checks import CHECKS
from policyhub.desk.queue import QueuedFinding
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


def reported(finding: QueuedFinding) -> ReportedFinding:
    """A finding as a report has it, at the first statement of its evidence."""
    row = finding.entry or finding.description
    return ReportedFinding(
        code=finding.code,
        type=finding.severity,
        message=finding.message,
        path=f"Statement[{finding.positions[0]}]" if finding.positions else "",
        evidence=finding.evidence,
        fix=Fix(finding.remedy, ()),
        reference=(row.source_url if row else "") or finding.policy.documentation_url,
    )
