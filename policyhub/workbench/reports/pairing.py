"""What one document allows that another doesn't: the verdict, statements, actions, risks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.comparison import Comparison, Relation, compare
from policyhub.iam.comparing.contexts import contexts_of
from policyhub.iam.comparing.evidence import denied_in_words, reason_in_words, reasons
from policyhub.iam.comparing.proof import Witness
from policyhub.iam.language.wording import Words, join_words, plain
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.workbench.reports.subject import ReportSubject

_SENTENCES: dict[Relation, str] = {
    "equivalent": "{right} allows exactly what {left} allows",
    "left_subset": "{right} allows everything that {left} allows, and more",
    "right_subset": "{right} allows less than {left}, and nothing else",
    "disjoint": "{right} allows nothing of what {left} allows, but other requests",
    "overlapping": "{right} allows requests that {left} does not, and no longer others",
    "undecided": "Whether {right} allows more than {left} is undecided",
}
# What the verdict did to access from left to right, in the words of the change log.
ACCESS: dict[Relation, str] = {
    "equivalent": "none",
    "left_subset": "widened",
    "right_subset": "narrowed",
    "disjoint": "both",
    "overlapping": "both",
    "undecided": "undecided",
}


@dataclass(frozen=True, eq=False)
class SubjectPair:
    """An older or left document and a newer or right one, compared within a budget."""

    left: ReportSubject
    right: ReportSubject
    budget: Budget = NO_LIMIT

    @cached_property
    def found(self) -> Comparison:
        """The comparison, in the contexts that AWS can send."""
        facts = get_service_facts()
        return compare(
            self.left.document, self.right.document, facts, self.budget, contexts_of(facts)
        )

    @property
    def access(self) -> str:
        """What the right document does to access."""
        return ACCESS[self.found.possible_verdict]

    @property
    def sentence(self) -> str:
        """The verdict about requests that AWS can be asked, without a full stop."""
        template = _SENTENCES[self.found.possible_verdict]
        return template.format(left=self.left.name, right=self.right.name)

    @cached_property
    def gained(self) -> tuple[Words, ...]:
        """What the right document alone allows, a clause for each of its statements."""
        return tuple(_clauses(self.found.only_right, self.right, self.left))

    @cached_property
    def lost(self) -> tuple[Words, ...]:
        """What the left document alone allows."""
        return tuple(_clauses(self.found.only_left, self.left, self.right))

    @cached_property
    def actions_gained(self) -> tuple[str, ...]:
        """The actions that the right document grants and the left one doesn't grant at all."""
        return _granted_only(self.right, self.left)

    @cached_property
    def actions_lost(self) -> tuple[str, ...]:
        """The same the other way round."""
        return _granted_only(self.left, self.right)

    @cached_property
    def risks(self) -> tuple[RiskChange, ...]:
        """What one can do to another extent, the most serious first."""
        return risk_changes(self.left.risks, self.right.risks)

    @property
    def risks_gained(self) -> tuple[RiskChange, ...]:
        """What one can newly do, or with fewer bounds."""
        return tuple(each for each in self.risks if each.is_gain)

    @property
    def risks_lost(self) -> tuple[RiskChange, ...]:
        """What one can no longer do, or only with bounds."""
        return tuple(each for each in self.risks if not each.is_gain)

    def to_dict(self) -> dict[str, Any]:
        """The pair as JSON has it."""
        return {
            "left": self.left.name,
            "right": self.right.name,
            "verdict": self.found.possible_verdict,
            "access": self.access,
            "sentence": self.sentence,
            "undecided": list(self.found.undecided),
            "gained": [plain(each) for each in self.gained],
            "lost": [plain(each) for each in self.lost],
            "actionsGained": list(self.actions_gained),
            "actionsLost": list(self.actions_lost),
            "onlyLeft": [each.to_dict() for each in self.found.only_left],
            "onlyRight": [each.to_dict() for each in self.found.only_right],
            "risksGained": [each.to_dict() for each in self.risks_gained],
            "risksLost": [each.to_dict() for each in self.risks_lost],
        }


def _clauses(
    witnesses: Iterable[Witness], allowing: ReportSubject, other: ReportSubject
) -> Iterable[Words]:
    for each in reasons(witnesses, allowing.document, other.document):
        denied = denied_in_words(each)
        denying = join_words(f"; in {other.name} ", denied) if denied else ()
        yield join_words(reason_in_words(each), denying)


def _granted_only(one: ReportSubject, other: ReportSubject) -> tuple[str, ...]:
    theirs = {each.action.id for each in other.permissions.grants}
    names = (each.action.id for each in one.permissions.grants)
    return tuple(each for each in names if each not in theirs)
