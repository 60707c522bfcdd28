"""Whether an answer can change with the keys that a request leaves open.

"Depends" is said only of a request that some values of the open keys allow and others don't, of
values that AWS can send. One that no values allow is denied, and what can depend is only the kind
of deny.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts
from policyhub.iam.comparing.solver import Solver, in_contexts
from policyhub.iam.deciding.decision import Decision, DecisionName
from policyhub.iam.deciding.formula import Truth, holds, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.residual import Residual

OutcomeName = Literal["allowed", "explicitDeny", "implicitDeny", "depends"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision as it is asked for, and what of it can change with the open keys.

    `settled` is the decision that every context gives which AWS can send, where it does not
    depend on more; it differs from the one asked for where that lacks keys that are `always`
    there. `kind_can_change` is about a request that is denied whatever is given: whether the
    deny can be explicit and implicit. `is_proven` is false where the search for such values was
    cut short: then the answer may be settled all the same. `depends_on` is None where even on
    what it depends took more work than the answer may: then it is taken to depend.
    """

    decision: Decision
    depends_on: Residual | None
    settled: DecisionName
    can_change: bool = False
    kind_can_change: bool = False
    is_proven: bool = True
    always: tuple[str, ...] = ()

    @property
    def name(self) -> OutcomeName:
        """`depends`, or the decision."""
        return "depends" if self.can_change else self.settled

    @property
    def word(self) -> str:
        """The outcome as JSON has it: `allowed`, `denied` or `depends`."""
        if self.can_change:
            return "depends"
        return "allowed" if self.settled == "allowed" else "denied"

    @property
    def differs_as_asked(self) -> bool:
        """Whether the request as it is asked is decided otherwise, or else may be."""
        return self.can_change or self.settled != self.decision.name


def outcome(
    request: Request,
    decision: Decision,
    depends_on: Residual | None,
    solver: Solver | None = None,
    budget: Budget = NO_LIMIT,
) -> Outcome:
    """What of a decision can change; one solver serves several requests, and bounds their work.

    The solver knows which contexts AWS can send. A new one works within the budget, on any.
    """
    if depends_on is None:
        return Outcome(decision, None, decision.name, can_change=True, is_proven=False)
    solver = solver or Solver(budget)
    sent = _as_sent(request, depends_on, solver.contexts)
    settled = depends_on.decision(sent)
    left = in_contexts(depends_on, solver)
    always = tuple(
        each for each in decision.missing_context if solver.contexts.is_always_there(each)
    )
    changes = _can_change(depends_on.allowed, sent, solver)
    if changes is not False:
        return Outcome(
            decision, left, settled, can_change=True, is_proven=changes is True, always=always
        )
    if settled == "allowed":
        return Outcome(decision, left, settled, always=always)
    changes = _can_change(depends_on.denied, sent, solver)
    return Outcome(
        decision,
        left,
        settled,
        kind_can_change=changes is not False,
        is_proven=changes is not None,
        always=always,
    )


def _as_sent(request: Request, depends_on: Residual, contexts: Contexts) -> Request:
    """The request with a usual value for each open key that AWS always sends."""
    return replace(request, context=contexts.completed(request.context, depends_on.keys))


def _can_change(truth: Truth, request: Request, solver: Solver) -> bool | None:
    """Whether values of the open keys give a truth another value than this request does.

    None where the search was cut short.
    """
    if isinstance(truth, bool):
        return False
    other = negation(truth) if holds(truth, request) else truth
    try:
        return next(solver.models([other]), None) is not None
    except (UndecidedError, SpentError):
        return None
