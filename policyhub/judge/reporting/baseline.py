"""Findings that a team has accepted: a JSON file with who, why and until when.

`{"accepted": [{"source", "code", "reason", "until", "path", "fingerprint"}]}`; only `source`,
`code` and `reason` are needed. Without a fingerprint an entry is about every finding of the code
in the source, and in a `path` where it has one; `source` may have wildcards. From the day after
`until` the findings are reported again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.reading.encoding import decoded
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import AcceptedFinding, JudgedSource

_MEMBERS = frozenset({"source", "code", "reason", "until", "path", "fingerprint", "message"})
_NEEDED = ("source", "code", "reason")


class UnusableBaselineError(ValueError):
    """A baseline that can't be read; the message says where and how to fix it."""


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """One row of a baseline. `until` is the last day on which it counts, None without an end."""

    source: str
    code: str
    reason: str
    until: date | None = None
    path: str = ""
    fingerprint: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry as a baseline has it."""
        told = {
            "source": self.source,
            "code": self.code,
            "path": self.path,
            "fingerprint": self.fingerprint,
            "reason": self.reason,
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in told.items() if value}

    def accepts(self, finding: ReportedFinding, source: str) -> bool:
        """Whether it is about a finding."""
        return (
            finding.code == self.code
            and compile_pattern(self.source).matches(source)
            and self.path in ("", finding.path)
            and self.fingerprint in ("", finding.fingerprint(source))
        )


@dataclass(frozen=True)
class Baseline:
    """The entries of a baseline that count on a day, and those whose time is over."""

    entries: Sequence[BaselineEntry] = ()
    expired: Sequence[BaselineEntry] = ()

    def applied(self, result: JudgedSource) -> JudgedSource:
        """A result with what the baseline accepts set apart."""
        kept: list[ReportedFinding] = []
        accepted = list(result.accepted)
        for finding in result.findings:
            entry = self._entry_about(finding, result.source)
            if entry is None:
                kept.append(finding)
            else:
                accepted.append(AcceptedFinding(finding, entry.reason))
        return replace(result, findings=tuple(kept), accepted=tuple(accepted))

    def _entry_about(self, finding: ReportedFinding, source: str) -> BaselineEntry | None:
        return next((each for each in self.entries if each.accepts(finding, source)), None)


def read_baseline(path: Path, today: date) -> Baseline:
    """The baseline in a file. Raises `UnusableBaselineError`."""
    entries = [_entry(each, f"{path}, entry {at}") for at, each in enumerate(_rows(path), start=1)]
    over = [each for each in entries if each.until is not None and each.until < today]
    return Baseline([each for each in entries if each not in over], over)


def baseline_of(
    results: Iterable[JudgedSource], reason: str, until: date | None, before: Baseline
) -> dict[str, Any]:
    """A baseline that accepts everything that was found, as JSON has it.

    What `before` accepts stays as it is, with its own reason and last day.
    """
    rows = [each.to_dict() for each in before.entries]
    for result in map(before.applied, results):
        for finding in result.findings:
            entry = BaselineEntry(
                result.source,
                finding.code,
                reason,
                until,
                fingerprint=finding.fingerprint(result.source),
            )
            rows.append({**entry.to_dict(), "message": finding.message})
    return {"accepted": rows}


def _rows(path: Path) -> list[Any]:
    try:
        value = json.loads(decoded(path.read_bytes()))
    except OSError as error:
        raise UnusableBaselineError(f"{path} can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise UnusableBaselineError(f"{path} is not JSON: {error}") from error
    rows = value.get("accepted") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise UnusableBaselineError(f"{path} has no list `accepted`")
    return rows


def _entry(row: Any, place: str) -> BaselineEntry:
    if not isinstance(row, Mapping):
        raise UnusableBaselineError(f"{place} is not an object")
    unknown = sorted(set(row) - _MEMBERS)
    if unknown:
        raise UnusableBaselineError(f"{place} has an unknown member `{unknown[0]}`")
    texts = {name: row[name] for name in _MEMBERS - {"until"} if row.get(name) is not None}
    wrong = next((name for name, text in texts.items() if not isinstance(text, str)), None)
    if wrong:
        raise UnusableBaselineError(f"{place}: `{wrong}` is not a string")
    missing = next((name for name in _NEEDED if not texts.get(name, "").strip()), None)
    if missing:
        raise UnusableBaselineError(f"{place} has no `{missing}`")
    texts.pop("message", None)
    return BaselineEntry(until=_day(row.get("until"), place), **texts)


def _day(text: Any, place: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise UnusableBaselineError(
            f"{place}: `until` is not a day: write it as 2026-12-31"
        ) from error
