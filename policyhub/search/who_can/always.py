"""Whether a policy answers the same in every context that AWS can send."""

from __future__ import annotations

from functools import lru_cache

from policyhub.iam.budget import Budget
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.formula import Formula, Literal


def always_or_never(truth: Formula, budget: Budget, contexts: Contexts) -> bool | None:
    """True or False if a formula is always or never true; None if it depends, or is undecided.

    Many policies share a single fact: what is known of it is kept. Raises `SpentError`.
    """
    if isinstance(truth, Literal):
        return _fact_always_or_never(truth, contexts)
    return _decided(Solver(budget, contexts), truth)


@lru_cache(maxsize=4096)
def _fact_always_or_never(fact: Literal, contexts: Contexts) -> bool | None:
    """The same for one fact, which can be always or never true: no number is `abc`."""
    return _decided(Solver(contexts=contexts), fact)


class KeepingSolver(Solver):
    """A solver that keeps what it finds out of a single fact, for the other policies too."""

    def settled(self, fact: Literal) -> bool | None:
        """Whether a fact is always true, or never; None if it depends, or is undecided."""
        return _fact_always_or_never(fact, self.contexts)


def _decided(solver: Solver, truth: Formula) -> bool | None:
    try:
        if next(solver.models([truth]), None) is None:
            return False
        if next(solver.models([truth.negated()]), None) is None:
            return True
    except UndecidedError:
        pass
    return None
