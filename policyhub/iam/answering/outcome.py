"""Whether an answer can change with the keys that a request leaves open.

"Depends" is said only of a request that some values of the open keys allow and others don't.
One that no values allow is denied, and what can depend is only the kind of deny.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.key_values import UndecidedError
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.formula import Truth, holds, negation
from policyhub.iam.deciding.request import Request
from policyhub.iam.explaining.residual import Residual

OutcomeName = Literal["allowed", "explicitDeny", "implicitDeny", "depends"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision as it is asked for, and what of it can change with the open keys.

    `kind_can_change` is about a request that is denied whatever is given: whether the deny can
    be explicit and implicit. `is_proven` is false where the search for such values was cut
    short: then the answer may be settled all the same. `depends_on` is None where even on what
    it depends took more work than the answer may: then it is taken to depend.
    """

    decision: Decision
    depends_on: Residual | None
    can_change: bool = False
    kind_can_change: bool = False
    is_proven: bool = True

    @property
    def name(self) -> OutcomeName:
        """`depends`, or the decision."""
        return "depends" if self.can_change else self.decision.name

    @property
    def word(self) -> str:
        """The outcome as JSON has it: `allowed`, `denied` or `depends`."""
        if self.can_change:
            return "depends"
        return "allowed" if self.decision.is_allowed else "denied"


def outcome(
    request: Request,
    decision: Decision,
    depends_on: Residual | None,
    solver: Solver | None = None,
    budget: Budget = NO_LIMIT,
) -> Outcome:
    """What of a decision can change; one solver serves several requests, and bounds their work.

    A new solver works within the budget.
    """
    if depends_on is None:
        return Outcome(decision, None, can_change=True, is_proven=False)
    solver = solver or Solver(budget)
    changes = _can_change(depends_on.allowed, request, solver)
    if changes is not False:
        return Outcome(decision, depends_on, can_change=True, is_proven=changes is True)
    if decision.is_allowed:
        return Outcome(decision, depends_on)
    changes = _can_change(depends_on.denied, request, solver)
    return Outcome(
        decision,
        depends_on,
        kind_can_change=changes is not False,
        is_proven=changes is not None,
    )


def _can_change(truth: Truth, request: Request, solver: Solver) -> bool | None:
    """Whether values of the open keys give a truth another value than leaving them out does.

    None where the search was cut short.
    """
    if isinstance(truth, bool):
        return False
    other = negation(truth) if holds(truth, request) else truth
    try:
        return next(solver.models([other]), None) is not None
    except (UndecidedError, SpentError):
        return None
