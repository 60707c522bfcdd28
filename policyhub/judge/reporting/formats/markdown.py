"""A report in Markdown, for a comment on a change or a page of a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.formats.plain_text import one_line
from policyhub.judge.reporting.report import JudgedSource, Report

# What Markdown or HTML could take for more than text, outside of code.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_CODE = re.compile(r"`([^`]*)`")


def in_markdown(report: Report) -> str:
    """The report: a table per document, the counts first."""
    lines = [
        f"# {report.kind.command.capitalize()}",
        "",
        f"{text_in_markdown(report.summary)}.",
        "",
    ]
    lines += [f"- {text_in_markdown(each)}" for each in report.notes]
    for result in report.results:
        lines += _section(report, result)
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(report: Report, result: JudgedSource) -> Iterator[str]:
    if not result.findings and not result.accepted:
        return
    yield f"## {text_in_markdown(result.source)}"
    yield ""
    if result.findings:
        yield "| type | rule | where | what |"
        yield "|---|---|---|---|"
        yield from (_row(report, each) for each in result.findings)
        yield ""
    for each in result.accepted:
        yield f"- accepted: {text_in_markdown(each.finding.code)} ({text_in_markdown(each.reason)})"
    if result.accepted:
        yield ""


def _row(report: Report, finding: ReportedFinding) -> str:
    rule = (
        f"[{text_in_markdown(finding.code)}]({finding.reference})"
        if finding.reference
        else (text_in_markdown(finding.code))
    )
    place = f"line {finding.line}" if finding.line else code_in_markdown(finding.path)
    fix = f" Fix: {message_in_markdown(finding.fix.description)}." if finding.fix else ""
    return f"| {finding.type} | {rule} | {place} | {message_in_markdown(finding.message)}.{fix} |"


def message_in_markdown(text: str) -> str:
    """A message: what is in backticks stays code, all else is text."""
    pieces = _CODE.split(one_line(text))
    return "".join(
        code_in_markdown(piece) if at % 2 else text_in_markdown(piece)
        for at, piece in enumerate(pieces)
    )


def text_in_markdown(text: str) -> str:
    """A text in one line, nothing of which Markdown takes for more than text."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def code_in_markdown(text: str) -> str:
    """Code in a cell: a bar ends the cell even there, unless it is escaped."""
    return f"`{one_line(text)}`".replace("|", "\\|") if text else ""
