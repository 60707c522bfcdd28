"""What became of single actions from one identity policy to another: wider, narrower, or neither.

Two policies treat an action alike where their statements about it say the same; only where
these differ, what one allows is compared with what the other does. Actions about which the
same is said are decided once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.compared_policy import ComparedPolicy
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.difference import Difference
from policyhub.iam.comparing.perhaps_asked import is_perhaps_asked
from policyhub.iam.comparing.proof import own_rules
from policyhub.iam.comparing.resource_values import resource_demand
from policyhub.iam.deciding.evaluation import needs_no_permission
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.language.elements import PolicyDocument

ActionChange = Literal["same", "wider", "narrower", "different", "undecided"]
# What it takes to find both sides' statements about an action.
_STEPS_OF_AN_ACTION = 100
# More than there are actions.
_KINDS_KEPT = 65_536
_CHANGES: dict[tuple[bool | None, bool | None], ActionChange] = {
    (False, False): "same",
    (False, True): "wider",
    (True, False): "narrower",
    (True, True): "different",
}


@lru_cache(maxsize=_KINDS_KEPT)
def _kind(action: str, facts: ServiceFacts | None) -> object:
    if facts is None:
        return own_rules(action)
    return own_rules(action), resource_demand(action, facts), is_perhaps_asked(action, facts)


class ActionChanges:
    """The changes of actions from a left policy to a right one."""

    def __init__(
        self,
        left: PolicyDocument,
        right: PolicyDocument,
        budget: Budget = NO_LIMIT,
        contexts: Contexts = ANY_CONTEXT,
        facts: ServiceFacts | None = None,
    ) -> None:
        self._budget, self._facts = budget, facts
        self._left, self._right = ComparedPolicy(left), ComparedPolicy(right)
        self._lost = Difference(self._left, self._right, budget, contexts, facts)
        self._gained = Difference(self._right, self._left, budget, contexts, facts)
        self._known: dict[object, ActionChange] = {}

    def of(self, action: str) -> ActionChange:
        """What became of an action: `wider` is allowed in all cases of before, and in others.

        Once the budget is spent, the answer is `undecided`.
        """
        if needs_no_permission(Request(action)):
            return "same"
        try:
            self._budget.spend(_STEPS_OF_AN_ACTION)
        except SpentError:
            return "undecided"
        said = tuple(side.meaning(side.about(action)) for side in (self._left, self._right))
        if said[0] == said[1]:
            return "same"
        key = said, self.kind(action)
        if key not in self._known:
            self._known[key] = self._decided(action)
        return self._known[key]

    def kind(self, action: str) -> object:
        """What matters besides the statements about an action: own rules, and its resources."""
        return _kind(action, self._facts)

    def _decided(self, action: str) -> ActionChange:
        try:
            found = self._lost.of_action(action), self._gained.of_action(action)
        except SpentError:
            return "undecided"
        return _CHANGES.get(found, "undecided")
