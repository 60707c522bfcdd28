"""A request that one policy allows and another doesn't, for each reason: sought and tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.assignments import Model, satisfy
from policyhub.iam.comparing.at_hand import (
    facts_of_statement,
    patterns_in_order,
    plainest_context,
    resources_at_hand,
)
from policyhub.iam.comparing.compared_policy import ComparedPolicy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.containment import are_covered, unlisted
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.proof import Witness, own_rules, proof_of
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.formula import Literal, Truth, all_of, holds, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.explaining.residual import residual

# Bounds, so that an answer never takes long; beyond them it is `undecided`.
MODELS_TRIED = 32
_MOST_SIMPLIFIED = 60
_OF_STATEMENT = 2

# What could not be decided, each once, in the order in which it came up.
Doubts = dict[str, None]

# The places of the statements about an action on both sides, and what matters of its name besides.
Group = tuple[tuple[int, ...], tuple[int, ...], str]


class Cause(NamedTuple):
    """Why something is allowed by one side alone: its statement, the pattern, what is against it.

    `denies` are the side's own Denies about the action, `others` the other side's statements.
    """

    place: int
    pattern: str
    denies: tuple[int, ...]
    others: tuple[int, ...]

    @property
    def without_pattern(self) -> tuple[object, ...]:
        """What the reason is for another action that the same statements are about."""
        return self.place, self.denies, self.others


@dataclass
class WitnessSearch:
    """The search for what one side allows and the other doesn't."""

    side: ComparedPolicy
    against: ComparedPolicy
    budget: Budget
    contexts: Contexts = ANY_CONTEXT
    facts: ServiceFacts | None = None
    _alike: dict[object, bool] = field(default_factory=dict)
    _nothing: set[object] = field(default_factory=set)
    _known: dict[object, tuple[Witness | None, Doubts]] = field(default_factory=dict)
    _joined: dict[object, tuple[Truth, ...]] = field(default_factory=dict)
    _not_its: dict[tuple[int, ...], Truth] = field(default_factory=dict)
    _last: dict[object, Model] = field(default_factory=dict)
    _proved: dict[object, Witness] = field(default_factory=dict)
    _besides: dict[object, tuple[int, ...]] = field(default_factory=dict)
    _left: dict[object, frozenset[str] | None] = field(default_factory=dict)

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.budget, self.contexts)

    def group(self, action: str) -> Group:
        """By what an action is treated on both sides: those of one group are treated alike."""
        return self.side.about(action), self.against.about(action), own_rules(action)

    def is_alike(self, about: tuple[int, ...], others: tuple[int, ...]) -> bool:
        """Whether the statements about an action say the same on both sides."""
        if (about, others) not in self._alike:
            is_alike = self.side.meaning(about) == self.against.meaning(others)
            self._alike[about, others] = is_alike
        return self._alike[about, others]

    def is_nothing(self, action: str, reason: Cause) -> bool:
        """Whether it is known that no request at all makes a difference for a reason."""
        return (reason.without_pattern, own_rules(action)) in self._nothing

    def reasons(self, action: str) -> Iterator[Cause]:
        """Why this side may allow an action where the other does not."""
        about, others = self.side.about(action), self.against.about(action)
        self.budget.spend(1 + len(about) + len(others))
        if self.is_alike(about, others):
            return
        denies = tuple(each for each in about if not self.side.allows(each))
        for place in filter(self.side.allows, about):
            yield Cause(place, self.side.pattern(place, action.lower()), denies, others)

    def witness(
        self, action: str, reason: Cause, doubts: Doubts, demand: Truth = True
    ) -> Witness | None:
        """A witness for an action; of one that the same statements are about, that is known.

        `demand` is what its resource must be; what could not be decided is added to `doubts`.
        Raises `SpentError`.
        """
        key = reason.without_pattern, own_rules(action), demand
        if key not in self._known:
            found_doubts: Doubts = {}
            self._known[key] = self._sought(action, reason, demand, found_doubts), found_doubts
        known, its_doubts = self._known[key]
        doubts |= its_doubts
        return known and _by_name(known, action, reason)

    def _sought(self, action: str, reason: Cause, demand: Truth, doubts: Doubts) -> Witness | None:
        """A witness: one that is near at hand, else one of those that the solver finds."""
        key = reason.without_pattern, own_rules(action)
        if self._is_within(reason):
            self._nothing.add(key)
        if demand is False or key in self._nothing:
            return None
        if not self._may_be_met(action, reason, demand):
            return None
        proved = self._proved.get(key)
        if proved and _is_met_by(demand, action, proved.proof.request.resource):
            return _by_name(proved, action, reason)
        for model in self._models_at_hand(action, reason, demand):
            if proved and not own_rules(action) and self._is_of_any_resource(reason):
                return _by_name(_on_resource(proved, model.resource), action, reason)
            witness = self._tried(action, reason, model)
            if witness is not None:
                return witness
        if self._is_within(reason, by_patterns=True):
            self._nothing.add(key)
            return None
        is_nothing = demand is True
        try:
            models = self._solver.models([*self._truths(action, reason), demand])
            for model in islice(models, MODELS_TRIED):
                witness = self._tried(action, reason, model)
                if witness is not None:
                    return witness
                is_nothing = False
                told = f"no request that was tried proves a difference about {action}"
                doubts[told] = None
            if is_nothing:
                self._nothing.add(key)
        except UndecidedError as error:
            doubts[f"{action}: {error}"] = None
        return None

    def denied_alone(self, reason: Cause) -> tuple[int, ...]:
        """The other side's Denies, where every witness would be denied by one of these alone.

        It allows all of the statement, and has Denies that this side has not.
        """
        return self._denies_besides(reason) if self._unlisted(reason) is None else ()

    def _is_within(self, reason: Cause, by_patterns: bool = False) -> bool:
        """Whether it is seen by the wording that the other side allows all of the statement."""
        if self._denies_besides(reason):
            return False
        left = self._unlisted(reason)
        if left is None or not by_patterns:
            return left is None
        others = [self.against.saying(each) for each in reason.others if self.against.allows(each)]
        return are_covered(self.side.saying(reason.place), left, others)

    def _denies_besides(self, reason: Cause) -> tuple[int, ...]:
        """The other side's Denies about the action that this side has not."""
        key = reason.denies, reason.others
        if key not in self._besides:
            mine = self.side.meaning(reason.denies)
            theirs = (each for each in reason.others if not self.against.allows(each))
            besides = (each for each in theirs if self.against.saying(each) not in mine)
            self._besides[key] = tuple(besides)
        return self._besides[key]

    def _unlisted(self, reason: Cause) -> frozenset[str] | None:
        """The resource patterns of the statement that the other side does not list; or None."""
        key = reason.place, reason.others
        if key not in self._left:
            theirs = (self.against.saying(e) for e in reason.others if self.against.allows(e))
            self._left[key] = unlisted(self.side.saying(reason.place), theirs)
        return self._left[key]

    def _is_of_any_resource(self, reason: Cause) -> bool:
        """Whether a statement on all resources without conditions is the only one of its action."""
        statement = self.side.policy.statements[reason.place]
        is_alone = not (reason.denies or reason.others or statement.conditions)
        return is_alone and not statement.not_resource and "*" in statement.resources

    def _may_be_met(self, action: str, reason: Cause, demand: Truth) -> bool:
        """False only if no resource of the statement is as demanded."""
        statement = self.side.part(action).statements[reason.place]
        if self.facts is None or demand is True or statement.statement.not_resource:
            return True
        meets = self.facts.meets
        return any(meets(action, each.widest) for each in statement.resources)

    def _tried(self, action: str, reason: Cause, model: Model) -> Witness | None:
        """A witness if the request of a model is allowed by this side and not by the other."""
        proof = proof_of(action, model)
        one = self.side.decide(proof, self.budget)
        if not one.is_allowed:
            return None
        other = self.against.decide(proof, self.budget)
        if other.is_allowed:
            return None
        absent = tuple(dict.fromkeys((*one.missing_context, *other.missing_context)))
        place, pattern, _, others = reason
        witness = Witness(proof, place, pattern, others, _denying(other), absent)
        self._last.setdefault(reason.without_pattern, model)
        self._proved.setdefault((reason.without_pattern, own_rules(action)), witness)
        return witness

    def _models_at_hand(self, action: str, reason: Cause, demand: Truth) -> Iterator[Model]:
        """Models that need no search: that of another action, or the plainest context.

        Each on resources that are as demanded; whether it proves anything is to be tried.
        """
        known = self._last.get(reason.without_pattern)
        mine, theirs = self.side.part(action), self.against.part(action)
        statement = mine.statements[reason.place]
        others = [mine.statements[each] for each in reason.denies]
        others += [theirs.statements[each] for each in reason.others]
        context = known.context if known else plainest_context(statement, others, self.contexts)
        if known is not None and _is_met_by(demand, action, known.resource):
            yield known
            return
        first = self._unlisted(reason) or frozenset()
        if context is not None:
            for resource in resources_at_hand(action, statement, demand, self.facts, first):
                if resource and _is_met_by(demand, action, resource):
                    yield Model(resource, context)
            return
        patterns = patterns_in_order(action, statement, demand, self.facts, first)
        needs = [key for each in others for key in each.needs]
        for facts in facts_of_statement(statement, patterns):
            if isinstance(demand, Literal):
                facts.append(demand)
            yield from self._models_of(facts, needs)

    def _models_of(self, facts: Sequence[Literal], needs: Iterable[str]) -> Iterator[Model]:
        """The first models of a statement alone, with the keys that every request has."""
        with suppress(UndecidedError):
            for model in islice(satisfy(facts, self.budget, self.contexts), _OF_STATEMENT):
                yield Model(model.resource, self.contexts.completed(model.context, needs))

    def _truths(self, action: str, reason: Cause) -> tuple[Truth, ...]:
        """That the statement allows it and no Deny forbids it, and that the other side does not.

        Simplified together unless that would cost more than to solve them.
        """
        key, others = reason.without_pattern, reason.others
        if key not in self._joined:
            asked = Request(action)
            # What the other side lists it allows, unless it has a Deny of its own.
            left = None if self._denies_besides(reason) else self._unlisted(reason)
            alone = self.side.part(action).alone(reason.place, reason.denies, left)
            mine = self._allowed(asked, alone)
            if others not in self._not_its:
                theirs = self.against.part(action).applied
                self._not_its[others] = negation(self._allowed(asked, theirs))
            apart = mine, self._not_its[others]
            is_simple = len(others) <= _MOST_SIMPLIFIED and self._is_short(action, reason)
            self._joined[key] = (all_of(apart, self.budget),) if is_simple else apart
        return self._joined[key]

    def _is_short(self, action: str, reason: Cause) -> bool:
        """Whether the statements list few resources: these are compared with one another."""
        theirs = self.against.part(action).statements
        listed = sum(len(theirs[each].resources) for each in reason.others)
        return listed <= _MOST_SIMPLIFIED

    def _allowed(self, asked: Request, policies: AppliedPolicies) -> Truth:
        return residual(asked, policies, any_resource=True, budget=self.budget).allowed


def _on_resource(witness: Witness, resource: str) -> Witness:
    """The same for a resource that its statement and those of the other side don't tell apart."""
    return replace(witness, proof=proof_of(witness.action, Model(resource, {})))


def _by_name(witness: Witness, action: str, reason: Cause) -> Witness:
    """The same for another action that the same statements are about."""
    if witness.action == action:
        return witness
    asked = replace(witness.proof.request, action=action)
    return replace(witness, proof=replace(witness.proof, request=asked), pattern=reason.pattern)


def _is_met_by(demand: Truth, action: str, resource: str) -> bool:
    return holds(demand, Request(action, resource))


def _denying(decision: Decision) -> tuple[int, ...]:
    """The places of the Deny statements that a decision rests on."""
    if decision.name != "explicitDeny":
        return ()
    return tuple(each.statement.position for each in decision.decided_by)
