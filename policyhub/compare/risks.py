"""Which risks the sides of a comparison have, and what one has more than the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policyhub.compare.sides import Side
from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.reading.document import PolicyDocument
from policyhub.judge.risks.attached import JudgedDocument
from policyhub.judge.risks.changes import RiskChange, risk_changes
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.risk import Risk
from policyhub.judge.risks.rules_of_today import rules_of_today

_KEPT = 64
# A pasted document of more characters is no policy of IAM, and judging it would take long.
LONGEST_JUDGED = 50_000
# Measured: 45,000 characters of the costliest conditions take a fifth of a second.
_STEPS_A_CHARACTER = 15


@dataclass(frozen=True)
class RisksOfPair:
    """What one can do with the right side to another extent than with the left."""

    gained: tuple[RiskChange, ...]
    lost: tuple[RiskChange, ...]

    @property
    def in_words(self) -> str:
        """How many of each, without a full stop; "" where nothing changed."""
        named = ((self.gained, "gained"), (self.lost, "lost"))
        counted = [
            f"{len(changes)} risk{'' if len(changes) == 1 else 's'} {what}"
            for changes, what in named
            if changes
        ]
        return " and ".join(counted)

    def to_dict(self) -> dict[str, Any]:
        """The two lists as JSON has them."""
        return {
            "risksGained": [each.to_dict() for each in self.gained],
            "risksLost": [each.to_dict() for each in self.lost],
        }


def risks_of_pair(left: Side, right: Side, budget: Budget = NO_LIMIT) -> RisksOfPair | None:
    """The risks gained and lost from left to right.

    None where a document is too long, or where the budget is spent.
    """
    if any(len(each.text) > LONGEST_JUDGED for each in (left, right) if not each.policy_name):
        return None
    try:
        changes = risk_changes(_risks(left, budget), _risks(right, budget))
    except SpentError:
        return None
    return RisksOfPair(
        tuple(each for each in changes if each.is_gain),
        tuple(each for each in changes if not each.is_gain),
    )


def _risks(side: Side, budget: Budget) -> tuple[Risk, ...]:
    """The risks of a side, found once for all its pairs; a managed policy's are kept."""
    if side.policy_name:
        return _found_and_kept(side.label, side.text, side.policy)
    if not side.judged:
        budget.spend(_STEPS_A_CHARACTER * len(side.text))
        side.judged.append(_risks_of_text(side.label, side.text, side.policy))
    return side.judged[0]


def _risks_of_text(label: str, text: str, policy: PolicyDocument) -> tuple[Risk, ...]:
    return risks_of(JudgedDocument(label, text, policy), vocabulary=rules_of_today().vocabulary)


_found_and_kept = lru_cache(maxsize=_KEPT)(_risks_of_text)
