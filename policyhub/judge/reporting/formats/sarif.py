"""A report as SARIF 2.1.0, within what code-scanning services take.

Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs,
"SARIF support for code scanning": at most 25,000 results in a run, each with a place in a file, a
rule with descriptions of at most 1,024 characters, and a `security-severity` for what concerns
security.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from policyhub.iam.reading.json_text import Outline, line_and_column
from policyhub.judge.reporting.editing import UnusableFixError, text_edits
from policyhub.judge.reporting.finding import Fix, ReportedFinding
from policyhub.judge.reporting.report import JudgedSource, Report, RuleNote

MOST_RESULTS = 25_000
_LONGEST_DESCRIPTION = 1_024
_VERSION = "2.1.0"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "policyhub/v1"
_SOURCE_ROOT = "%SRCROOT%"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding to tell, and the reason where it was accepted."""

    result: JudgedSource
    finding: ReportedFinding
    accepted_for: str | None


def in_sarif(report: Report) -> str:
    """The report as one run; the most serious findings where there are too many."""
    told = sorted(_all(report), key=lambda each: report.kind.types.index(each.finding.type))
    kept = told[:MOST_RESULTS]
    rules = [report.kind.rule(code) for code in sorted({each.finding.code for each in kept})]
    places = {rule.code: at for at, rule in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(report, rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            _SOURCE_ROOT: {"description": {"text": "The folder in which the command was run."}}
        },
        "invocations": [_invocation(report, len(told) - len(kept))],
        "results": [_result(report, each, places) for each in kept],
    }
    return json.dumps({"$schema": _SCHEMA, "version": _VERSION, "runs": [run]}, indent=1) + "\n"


def _all(report: Report) -> Iterator[_Told]:
    for result in report.results:
        yield from (_Told(result, each, None) for each in result.findings)
        yield from (_Told(result, each.finding, each.reason) for each in result.accepted)


def _driver(report: Report, rules: Sequence[RuleNote]) -> Json:
    return {
        "name": f"policyhub {report.kind.command}",
        "rules": [_rule(report, each) for each in rules],
    }


def _rule(report: Report, rule: RuleNote) -> Json:
    level = report.kind.level(rule.type)
    made: Json = {
        "id": rule.code,
        "name": "".join(each.capitalize() for each in rule.code.replace("-", "_").split("_")),
        "shortDescription": {"text": _short(rule.title)},
        "fullDescription": {"text": _short(rule.explanation or rule.title)},
        "defaultConfiguration": {"level": level.sarif},
        "properties": {"tags": ["iam"]},
    }
    if rule.reference:
        made["helpUri"] = rule.reference
        made["help"] = {"text": f"{rule.explanation or rule.title} See {rule.reference}"}
    if level.security_severity:
        made["properties"] = {
            "tags": ["iam", "security"],
            "security-severity": f"{level.security_severity:.1f}",
        }
    return made


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 1] + "…"


def _invocation(report: Report, left_out: int) -> Json:
    notes = [*report.notes]
    if left_out:
        notes.append(f"left out, since services take no more: {left_out:,} findings")
    told = [{"level": "warning", "message": {"text": each}} for each in notes]
    made: Json = {"executionSuccessful": True}
    return made | ({"toolExecutionNotifications": told} if told else {})


def _result(report: Report, told: _Told, places: dict[str, int]) -> Json:
    finding, level = told.finding, report.kind.level(told.finding.type)
    made: Json = {
        "ruleId": finding.code,
        "ruleIndex": places[finding.code],
        "level": level.sarif,
        "message": {"text": finding.message},
        "locations": [_location(told.result, finding)],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint(told.result.source)},
        "properties": {"type": finding.type, "evidence": dict(finding.evidence)},
    }
    if level.sarif == "none":
        made["kind"] = "informational"
    if told.accepted_for is not None:
        made["suppressions"] = [{"kind": "external", "justification": told.accepted_for}]
    fix = _fix(told.result, finding.fix) if finding.fix else None
    return made | ({"fixes": [fix]} if fix else {})


def _location(result: JudgedSource, finding: ReportedFinding) -> Json:
    place: Json = {"artifactLocation": _artifact(result), "region": _region(finding)}
    made: Json = {"physicalLocation": place}
    name = f"{result.source} {finding.path}" if finding.path else result.source
    made["logicalLocations"] = [{"fullyQualifiedName": name}]
    return made


def _region(finding: ReportedFinding) -> Json:
    """The place of a finding; the first line where none is known, since services demand one."""
    if finding.line is None or finding.column is None:
        return {"startLine": 1}
    return {"startLine": finding.line, "startColumn": finding.column}


def _artifact(result: JudgedSource) -> Json:
    """Where a document is, as a URI: below the folder of the run if it is there."""
    path = Path(result.file or result.source)
    if not path.is_absolute():
        return {"uri": quote(path.as_posix()), "uriBaseId": _SOURCE_ROOT}
    try:
        below = path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        return {"uri": path.as_uri()}
    return {"uri": quote(below.as_posix()), "uriBaseId": _SOURCE_ROOT}


def _fix(result: JudgedSource, fix: Fix) -> Json | None:
    """The fix as replacements in the text; None where the text is not the document itself."""
    if not result.is_document or not result.text:
        return None
    try:
        edits = text_edits(_outline(result.text), fix)
    except UnusableFixError:
        return None
    replacements = [
        {
            "deletedRegion": _slice(result.text, each.start, each.end),
            "insertedContent": {"text": each.text},
        }
        for each in edits
    ]
    if not replacements:
        return None
    change = {"artifactLocation": _artifact(result), "replacements": replacements}
    return {"description": {"text": fix.description}, "artifactChanges": [change]}


def _slice(text: str, start: int, end: int) -> Json:
    first, last = line_and_column(text, start), line_and_column(text, end)
    return {
        "startLine": first[0],
        "startColumn": first[1],
        "endLine": last[0],
        "endColumn": last[1],
    }


@lru_cache(maxsize=1)
def _outline(text: str) -> Outline:
    return Outline(text).read_all()
