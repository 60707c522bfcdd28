"""What JSON lines expect: how many answers are as expected, and a JUnit report for pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple
from xml.sax.saxutils import quoteattr

from policyhub.simulate.invariants import NEVER, failure_of_invariant
from policyhub.simulate.lines import to_line
from policyhub.simulate.path_invariants import NEVER_ALL

# What XML 1.0 can't contain, not even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class AnsweredLine(NamedTuple):
    """An answer as a line of JSON, and what is reported of it.

    `outcome` is "passed", "failed" or "error", "" where nothing was expected; `message` tells why
    it is one of the latter two.
    """

    text: str
    name: str | None
    outcome: str = ""
    message: str = ""


def answered_line(result: dict[str, Any]) -> AnsweredLine:
    """An answer as a line, with what is reported of it."""
    name = result.get("id")
    text, title = to_line(result), None if name is None else str(name)
    if "error" in result:
        return AnsweredLine(text, title, "error", failure_in_words(result))
    if "passed" not in result:
        return AnsweredLine(text, title)
    if result["passed"]:
        return AnsweredLine(text, title, "passed")
    return AnsweredLine(text, title, "failed", failure_in_words(result))


@dataclass(slots=True)
class Tally:
    """How many answers were passes, failures (not as expected) and errors."""

    passed: int = 0
    failed: int = 0
    errors: int = 0

    def count(self, line: AnsweredLine) -> None:
        """Count an answer; one that nothing was expected of counts nowhere."""
        self.errors += line.outcome == "error"
        self.passed += line.outcome == "passed"
        self.failed += line.outcome == "failed"

    @property
    def is_clean(self) -> bool:
        """Whether every line was answered, and as expected."""
        return not (self.failed or self.errors)

    def in_words(self) -> str:
        """One line about it all; empty where nothing was expected."""
        if not (self.passed or self.failed):
            return ""
        errors = f", {self.errors:,} could not be answered" if self.errors else ""
        return f"{self.passed:,} as expected, {self.failed:,} not{errors}"


def failure_in_words(result: dict[str, Any]) -> str:
    """What an answer is, and what was expected; or why there is none."""
    if "error" in result:
        return str(result["error"]["message"])
    if NEVER in result or NEVER_ALL in result:
        return failure_of_invariant(result)
    blocked = ", ".join(result["blockedBy"])
    by = f", blocked by {blocked}" if blocked else ""
    return f"expected {result['expect']}, but got {result['decision']}{by}"


class JUnitReport:
    """A report of all lines as JUnit XML; `cases` is a file in which they are kept meanwhile."""

    def __init__(self, suite: str, cases: IO[str]) -> None:
        self._suite, self._cases = suite, cases
        self._count = 0

    def add(self, line: AnsweredLine) -> None:
        """Add a line's answer; one that nothing was expected of is a case that passes."""
        self._count += 1
        title = f"line {self._count}" if line.name is None else line.name
        self._cases.write(f"  <testcase classname={_attribute(self._suite)} ")
        self._cases.write(f"name={_attribute(title)}")
        if line.outcome not in ("failed", "error"):
            self._cases.write("/>\n")
            return
        element = "error" if line.outcome == "error" else "failure"
        message = _attribute(line.message)
        self._cases.write(f">\n    <{element} message={message}/>\n  </testcase>\n")

    def write_to(self, file: IO[str], tally: Tally) -> None:
        """Write the complete report, once every line was added."""
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(
            f'<testsuite name={_attribute(self._suite)} tests="{self._count}" '
            f'failures="{tally.failed}" errors="{tally.errors}">\n'
        )
        self._cases.seek(0)
        file.writelines(_chunks(self._cases))
        file.write("</testsuite>\n")


def _chunks(file: IO[str]) -> Iterator[str]:
    while chunk := file.read(65_536):
        yield chunk


def _attribute(text: str) -> str:
    return quoteattr(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text))
