"""What JSON lines expect: how many answers are as expected, and a JUnit report for pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from policyhub.simulate.invariants import NEVER, failure_of_invariant
from policyhub.simulate.path_invariants import NEVER_ALL

# What XML 1.0 can't contain, not even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Tally:
    """How many answers were passes, failures (not as expected) and errors."""

    passed: int = 0
    failed: int = 0
    errors: int = 0

    def count(self, result: dict[str, Any]) -> None:
        """Count an answer; one that nothing was expected of counts nowhere."""
        if "error" in result:
            self.errors += 1
        elif "passed" in result:
            self.passed += result["passed"]
            self.failed += not result["passed"]

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

    def add(self, result: dict[str, Any]) -> None:
        """Add a line's answer; one that nothing was expected of is a case that passes."""
        self._count += 1
        name = result.get("id")
        title = f"line {self._count}" if name is None else str(name)
        self._cases.write(f"  <testcase classname={_attribute(self._suite)} ")
        self._cases.write(f"name={_attribute(title)}")
        if result.get("passed", True) and "error" not in result:
            self._cases.write("/>\n")
            return
        element = "error" if "error" in result else "failure"
        message = _attribute(failure_in_words(result))
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
