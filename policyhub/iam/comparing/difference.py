"""What one policy allows and another doesn't: a request for each reason, found and tried.

First the differences are sought, by any name of an action that the documents distinguish; then,
for what differs alone, requests that AWS can be asked, by the names that AWS knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.comparing.assignments import Model
from policyhub.iam.comparing.at_hand import plainest_context, resources_at_hand
from policyhub.iam.comparing.compared_policy import ComparedPolicy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.proof import Witness, own_rules, proof_of
from policyhub.iam.comparing.resource_values import resource_demand
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.formula import Truth, all_of, holds, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.explaining.residual import residual

ANY_ACTION = "*"
# Bounds, so that an answer never takes long; beyond them it is `undecided`.
MODELS_TRIED = 32
_MOST_SIMPLIFIED = 60


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
class Difference:
    """What one side allows and the other doesn't.

    `doubts` are about requests at all, `doubts_of_asked` about those that AWS can be asked.
    """

    side: ComparedPolicy
    against: ComparedPolicy
    budget: Budget
    contexts: Contexts = ANY_CONTEXT
    facts: ServiceFacts | None = None
    doubts: dict[str, None] = field(default_factory=dict)
    doubts_of_asked: dict[str, None] = field(default_factory=dict)
    is_cut_short: bool = False
    _found: dict[object, tuple[Cause, Witness]] = field(default_factory=dict)
    _shown: set[Cause] = field(default_factory=set)
    _asked: dict[object, Witness] = field(default_factory=dict)
    _settled: set[Cause] = field(default_factory=set)
    _in_vain: dict[Cause, str] = field(default_factory=dict)
    _nothing: set[object] = field(default_factory=set)
    _known: dict[object, Witness | None] = field(default_factory=dict)
    _joined: dict[object, tuple[Truth, ...]] = field(default_factory=dict)
    _not_its: dict[tuple[int, ...], Truth] = field(default_factory=dict)
    _last: dict[object, Model] = field(default_factory=dict)

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.budget, self.contexts)

    @property
    def is_empty(self) -> bool:
        """Whether for certain nothing is allowed by this side alone."""
        return not self._found and not self.doubts

    @property
    def is_shown(self) -> bool:
        """Whether a request proves that something is allowed by this side alone."""
        return bool(self._found)

    @property
    def is_empty_of_asked(self) -> bool:
        """Whether for certain nothing that AWS can be asked is allowed by this side alone."""
        if self.facts is None:
            return self.is_empty
        return self.is_empty or not (self._asked or self.doubts or self.doubts_of_asked)

    @property
    def is_shown_of_asked(self) -> bool:
        """Whether a request that AWS can be asked proves the difference."""
        return bool(self._found if self.facts is None else self._asked)

    @property
    def all_doubts(self) -> dict[str, None]:
        """What could not be decided, of either kind."""
        return self.doubts | self.doubts_of_asked

    @property
    def named(self) -> list[tuple[str, str]]:
        """The pattern of each difference that was found, and the action that shows it."""
        return [(reason.pattern, witness.action) for reason, witness in self._found.values()]

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """One request for each reason, which is what the other side lacks or denies.

        Those that AWS can be asked come first; where the facts are left aside all count as such.
        """
        if self.facts is None:
            return tuple(witness for _, witness in self._found.values())
        others = [
            self._never_asked(reason, witness)
            for key, (reason, witness) in self._found.items()
            if key not in self._asked and reason not in self._settled
        ]
        return (*self._asked.values(), *others)

    def seek(self, cells: Sequence[str]) -> Iterator[None]:
        """Look for witnesses, one group of actions a turn, until the budget is spent."""
        for number, action in enumerate(cells):
            try:
                for reason in self._reasons(action):
                    self._seek(action, reason)
            except SpentError as error:
                self._doubt(f"{error}: {number:,} of {len(cells):,} groups of actions were decided")
                self.is_cut_short = True
                return
            yield

    def _seek(self, action: str, reason: Cause) -> None:
        witness = None if reason in self._shown else self._witness(action, reason)
        if witness is not None:
            self._shown.add(reason)
            # The other side's Denies, where these make the difference; else what it lacks.
            self._found.setdefault(witness.denied_by or reason, (reason, witness))

    def seek_asked(self, names: Mapping[str, Iterable[str]]) -> None:
        """Look for witnesses that AWS can be asked, by actions that it may know.

        These are given by a pattern that matches them, and of each as many are looked at as it
        takes to prove what is known to differ.
        """
        facts = self.facts
        if facts is None or not self._found:
            return
        try:
            shown: dict[str, set[Cause]] = {ANY_ACTION: set(self._shown)}
            for each in self._shown:
                shown.setdefault(each.pattern.lower(), set()).add(each)
            for pattern, actions in names.items():
                self._seek_matching(shown.get(pattern, set()), actions, facts)
        except SpentError as error:
            self.doubts_of_asked[f"{error}: not every action that differs was looked at"] = None
            self.is_cut_short = True

    def _seek_matching(
        self, shown: set[Cause], actions: Iterable[str], facts: ServiceFacts
    ) -> None:
        """Seek until what was shown to differ by a pattern is proved, at least one of it."""
        wanted = set(shown)
        for action in actions:
            for reason in self._reasons(action):
                if reason not in self._settled:
                    self._seek_asked(action, reason, facts)
                    wanted.add(reason)
            if wanted and wanted <= self._settled:
                return

    def _seek_asked(self, action: str, reason: Cause, facts: ServiceFacts) -> None:
        demand = resource_demand(action, facts)
        if demand is False:
            self._in_vain.setdefault(reason, action)
            return
        before, self.doubts = self.doubts, self.doubts_of_asked
        try:
            witness = self._witness(action, reason, demand)
        finally:
            self.doubts = before
        if witness is None:
            self._in_vain.setdefault(reason, action)
            return
        self._settled.add(reason)
        self._asked.setdefault(witness.denied_by or reason, witness)

    def _never_asked(self, reason: Cause, witness: Witness) -> Witness:
        """A witness by a known name if there is one; with it no request that AWS can be asked."""
        name = self._in_vain.get(reason)
        if name is not None:
            witness = self._witness(name, reason) or witness
        return replace(witness, is_asked=False)

    def _reasons(self, action: str) -> Iterator[Cause]:
        """Why this side may allow an action where the other does not."""
        about, others = self.side.about(action), self.against.about(action)
        self.budget.spend(1 + len(about) + len(others))
        if self.side.meaning(about) == self.against.meaning(others):
            return
        denies = tuple(each for each in about if not self.side.allows(each))
        for place in filter(self.side.allows, about):
            yield Cause(place, self.side.pattern(place, action.lower()), denies, others)

    def of_action(self, action: str) -> bool | None:
        """Whether this side allows an action where the other doesn't; None where undecided.

        Requests that AWS can't be asked don't count. Raises `SpentError` once the budget is spent.
        """
        demand = True if self.facts is None else resource_demand(action, self.facts)
        before, self.doubts = self.doubts, {}
        try:
            found = any(self._witness(action, each, demand) for each in self._reasons(action))
            return None if self.doubts and not found else found
        finally:
            self.doubts = before

    def _witness(self, action: str, reason: Cause, demand: Truth = True) -> Witness | None:
        """A witness for an action; of one that the same statements are about, that is known."""
        key = reason.without_pattern, own_rules(action), demand
        if key not in self._known:
            self._known[key] = self._sought(action, reason, demand)
        known = self._known[key]
        if known is None or known.action == action:
            return known
        asked = replace(known.proof.request, action=action)
        return replace(known, proof=replace(known.proof, request=asked), pattern=reason.pattern)

    def _sought(self, action: str, reason: Cause, demand: Truth) -> Witness | None:
        """A witness: one that is near at hand, else one of those that the solver finds."""
        key = reason.without_pattern, own_rules(action)
        if demand is False or key in self._nothing:
            return None
        if not self._may_be_met(action, reason, demand):
            return None
        for model in self._models_at_hand(action, reason, demand):
            witness = self._tried(action, reason, model)
            if witness is not None:
                self._last.setdefault(reason.without_pattern, model)
                return witness
        is_nothing = demand is True
        try:
            models = self._solver.models([*self._truths(action, reason), demand])
            for model in islice(models, MODELS_TRIED):
                witness = self._tried(action, reason, model)
                if witness is not None:
                    self._last.setdefault(reason.without_pattern, model)
                    return witness
                is_nothing = False
                self._doubt(f"no request that was tried proves a difference about {action}")
            if is_nothing:
                self._nothing.add(key)
        except UndecidedError as error:
            self._doubt(f"{action}: {error}")
        return None

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
        return Witness(proof, place, pattern, others, _denying(other), absent)

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
        if known is not None and _holds(demand, action, known.resource):
            yield known
            return
        if context is not None:
            for resource in resources_at_hand(action, statement, demand, self.facts):
                if resource and _holds(demand, action, resource):
                    yield Model(resource, context)

    def _doubt(self, reason: str) -> None:
        self.doubts[reason] = None

    def _truths(self, action: str, reason: Cause) -> tuple[Truth, ...]:
        """That the statement allows it and no Deny forbids it, and that the other side does not.

        Simplified together unless that would cost more than to solve them.
        """
        key, others = reason.without_pattern, reason.others
        if key not in self._joined:
            asked = Request(action)
            alone = self.side.part(action).alone(reason.place, reason.denies)
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


def _holds(demand: Truth, action: str, resource: str) -> bool:
    return holds(demand, Request(action, resource))


def _denying(decision: Decision) -> tuple[int, ...]:
    """The places of the Deny statements that a decision rests on."""
    if decision.name != "explicitDeny":
        return ()
    return tuple(each.statement.position for each in decision.decided_by)
