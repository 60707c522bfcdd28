"""Near misses: the statements that one clause keeps from matching a request.

The change that makes one match was tried: the engine matched the changed request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.decision import Clause, Layer, StatementMatch, Verdict
from policyhub.iam.deciding.request import Request
from policyhub.iam.deciding.statements import CompiledStatement, match_statement
from policyhub.iam.explaining.changes import (
    Change,
    binding_statements,
    changed_request,
    changes_for,
)
from policyhub.iam.explaining.resources_near import is_possible, mismatch, own_resource

# A bound, so that an answer never takes long; statements beyond it go unmentioned.
_MOST_NEAR_MISSES = 100


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A statement about the action that one clause keeps from matching.

    `change` makes it match; None where no change that was tried does. `mismatch` says that the
    statement names nothing that the action works on, so that no request can match it.
    """

    policy: str
    layer: Layer
    match: StatementMatch
    clause: Clause
    change: Change | None
    place: str = ""
    mismatch: str = ""


def near_misses(
    request: Request,
    policies: AppliedPolicies,
    any_resource: bool = False,
    budget: Budget = NO_LIMIT,
) -> tuple[NearMiss, ...]:
    """The statements of the binding policies that are one clause away, the first hundred.

    A statement that does not cover the action is not a near miss. With
    `any_resource` each statement is matched with a resource of its own. Raises `SpentError`.
    """
    return tuple(islice(_near_misses(request, policies, any_resource, budget), _MOST_NEAR_MISSES))


def _near_misses(
    asked: Request, policies: AppliedPolicies, any_resource: bool, budget: Budget
) -> Iterator[NearMiss]:
    for policy, layer, statement in binding_statements(asked, policies, budget):
        own = own_resource(statement, asked, policies) if any_resource else asked.resource
        request = asked if own == asked.resource else asked.asking_for(own)
        match = match_statement(statement, request, policies.attach_a_boundary(request))
        failing = [each for each in match.clauses if each.verdict is not Verdict.MATCHES]
        if len(failing) == 1:
            changes = changes_for(failing[0], statement, request, policies.facts, wanted=True)
            matching = (
                each for each in changes if _matches(each, statement, request, policies, budget)
            )
            change = next(matching, None)
            why = mismatch(statement, request, policies.facts)
            yield NearMiss(policy.name, layer, match, failing[0], change, policy.place, why)


def _matches(
    change: Change,
    statement: CompiledStatement,
    request: Request,
    policies: AppliedPolicies,
    budget: Budget,
) -> bool:
    budget.spend(statement.work(request.context))
    changed = changed_request((change,), request)
    if changed is None or not is_possible(changed, policies):
        return False
    match = match_statement(statement, changed, policies.attach_a_boundary(request))
    return match.verdict is Verdict.MATCHES
