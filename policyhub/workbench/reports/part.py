"""What a report says of one document: verdict, risks, bounds, denies, lint, checks, changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions_of
from policyhub.catalog.access_levels import COUNT_COLUMNS, FREE_COLUMNS, LEVELS
from policyhub.catalog.models import Policy
from policyhub.catalog.prose.checks import CHECKS, Finding, Prose, disagreements
from policyhub.iam.language.elements import Statement
from policyhub.iam.language.wording import Words, join_words, plain, say, statement_in_words
from policyhub.judge.lint.codes import lint_codes
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import RuleNote
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.verdict import RiskVerdict, one_for_each_title, verdict
from policyhub.workbench.reports.changes import ChangesSince
from policyhub.workbench.reports.subject import ReportSubject

# Longer lists are told by their number: the document at the end has every action.
_MOST_ACTIONS = 12


@dataclass(frozen=True)
class StatementOnRecord:
    """A statement by its number, counted from 1, and what it does in words, every bound of it."""

    number: int
    statement: Statement
    words: Words
    takes_away: int = 0
    limits: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The statement as JSON has it."""
        return {
            "statement": self.statement.position,
            "sid": self.statement.sid,
            "effect": self.statement.effect,
            "inWords": plain(self.words),
        }


@dataclass(frozen=True)
class LevelOnRecord:
    """How many actions of an access level are granted, and how many of these freely."""

    level: str
    granted: int
    free: int


@dataclass(frozen=True, eq=False)
class DocumentReport:
    """One document of a report; `changes` since the last review, None if there is no older one."""

    subject: ReportSubject
    changes: ChangesSince | None = None

    @cached_property
    def verdict(self) -> RiskVerdict:
        """What it amounts to."""
        return verdict(self.subject.risks, self.subject.counts)

    @property
    def sentence(self) -> str:
        """The verdict in a sentence, with what to do about it."""
        return f"{self.verdict.sentence} {self.verdict.advice}".strip()

    @cached_property
    def risks(self) -> Sequence[Risk]:
        """Each thing that one can do by the way that gives most of it, with its proof."""
        return one_for_each_title([each for each in self.subject.risks if each.is_claimed])

    @property
    def ruled_out(self) -> Sequence[Risk]:
        """The paths that are ruled out by something that can be named."""
        return [each for each in self.verdict.ruled_out if each.ruled_out_by]

    @cached_property
    def allows(self) -> Sequence[StatementOnRecord]:
        """The Allow statements, each with its bounds in words."""
        return [self._recorded(each) for each in self._statements("Allow")]

    @cached_property
    def denies(self) -> Sequence[StatementOnRecord]:
        """The Deny statements, with how many actions each takes from the document, or limits."""
        return [self._recorded(each) for each in self._statements("Deny")]

    @cached_property
    def levels(self) -> Sequence[LevelOnRecord]:
        """The access levels of which something is granted."""
        counts = self.subject.counts
        rows = (
            LevelOnRecord(
                each, getattr(counts, COUNT_COLUMNS[each]), getattr(counts, FREE_COLUMNS[each])
            )
            for each in LEVELS
        )
        return [each for each in rows if each.granted]

    @property
    def lint(self) -> Sequence[tuple[ReportedFinding, RuleNote]]:
        """What is wrong with the document, each with its rule."""
        return [(each, lint_codes()[each.code]) for each in self.subject.findings]

    @cached_property
    def checks(self) -> Sequence[tuple[Finding, str]] | None:
        """Where the documentation disagrees with the document, each with its check's title.

        None where no documentation of the policy is stored.
        """
        policy = self.subject.policy
        if policy is None or not (policy.summary or policy.descriptions.exists()):
            return None
        return [(each, CHECKS[each.code].title) for each in _disagreements(policy)]

    def to_dict(self) -> dict[str, Any]:
        """The document's part of the JSON."""
        return {
            "name": self.subject.name,
            "versionId": self.subject.version.version_id if self.subject.version else None,
            "verdict": self.verdict.to_dict(),
            "levels": [asdict(each) for each in self.levels],
            "risks": [each.to_dict() for each in self.risks],
            "ruledOut": [each.to_dict() for each in self.ruled_out],
            "bounds": [each.to_dict() for each in self.allows],
            "denies": [
                {**each.to_dict(), "takesAway": each.takes_away, "limits": each.limits}
                for each in self.denies
            ],
            "lint": [each.to_dict() for each, _ in self.lint],
            "checks": None if self.checks is None else [each.to_dict() for each, _ in self.checks],
            "changes": self.changes.to_dict() if self.changes else None,
            "sources": sources_of(self.subject),
        }

    def _statements(self, effect: str) -> list[Statement]:
        return [each for each in self.subject.document.statements if each.effect == effect]

    def _recorded(self, statement: Statement) -> StatementOnRecord:
        permissions = self.subject.permissions
        return StatementOnRecord(
            statement.position + 1,
            statement,
            _statement_in_words(statement, self.subject.document.version),
            sum(
                _denies(statement, each.denied_by) for each in permissions.denied if each.allowed_by
            ),
            sum(_denies(statement, each.denied_by) for each in permissions.grants),
        )


def sources_of(subject: ReportSubject) -> dict[str, Any]:
    """Where the document was read, and when."""
    version = subject.version
    if version is None:
        return {"source": "file", "retrievedOn": None, "createdAt": None, "documentationUrl": None}
    return {
        "source": version.source,
        "retrievedOn": version.retrieved_on,
        "createdAt": version.created_at,
        "documentationUrl": version.policy.documentation_url or None,
    }


def _statement_in_words(statement: Statement, language: str) -> Words:
    """What a statement does; of very many actions only their number."""
    if len(statement.actions) <= _MOST_ACTIONS:
        return statement_in_words(statement, language)
    verb = "Allows" if statement.effect == "Allow" else "Denies"
    every = "every action except those of " if statement.not_action else ""
    short = say(f"{verb} {every}{len(statement.actions):,} action patterns")
    words = statement_in_words(statement, language)
    actions = [place for place, each in enumerate(words) if each.kind == "action"]
    return join_words(short, words[actions[-1] + 1 :])


def _denies(statement: Statement, denied_by: Sequence[Statement]) -> bool:
    return any(each.position == statement.position for each in denied_by)


def _disagreements(policy: Policy) -> Sequence[Finding]:
    patterns = tuple(policy.descriptions.values_list("pattern", flat=True))
    prose = Prose(patterns, policy.documented_attachable, policy.path)
    return disagreements(prose, _permissions_described(policy))


def _permissions_described(policy: Policy) -> EffectivePermissions | None:
    """What the version grants that the documentation describes, whichever is under review."""
    described = policy.described_version
    if described is None:
        return None
    return effective_permissions_of(described.document, described.digest)
