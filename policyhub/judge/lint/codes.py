"""What each code of a finding means: AWS's where AWS has one, else one of our own.

AWS's codes, types and titles are a table of `fixtures/facts/`; ours are in `own_codes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from policyhub.catalog.facts.tables import fact_rows
from policyhub.judge.lint.own_codes import OWN_CODES
from policyhub.judge.reporting.report import FindingLevel, ReportKind, RuleNote

_TABLE = "policy-checks"
_PAGE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks"
)
# How AWS's page calls a type in its anchors.
_IN_ANCHORS = {"warning": "general-warning"}


@cache
def lint_codes() -> Mapping[str, RuleNote]:
    """Every code that a finding can have."""
    known = {
        row["code"]: RuleNote(
            row["code"], row["title"], f"{row['meaning']}.", _reference(row), row["type"]
        )
        for row in fact_rows(_TABLE)
    }
    own = {
        code: RuleNote(code, own.title, own.explanation, own.reference, own.type)
        for code, own in OWN_CODES.items()
    }
    return known | own


def _reference(row: Mapping[str, str]) -> str:
    kind = _IN_ANCHORS.get(row["type"], row["type"])
    return f"{_PAGE}-{kind}-{row['title'].lower().replace(' ', '-')}"


LINT = ReportKind(
    command="lint",
    levels=(
        FindingLevel("error", "errors", "error"),
        FindingLevel("security-warning", "security-warnings", "warning", 7.0),
        FindingLevel("warning", "warnings", "warning"),
        FindingLevel("suggestion", "suggestions", "note"),
    ),
    rule=lambda code: lint_codes()[code],
)
