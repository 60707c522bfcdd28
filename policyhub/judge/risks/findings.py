"""Risks as the findings of a report: a type for each answer, the path as the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from policyhub.iam.reading.json_text import Outline, Parts, format_path, line_and_column
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import FindingLevel, ReportKind, RuleNote
from policyhub.judge.risks.paths import RiskPath, known_paths
from policyhub.judge.risks.risk import Risk

_LEVELS = (
    FindingLevel("free", "free", "error", 9.0),
    FindingLevel("bounded", "bounded", "warning", 6.0),
    FindingLevel("undecided", "undecided", "note", can_fail=False),
    FindingLevel("ruled-out", "ruled out", "none", can_fail=False),
)


def report_kind(own: Iterable[RiskPath] = ()) -> ReportKind:
    """The report of the command, with rules of one's own."""
    own_notes = {each.id: _note(each) for each in own}

    def rule(code: str) -> RuleNote:
        return own_notes[code] if code in own_notes else _known_notes()[code]

    return ReportKind(command="risks", levels=_LEVELS, rule=rule, item="risks")


@cache
def _known_notes() -> Mapping[str, RuleNote]:
    return {each.id: _note(each) for each in known_paths()}


def _note(path: RiskPath) -> RuleNote:
    title = f"{path.titled(whole=True)}: {path.name}" if path.name else path.titled(whole=True)
    needed = f" Needs: {path.needs}." if path.needs else ""
    gives = f"{path.gives}. " if path.gives else ""
    explanation = f"{gives}Takes {', '.join(path.actions)}.{needed}"
    return RuleNote(path.id, title, explanation, reference="", type="free")


def findings_of_risks(risks: Sequence[Risk]) -> tuple[ReportedFinding, ...]:
    """A finding for each risk, at the statement that decides it, what is free first.

    Of documents that are judged together no place is given.
    """
    ranks = {level.type: rank for rank, level in enumerate(_LEVELS)}
    ordered = sorted(risks, key=lambda each: ranks[each.answer])
    if not risks or len(risks[0].documents) > 1:
        return tuple(map(_finding, ordered))
    places = _Places(risks[0].documents[0].text)
    return tuple(places.placed(_finding(each), each) for each in ordered)


class _Places:
    """Where the statements of a text are."""

    def __init__(self, text: str) -> None:
        self._text, self._outline = text, Outline(text)

    def placed(self, finding: ReportedFinding, risk: Risk) -> ReportedFinding:
        """A finding at the first statement that decides its risk."""
        statements = [
            *(each.statement for each in risk.deciding),
            *(each.statement for each in risk.ruled_out_by),
        ]
        if not statements:
            return finding
        # A single statement may be there without a list.
        paths: tuple[Parts, ...] = (("Statement", statements[0].position), ("Statement",))
        for parts in paths:
            node = self._outline.find(parts)
            if node is not None:
                line, column = line_and_column(self._text, node.start)
                return replace(finding, path=format_path(parts), line=line, column=column)
        return finding


def _finding(risk: Risk) -> ReportedFinding:
    return ReportedFinding(
        code=risk.id, type=risk.answer, message=_message(risk), evidence=_evidence(risk)
    )


def _message(risk: Risk) -> str:
    named = f" ({risk.path.name})" if risk.path.name else ""
    told = f"{risk.title}{named}"
    if risk.is_claimed:
        details = [each for each in (risk.sentence, *risk.bounds) if each]
    else:
        details = [str(each.to_dict()["inWords"]) for each in risk.ruled_out_by]
    return f"{told}: {'; '.join(details)}" if details else told


def _evidence(risk: Risk) -> dict[str, Any]:
    """What the claim rests on; the requests without the documents, which are at hand."""
    return {
        "actions": list(risk.actions),
        "statements": [each.to_dict() for each in risk.deciding],
        "bounds": list(risk.bounds),
        "requests": [each.to_dict(()) for each in risk.requests],
        "ruledOutBy": [each.to_dict() for each in risk.ruled_out_by],
    }
