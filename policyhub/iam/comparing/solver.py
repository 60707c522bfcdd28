"""Whether a formula over what a request leaves open can be true, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import cast

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.assignments import Model, can_hold, satisfy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.key_values import ASKED, condition_key_of
from policyhub.iam.deciding.formula import AllOf, AnyOf, Formula, Literal, Truth, all_of, any_of
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.facts import ABOUT_RESOURCE, ConditionHolds
from policyhub.iam.explaining.residual import Residual

# Bounds, so that an answer never takes long: for one formula, and for all that a solver is asked.
_MOST_STEPS = 3_000
_MOST_WORK = 600_000
# With so many choices left it is worth to see first whether the plainest values meet them all.
_WORTH_A_GUESS = 3


class Solver:
    """Finds resources and contexts that make formulas true; of contexts those that can be."""

    def __init__(self, budget: Budget = NO_LIMIT, contexts: Contexts = ANY_CONTEXT) -> None:
        self.budget, self.contexts = budget, contexts
        self._settled: dict[Literal, bool | None] = {}
        self._feasible: dict[frozenset[Literal], bool] = {}
        self._steps = self._work = 0

    def models(self, truths: Sequence[Truth]) -> Iterator[Model]:
        """Yield models of all truths; none if they can't be true.

        Raises `UndecidedError` and `SpentError`.

        Every model makes all truths true; where there is none, they can't be true together:

        >>> from policyhub.iam.deciding.formula import negation
        >>> from policyhub.iam.explaining.facts import condition_holds
        >>> from policyhub.iam.language.elements import Condition
        >>> a_team = Condition("StringLike", "aws:PrincipalTag/team", ("web-*",))
        >>> in_a_team = Literal(condition_holds(a_team, ""))
        >>> model = next(Solver().models([in_a_team]))
        >>> model.context["aws:principaltag/team"].values
        ('web-x',)
        >>> list(Solver().models([in_a_team, negation(in_a_team)]))
        []
        """
        self._steps = 0
        doubts: list[str] = []
        found = False
        if any(truth is False for truth in truths):
            return
        parts = [truth for truth in truths if not isinstance(truth, bool)]
        for branch in self._branches(frozenset(), parts):
            try:
                models = (
                    iter([branch])
                    if isinstance(branch, Model)
                    else satisfy(_sorted_facts(branch), self.budget, self.contexts)
                )
                for model in models:
                    found = True
                    yield model
            except UndecidedError as error:
                doubts.append(str(error))
        if doubts and not found:
            raise UndecidedError(doubts[0])

    def settled(self, fact: Literal) -> bool | None:
        """Whether a fact is always true, or never; None if it depends, or is undecided.

        Raises `SpentError`.
        """
        if fact not in self._settled:
            self._settled[fact] = self._settle(fact)
        return self._settled[fact]

    def _settle(self, fact: Literal) -> bool | None:
        try:
            if next(self.models([fact]), None) is None:
                return False
            return True if next(self.models([fact.negated()]), None) is None else None
        except UndecidedError:
            return None

    def _branches(
        self, known: frozenset[Literal], parts: Sequence[Formula]
    ) -> Iterator[frozenset[Literal] | Model]:
        """Yield the sets of facts that each make all parts true, without those that can't.

        A model that happens to make all of them true comes first.
        """
        self.budget.spend(len(known) + len(parts))
        self._steps += 1
        self._work += len(parts)
        if self._steps > _MOST_STEPS or self._work > _MOST_WORK:
            raise UndecidedError("the conditions have too many combinations")
        facts, choices = _settle(known, parts)
        if facts is None or not self._may_hold(facts, known):
            return
        if not choices:
            yield facts
            return
        if len(choices) >= _WORTH_A_GUESS:
            yield from self._guess(facts, choices)
        smallest = min(choices, key=lambda each: len(each.parts))
        others = [each for each in choices if each is not smallest]
        for option in sorted(smallest.parts, key=_weight):
            yield from self._branches(facts, [option, *others])

    def _may_hold(self, facts: frozenset[Literal], known: frozenset[Literal]) -> bool:
        """Whether no subject's facts exclude one another; only those with new facts are asked."""
        subjects = {self._subject(each) for each in facts - known}
        for subject in subjects:
            about = frozenset(each for each in facts if self._subject(each) == subject)
            if about not in self._feasible:
                self._feasible[about] = can_hold(about, self.budget, self.contexts)
            if not self._feasible[about]:
                return False
        return True

    def _guess(self, facts: frozenset[Literal], choices: Sequence[AnyOf]) -> Iterator[Model]:
        """Yield the plainest model of the facts if it meets every choice as well."""
        with suppress(UndecidedError):
            for model in islice(satisfy(_sorted_facts(facts), self.budget, self.contexts), 1):
                names = (key for each in choices for atom in each.atoms() for key in atom.keys)
                context = self.contexts.completed(model.context, names)
                request = Request(ASKED, model.resource, context=context)
                if all(each.holds(request) for each in choices):
                    yield Model(model.resource, context)

    def _subject(self, fact: Literal) -> str:
        if isinstance(fact.atom, ABOUT_RESOURCE):
            return ""
        return self.contexts.subject(condition_key_of(fact))


