"""What of a document can go, for another part of it says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.budget import Budget, Steps
from policyhub.iam.comparing.comparison import excess
from policyhub.iam.language.elements import PolicyDocument, Statement, Usage
from policyhub.iam.language.patterns import covers
from policyhub.judge.lint.rules_actions import redundant_actions
from policyhub.judge.lint.rules_redundant import parts_of_other_statements
from policyhub.judge.lint.rules_resources import redundant_resources
from policyhub.judge.lint.rules_statements import repeated_statements
from policyhub.judge.lint.subject import LintedPolicy, RuleHit
from policyhub.workbench.minimising.same_saying import SaidStatements

Json = Any
# For the proof that other statements allow what one allows; the longest of AWS's own need less.
_STEPS_OF_A_STATEMENT = 200_000


@dataclass(frozen=True, slots=True)
class IdleStatement:
    """A statement without which the document says the same; `position` counts from 0."""

    position: int
    message: str


class RedundantParts:
    """The parts of a document that can go."""

    def __init__(
        self, policy: PolicyDocument, value: Json, usage: Usage, facts: ReferenceFacts
    ) -> None:
        self.policy = policy
        self._subject = LintedPolicy(policy, value, usage, facts)

    def within_lists(self) -> list[RuleHit]:
        """Actions and resources that others of their list cover: they can go together."""
        found = [*redundant_actions(self._subject), *redundant_resources(self._subject)]
        return [each for each in found if each.fix is not None]

    def repeated(self) -> list[RuleHit]:
        """Statements that say what an earlier one says: they can go together."""
        return list(repeated_statements(self._subject))

    def of_other_statements(self) -> Iterator[RuleHit]:
        """Actions and resources that other statements have: one at a time can go."""
        return parts_of_other_statements(self._subject)

    def statements(self, budget: Budget, doubts: list[str]) -> Iterator[IdleStatement]:
        """Statements that others make needless: one at a time can go.

        Seen by their wording; else proved by the comparison of policies, which says where it took
        too much work in `doubts`.
        """
        everything = self.policy.statements
        for statement in reversed(everything):
            others = [each for each in everything if each is not statement]
            name = f"statement {statement.position + 1}"
            if SaidStatements(others, self.policy.version).say(statement):
                yield IdleStatement(statement.position, f"other statements say what {name} says")
            elif (is_idle := self._is_allowed_by(others, statement, budget)) is None:
                doubts.append(f"whether {name} allows anything that no other one allows")
            elif is_idle:
                message = f"other statements allow everything that {name} allows"
                yield IdleStatement(statement.position, message)

    def _is_allowed_by(
        self, others: Sequence[Statement], statement: Statement, budget: Budget
    ) -> bool | None:
        """Whether other statements allow what one allows; None where that is not decided.

        What the document denies plays no part: it denies both.
        """
        allows = [each for each in others if each.effect == "Allow"]
        if statement.effect != "Allow" or not _may_have_all_actions(allows, statement):
            return False
        alone, rest = (
            replace(self.policy, statements=tuple(replace(each, position=at)
                                                  for at, each in enumerate(some)))
            for some in ([statement], allows)
        )  # fmt: skip
        work = Steps(_STEPS_OF_A_STATEMENT)
        found = excess(alone, rest, None, work)
        budget.spend(_STEPS_OF_A_STATEMENT - max(work.left, 0))
        return True if found.is_none else False if found.witnesses else None


def _may_have_all_actions(statements: Sequence[Statement], one: Statement) -> bool:
    """Whether each action of a statement is one of others: otherwise it is needed for it."""
    if one.not_action:
        return any(each.not_action for each in statements)
    return all(any(_may_have(each, action) for each in statements) for action in one.actions)


def _may_have(statement: Statement, action: str) -> bool:
    is_listed = any(covers(each, action, ignore_case=True) for each in statement.actions)
    return is_listed is not statement.not_action
