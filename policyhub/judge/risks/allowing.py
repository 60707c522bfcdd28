"""When identity policies allow an action on the resources of a target, over what is open.

The same truth as `policyhub.iam.explaining.residual` finds, without its simplifying: paths ask
for thousands of truths, and put few of them in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from policyhub.iam.deciding.conditions import CompiledCondition
from policyhub.iam.deciding.decision import Verdict
from policyhub.iam.deciding.formula import AllOf, AnyOf, Literal, Truth, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledStatement, ResourcePattern
from policyhub.iam.explaining.facts import ResourceCovered, holds_of
from policyhub.judge.risks.targets import Target
from policyhub.judge.risks.truths import joined


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A request with every key open but those that it has, and those that are never sent."""

    request: Request
    target: Target
    never_sent: Collection[str]

    def allowed_by(self, statements: Iterable[CompiledStatement]) -> Truth:
        """When an Allow among some statements matches and no Deny does."""
        allows: list[Truth] = []
        denies: list[Truth] = []
        for each in statements:
            (denies if each.is_deny else allows).append(self.matches(each))
        return joined(AllOf, [joined(AnyOf, allows), *map(negation, denies)])

    def matches(self, statement: CompiledStatement) -> Truth:
        """When a statement about the action matches."""
        conditions = map(self._holds, statement.conditions)
        return joined(AllOf, [self._is_about_resource(statement), *conditions])

    def _is_about_resource(self, statement: CompiledStatement) -> Truth:
        if statement.on_all_resources:
            return True
        if not self.target.is_open:
            return statement.is_about_resource(self.request)
        covered = joined(AnyOf, map(self._covers, statement.resources))
        return negation(covered) if statement.statement.not_resource else covered

    def _covers(self, entry: ResourcePattern) -> Truth:
        if not self.target.meets(entry.widest):
            return False
        if not entry.varies and self.target.covered_by(entry.text):
            return True
        return Literal(ResourceCovered(entry.text, "", entry))

    def _holds(self, condition: CompiledCondition) -> Truth:
        """When a condition is true; one that can't be evaluated never is."""
        if condition.use.operator is not None and any(map(self._is_open, condition.needs)):
            return Literal(holds_of(condition))
        return condition.match(self.request.context).verdict is Verdict.MATCHES

    def _is_open(self, key: str) -> bool:
        lowered = key.lower()
        return lowered not in self.request.context and lowered not in self.never_sent
