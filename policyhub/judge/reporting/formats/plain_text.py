"""A report as lines of text: a finding per line, its fix below it, the counts at the end."""

from __future__ import annotations

from collections.abc import Iterator

from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import JudgedSource, Report


def in_plain_text(report: Report) -> str:
    """The report for a terminal or a log."""
    lines = [line for result in report.results for line in _lines(result)]
    return "\n".join([*lines, *report.notes, report.summary]) + "\n"


def _lines(result: JudgedSource) -> Iterator[str]:
    for each in result.findings:
        yield f"{_location(each, result)}: {each.type} {each.code}: {one_line(each.message)}"
        if each.fix is not None:
            yield f"    fix: {one_line(each.fix.description)}"


def _location(finding: ReportedFinding, result: JudgedSource) -> str:
    """Where a finding is, as editors and terminals recognise it; the path where no line is."""
    source, path = one_line(result.source), one_line(finding.path)
    if finding.line is None:
        return f"{source}: {path}" if path else source
    place = f"{source}:{finding.line}:{finding.column}"
    return f"{place} {path}" if path else place


def one_line(text: str) -> str:
    """A text without line ends and characters that a terminal acts on."""
    return "".join(each if each.isprintable() else " " for each in text)
