"""Examples of requests by which it is seen what many policies answer.

A policy answers "under conditions" if it allows one request that AWS can send and not another. Both
are sought for each thing that statements say, and tried for all policies whose statements say it:
of most policies nothing else is worked out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.assignments import Model, satisfy
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.key_values import ASKED
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.formula import AllOf, AnyOf, Literal, Truth, negation
from policyhub.iam.deciding.request import ANY_RESOURCE, ContextValue, Request
from policyhub.iam.deciding.statements import CompiledStatement
from policyhub.iam.explaining.residual import StatementTruths, decides_alone, open_request
from policyhub.search.who_can.kept import Shown
from policyhub.search.who_can.questions import Asked

# Of requests that statements don't match: most are seen not to match one of the first few.
_MOST_OTHERS = 8


class Examples:
    """Requests that match what statements say, and requests that don't. All raise `SpentError`."""

    def __init__(self, asked: Asked, policies: AppliedPolicies, budget: Budget) -> None:
        request, any_resource = asked.request, asked.any_resource
        self._asked = open_request(
            request, policies, any_resource=any_resource, budget=budget, simplify=False
        )
        self._solver = Solver(budget, asked.contexts)
        self._contexts = asked.contexts
        #: Whether they can show anything: not where more than a policy's statements decides.
        self.suffice = decides_alone(request, policies, any_resource)
        self._said: dict[Hashable, _SaidExamples] = {}
        self._others: list[Model] = []

    def add(self, said: Iterable[tuple[Hashable, CompiledStatement]]) -> None:
        """Take note of what statements say."""
        for each, statement in said:
            truths = self._asked.said_by(statement)
            if truths is not None:
                self._said[each] = _SaidExamples(truths, self._solver, self._contexts)

    def shown(self, said: Sequence[Hashable]) -> Shown | None:
        """What an only policy with these statements answers, as far as examples show it.

        None where it is not known: they don't say what is always so, or never for a reason.
        """
        if not self.suffice:
            return None
        known = [self._said[each] for each in said if each in self._said]
        allows = [each for each in known if not each.truths.is_deny and each.may_match]
        denies = [each for each in known if each.truths.is_deny and each.may_match]
        if not allows and not denies:
            return "never"
        if any(each.truths.matches is True for each in denies):
            return "denied"
        if not denies and any(each.truths.matches is True for each in allows):
            return "yes"
        if not allows:
            return "denied" if any(each.model is not None for each in denies) else None
        if self._refuse_somewhere(allows, denies) and _allow_somewhere(allows, denies):
            return "conditional"
        return None

    def _refuse_somewhere(
        self, allows: Sequence[_SaidExamples], denies: Sequence[_SaidExamples]
    ) -> bool:
        if not all(_allow(allows, denies, model) for model in self._others):
            return True
        for model in (each.other for each in allows):
            if model is not None and not _allow(allows, denies, model):
                if len(self._others) < _MOST_OTHERS:
                    self._others.append(model)
                return True
        return False


class _SaidExamples:
    """What a statement says, a request that it matches, and one that it doesn't."""

    def __init__(self, truths: StatementTruths, solver: Solver, contexts: Contexts) -> None:
        self.truths, self._solver, self._contexts = truths, solver, contexts

    @property
    def may_match(self) -> bool:
        """False only if the statement never matches, and never might."""
        return self.truths.matches is not False or self.truths.doubts is not False

    @cached_property
    def model(self) -> Model | None:
        """A request that the statement matches, if one is found."""
        return self._found(self.truths.matches)

    @cached_property
    def other(self) -> Model | None:
        """A request that the statement doesn't match, if one is found."""
        return self._found(negation(self.truths.matches))

    def matches(self, model: Model) -> bool:
        """Whether the statement matches a request."""
        return self._holds(self.truths.matches, model)

    def may_deny(self, model: Model) -> bool:
        """Whether the statement matches a request, or it can't be told."""
        return self.matches(model) or self._holds(self.truths.doubts, model)

    def _found(self, truth: Truth) -> Model | None:
        guess = _guess(truth, self._contexts)
        if guess is not None and self._holds(truth, guess):
            return guess
        model = _first(self._solver.models([truth]))
        return model if model is not None and self._holds(truth, model) else None

    def _holds(self, truth: Truth, model: Model) -> bool:
        if isinstance(truth, bool):
            return truth
        names = (key for atom in truth.atoms() for key in atom.keys)
        context = self._contexts.completed(model.context, names)
        return truth.holds(Request(ASKED, model.resource, context=context))


def _allow_somewhere(allows: Sequence[_SaidExamples], denies: Sequence[_SaidExamples]) -> bool:
    models = chain((each.model for each in allows), (each.other for each in denies))
    return any(each is not None and _allow(allows, denies, each) for each in models)


def _allow(allows: Sequence[_SaidExamples], denies: Sequence[_SaidExamples], model: Model) -> bool:
    return any(each.matches(model) for each in allows) and not any(
        each.may_deny(model) for each in denies
    )


def _guess(truth: Truth, contexts: Contexts) -> Model | None:
    """What makes each fact true by itself, put together; it may not make all true together."""
    if isinstance(truth, Literal):
        return _fact_model(truth, contexts)
    if isinstance(truth, AnyOf):
        options = (_guess(each, contexts) for each in truth.parts)
        return next((each for each in options if each is not None), None)
    resource = ANY_RESOURCE
    context: dict[str, ContextValue] = {}
    for each in truth.parts if isinstance(truth, AllOf) else ():
        model = _guess(each, contexts)
        if model is None:
            return None
        context |= model.context
        if model.resource != ANY_RESOURCE:
            resource = model.resource
    return Model(resource, context)


@lru_cache(maxsize=4096)
def _fact_model(fact: Literal, contexts: Contexts) -> Model | None:
    """A request for which a fact is true: many statements share it."""
    return _first(satisfy([fact], NO_LIMIT, contexts))


def _first(models: Iterator[Model]) -> Model | None:
    try:
        return next(models, None)
    except UndecidedError:
        return None