def simplified(truth: Truth, solver: Solver) -> Truth:
    """A truth without the conditions that are the same in every context that AWS can send.

    Raises `SpentError`.
    """
    if isinstance(truth, bool) or solver.contexts is ANY_CONTEXT:
        return truth
    if isinstance(truth, Literal):
        is_condition = isinstance(truth.atom, ConditionHolds)
        found = solver.settled(truth) if is_condition else None
        return truth if found is None else found
    parts = truth.parts if isinstance(truth, AllOf | AnyOf) else ()
    join = all_of if isinstance(truth, AllOf) else any_of
    return join((simplified(each, solver) for each in parts), solver.budget)


def in_contexts(depends_on: Residual, solver: Solver) -> Residual:
    """What an answer depends on, without what is so in every context of the solver's."""
    try:
        truths = (simplified(each, solver) for each in (depends_on.allowed, depends_on.denied))
        return Residual(*truths)
    except SpentError:
        return depends_on


def _sorted_facts(facts: frozenset[Literal]) -> list[Literal]:
    """The facts in an order of their own, so that the same question has the same model."""
    return sorted(facts, key=repr)


def _weight(part: Formula) -> int:
    return len(list(part.atoms()))


def _settle(
    known: frozenset[Literal], parts: Sequence[Formula]
) -> tuple[frozenset[Literal] | None, list[AnyOf]]:
    """Add what must be true; what is left are choices of two or more. None: it can't be true."""
    facts, stack = set(known), list(parts)
    choices: list[AnyOf] = []
    while stack:
        part = stack.pop()
        if isinstance(part, Literal):
            if part.negated() in facts:
                return None, []
            facts.add(part)
        elif isinstance(part, AllOf):
            stack.extend(part.parts)
        else:
            choices.append(cast(AnyOf, part))
        if not stack:
            reduced = _reduced(choices, facts)
            if reduced is None:
                return None, []
            choices = [each for each in reduced if isinstance(each, AnyOf)]
            stack = [each for each in reduced if not isinstance(each, AnyOf)]
    return frozenset(facts), choices


def _reduced(choices: Sequence[AnyOf], facts: set[Literal]) -> list[Formula] | None:
    """The choices without options that are excluded, and without those that are met."""
    reduced: list[Formula] = []
    for each in choices:
        options = []
        for option in each.parts:
            if isinstance(option, Literal):
                if option in facts:
                    break
                if option.negated() in facts:
                    continue
            options.append(option)
        else:
            if not options:
                return None
            reduced.append(options[0] if len(options) == 1 else AnyOf(tuple(options)))
    return reduced
