"""A kind of report and findings for tests of the formats."""

from __future__ import annotations

from typing import Any

from policyhub.judge.reporting.finding import Edit, Fix, ReportedFinding
from policyhub.judge.reporting.report import (
    AcceptedFinding,
    FindingLevel,
    JudgedSource,
    Report,
    ReportKind,
    RuleNote,
)

TEXT = '{"Statement": [\n  {"Effect": "allow", "Action": ["a:B", "a:C"]}\n]}\n'
KIND = ReportKind(
    "judge",
    (
        FindingLevel("error", "errors", "error"),
        FindingLevel("security-warning", "security-warnings", "warning", 7.0),
        FindingLevel("fine", "fine", "none"),
    ),
    lambda code: RuleNote(
        code, f"About {code}", f"Why {code}.", "https://example.com/rules", "error"
    ),
)
EFFECT = ReportedFinding(
    "BAD_EFFECT",
    "error",
    "`allow` is not an effect | really",
    "Statement[0].Effect",
    2,
    4,
    {"found": "allow"},
    Fix("write `Allow`", (Edit("replace", "Statement[0].Effect", "Allow"),)),
    "https://example.com/rules#effect",
)
LISTED = ReportedFinding("TWICE", "security-warning", "two actions", "Statement[0].Action", 2, 22)
FINE = ReportedFinding("RULED_OUT", "fine", "nothing to see", "")


def result(*findings: ReportedFinding, **members: Any) -> JudgedSource:
    given: dict[str, Any] = {"source": "a b/policy.json", "file": "a b/policy.json", "text": TEXT}
    return JudgedSource(**{**given, "findings": findings, **members})


def report(*results: JudgedSource, threshold: str = "error", notes: tuple[str, ...] = ()) -> Report:
    return Report(KIND, results, threshold, notes)


ACCEPTED = AcceptedFinding(LISTED, "known since the audit")
