"""What each folder takes: `uv run --group dev python -m pytest -p tests.benchmarks.suite_times`.

CPU seconds are those of the test processes and of what they have started and ended. A server or
a browser that many tests share counts where the last of them ends it.
"""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass

import pytest


@dataclass
class Taken:
    """What the tests of a folder took, in seconds."""

    tests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


_taken: dict[str, Taken] = defaultdict(Taken)
_last = [0.0]


def _cpu_seconds() -> float:
    of = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in of)


def pytest_runtest_logstart() -> None:
    """Begin to count."""
    _last[0] = _cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what a test took since the last note, in the process that ran it."""
    report = yield
    now = _cpu_seconds()
    vars(report)["cpu_seconds"] = now - _last[0]  # xdist hands on whatever a report has
    _last[0] = now
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add it up, in the process that reports."""
    taken = _taken[folder_of(report.nodeid)]
    taken.tests += report.when == "call"
    taken.seconds += report.duration
    taken.cpu += getattr(report, "cpu_seconds", 0.0)


def folder_of(nodeid: str) -> str:
    """The folder below `tests/` that a test is in; files that are in none are one group."""
    parts = nodeid.partition("::")[0].split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else "tests/*.py"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a table, the folder that takes most first."""
    write = terminalreporter.write_line
    terminalreporter.section("what the folders take")
    write("| folder | tests | seconds | CPU seconds |\n|---|---|---|---|")
    for folder, each in sorted(_taken.items(), key=lambda row: -row[1].cpu):
        write(f"| `{folder}` | {each.tests:,} | {each.seconds:,.0f} | {each.cpu:,.0f} |")
