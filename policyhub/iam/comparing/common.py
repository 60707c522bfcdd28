"""Whether two policies have anything in common: a request that both allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.comparing.automaton import TooManyStatesError
from policyhub.iam.comparing.compared_policy import ComparedPolicy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.perhaps_asked import is_perhaps_asked, perhaps_asked_in_words
from policyhub.iam.comparing.proof import own_rules, proof_of
from policyhub.iam.comparing.resource_values import resource_demand
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.comparing.witness_search import MODELS_TRIED
from policyhub.iam.deciding.formula import Truth
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.explaining.residual import residual


@dataclass
class Common:
    """What both sides allow; `cells` gives a name for each group of actions."""

    one: ComparedPolicy
    other: ComparedPolicy
    cells: Callable[[], Iterable[str]]
    budget: Budget
    contexts: Contexts
    facts: ServiceFacts | None
    is_cut_short: bool = False
    all_doubts: dict[str, None] = field(default_factory=dict)

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.budget, self.contexts)

    @cached_property
    def has_any(self) -> bool | None:
        """Whether both allow any request; None where that is undecided."""
        return True if self._has_known else self._has((action, True) for action in self.cells())

    def has_asked(self) -> bool | None:
        """Whether both allow a request that AWS can be asked; None where that is undecided.

        The same as of any where the facts are left aside.
        """
        if self.facts is None or not self.has_any:
            return self.has_any
        if self._has_known is False and self._perhaps_has(self.facts):
            return None
        return self._has_known

    @cached_property
    def _has_known(self) -> bool | None:
        """Whether both allow an action that is known; None where that is undecided."""
        if self.facts is None:
            return None
        actions = self._allowed_by_one(self.facts)
        return self._has((action, resource_demand(action, self.facts)) for action in actions)

    def _allowed_by_one(self, facts: ServiceFacts) -> Iterator[str]:
        """The actions that one side may allow: those that are known, then others by name."""
        patterns = [
            pattern
            for statement in self.one.policy.statements
            if statement.effect == "Allow"
            for pattern in (("*",) if statement.not_action else statement.actions)
        ]
        for each in patterns:
            yield from facts.actions_matching(each)
        yield from (each for each in patterns if "*" not in each and facts.types(each) is None)

    def _perhaps_has(self, facts: ServiceFacts) -> bool:
        """Whether both allow a request of which it is not known whether AWS is asked it."""
        for action in self._allowed_by_one(facts):
            if is_perhaps_asked(action, facts) and self._has([(action, True)]):
                self.all_doubts[perhaps_asked_in_words(action, facts)] = None
                return True
        return False

    def _has(self, questions: Iterable[tuple[str, Truth]]) -> bool | None:
        """Whether both allow one of some actions, on a resource as it is demanded."""
        tried: set[object] = set()
        before = len(self.all_doubts)
        try:
            for action, demand in questions:
                about = self.one.about(action), self.other.about(action)
                key = about, demand, own_rules(action)
                if all(about) and key not in tried:
                    tried.add(key)
                    if self._allow(action, demand):
                        return True
        except TooManyStatesError:
            self.all_doubts["the action patterns have too many combinations"] = None
        except SpentError as error:
            self.all_doubts[f"{error}: whether both allow any request was not decided"] = None
            self.is_cut_short = True
            return None
        return None if len(self.all_doubts) > before else False

    def _allow(self, action: str, demand: Truth) -> bool:
        sides, asked = (self.one, self.other), Request(action)
        truths = [
            residual(
                asked, side.part(action).applied, any_resource=True, budget=self.budget
            ).allowed
            for side in sides
        ]
        try:
            for model in islice(self._solver.models([*truths, demand]), MODELS_TRIED):
                proof = proof_of(action, model)
                if all(side.decide(proof, self.budget).is_allowed for side in sides):
                    return True
                self.all_doubts[f"no request tried proves that both allow {action}"] = None
        except UndecidedError as error:
            self.all_doubts[f"{action}: {error}"] = None
        return False
