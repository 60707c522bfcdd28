"""A report: what was judged, what was found, and how much each type of finding counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from policyhub.judge.reporting.finding import ReportedFinding

SarifLevel = Literal["error", "warning", "note", "none"]


@dataclass(frozen=True, slots=True)
class FindingLevel:
    """A type of finding: how SARIF calls it, and how severe it is for security from 0 to 10.

    `plural` is the type's name after a number. `can_fail` says that a command can be asked to
    fail on it.
    """

    type: str
    plural: str
    sarif: SarifLevel
    security_severity: float = 0.0
    can_fail: bool = True


@dataclass(frozen=True, slots=True)
class RuleNote:
    """What is to be said of a rule wherever its findings are listed."""

    code: str
    title: str
    explanation: str
    reference: str
    type: str


@dataclass(frozen=True)
class ReportKind:
    """A command's kind of report; `levels` begin with the most serious type.

    `rule` says what a code means. `item` is the name of a result's list in JSON.
    """

    command: str
    levels: Sequence[FindingLevel]
    rule: Callable[[str], RuleNote]
    item: str = "findings"

    @property
    def types(self) -> list[str]:
        """The types by name, the most serious first."""
        return [each.type for each in self.levels]

    @property
    def thresholds(self) -> list[str]:
        """The types on which a command can be asked to fail."""
        return [each.type for each in self.levels if each.can_fail]

    def level(self, type_: str) -> FindingLevel:
        """The level of a type."""
        return self.levels[self.types.index(type_)]

    def counts(self, type_: str, threshold: str) -> bool:
        """Whether a type is at or above a threshold."""
        return self.types.index(type_) <= self.types.index(threshold)


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A finding that the baseline accepts, with the reason that it gives."""

    finding: ReportedFinding
    reason: str


@dataclass(frozen=True, slots=True)
class JudgedSource:
    """A document and what was found in it, the most serious first.

    `source` names it as JSON does; `file` is the path of its file, "" where it has none, and
    `text` that file's text; `is_document` says that this is the document itself, so that a fix
    can be made there. `json` replaces the findings in JSON where a report has a form of its own.
    """

    source: str
    file: str
    text: str
    findings: tuple[ReportedFinding, ...]
    accepted: tuple[AcceptedFinding, ...] = ()
    is_document: bool = True
    json: Sequence[Any] | None = None


@dataclass(frozen=True)
class Report:
    """All that a command reports; `threshold` is the type from which on it fails."""

    kind: ReportKind
    results: Sequence[JudgedSource]
    threshold: str
    notes: Sequence[str] = field(default=())

    def findings(self) -> Iterator[ReportedFinding]:
        """Every finding that is not accepted."""
        for each in self.results:
            yield from each.findings

    @property
    def fails(self) -> bool:
        """Whether a finding is at or above the threshold."""
        return any(self.kind.counts(each.type, self.threshold) for each in self.findings())

    @property
    def summary(self) -> str:
        """How many findings of each type there are, in how many documents."""
        counts = Counter(each.type for each in self.findings())
        told = [
            f"{counts[each.type]:,} {each.type if counts[each.type] == 1 else each.plural}"
            for each in self.kind.levels
            if counts[each.type]
        ]
        if not self.results:
            return "no document was checked"
        documents = f"{len(self.results):,} document{'' if len(self.results) == 1 else 's'}"
        accepted = sum(len(each.accepted) for each in self.results)
        rest = f"; {accepted:,} accepted" if accepted else ""
        return f"{', '.join(told) or 'nothing found'} in {documents}{rest}"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON: one object with its results."""
        return {"results": [self._result(each) for each in self.results]}

    def _result(self, result: JudgedSource) -> dict[str, Any]:
        found: Sequence[Any] = [each.to_dict() for each in result.findings]
        told = {
            "source": result.source,
            self.kind.item: found if result.json is None else list(result.json),
        }
        if result.accepted:
            told["accepted"] = [
                {**each.finding.to_dict(), "reason": each.reason} for each in result.accepted
            ]
        return told
