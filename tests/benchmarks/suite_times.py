"""What each folder and the costliest files take:

    uv run --group dev python -m pytest -p tests.benchmarks.suite_times

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


COSTLIEST_FILES = 60
_by_folder: dict[str, Taken] = defaultdict(Taken)
_by_file: dict[str, Taken] = defaultdict(Taken)
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
    file = report.nodeid.partition("::")[0]
    for taken in (_by_folder[folder_of(file)], _by_file[file]):
        taken.tests += report.when == "call"
        taken.seconds += report.duration
        taken.cpu += getattr(report, "cpu_seconds", 0.0)


def folder_of(file: str) -> str:
    """The folder below `tests/` that a file is in; files that are in none are one group."""
    parts = file.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else "tests/*.py"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a table of each, what takes most first."""
    for title, taken, rows in (
        ("folder", _by_folder, len(_by_folder)),
        ("file", _by_file, COSTLIEST_FILES),
    ):
        terminalreporter.section(f"CPU seconds by {title}")
        terminalreporter.write_line(
            f"| {title} | tests | seconds | CPU seconds |\n|---|---|---|---|"
        )
        for name, each in sorted(taken.items(), key=lambda row: -row[1].cpu)[:rows]:
            terminalreporter.write_line(
                f"| `{name}` | {each.tests:,} | {each.seconds:,.0f} | {each.cpu:,.0f} |"
            )
