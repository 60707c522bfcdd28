"""The formats of a report by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from policyhub.judge.reporting.formats.junit import in_junit
from policyhub.judge.reporting.formats.markdown import in_markdown
from policyhub.judge.reporting.formats.plain_text import in_plain_text
from policyhub.judge.reporting.formats.sarif import in_sarif
from policyhub.judge.reporting.report import Report


def in_json(report: Report) -> str:
    """The report as one JSON object."""
    return json.dumps(report.to_dict(), indent=1) + "\n"


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": in_plain_text,
    "json": in_json,
    "sarif": in_sarif,
    "junit": in_junit,
    "markdown": in_markdown,
}
