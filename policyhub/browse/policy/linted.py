"""What linting finds in the version shown, as the Checks tab lists it."""

from __future__ import annotations

from dataclasses import dataclass

from policyhub.browse.policy.shown import ShownPolicy
from policyhub.iam.reading.json_text import parse_path
from policyhub.judge.lint.codes import lint_codes
from policyhub.judge.lint.of_the_catalogue import findings_of_stored
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import RuleNote

# The tone of a type's chip, and the severity that its row is drawn with.
_TONES = {
    "error": ("bad", "high"),
    "security-warning": ("bad", "high"),
    "warning": ("attention", "medium"),
    "suggestion": ("info", "low"),
}


@dataclass(frozen=True)
class LintRow:
    """A finding with its rule, and the statement that it is about: its number, its address."""

    finding: ReportedFinding
    rule: RuleNote
    statement: int
    url: str

    @property
    def type_in_words(self) -> str:
        """The type as AWS's documentation writes it."""
        return self.finding.type.replace("-", " ")

    @property
    def tone(self) -> str:
        """The tone of the type's chip."""
        return _TONES[self.finding.type][0]

    @property
    def severity(self) -> str:
        """How the row is drawn."""
        return _TONES[self.finding.type][1]


def lint(shown: ShownPolicy) -> tuple[ReportedFinding, ...]:
    """The findings in the document of the version shown, the most serious first."""
    return findings_of_stored(shown.version.document, shown.policy.arn)


def lint_rows(shown: ShownPolicy) -> list[LintRow]:
    """The findings as rows of the page."""
    return [_row(each, shown) for each in lint(shown)]


def _row(finding: ReportedFinding, shown: ShownPolicy) -> LintRow:
    number = _statement_of(finding)
    url = f"{shown.statement_base}{number}#statement-{number}" if number else ""
    return LintRow(finding, lint_codes()[finding.code], number, url)


def _statement_of(finding: ReportedFinding) -> int:
    """The number of the statement that a finding is in, from 1; 0 for the document."""
    parts = parse_path(finding.path) or ()
    if parts[:1] != ("Statement",):
        return 0
    index = parts[1] if len(parts) > 1 else 0
    return index + 1 if isinstance(index, int) else 1
