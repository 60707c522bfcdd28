"""What the solver and the comparison say about parts of a document: proofs, or nothing.

A claim is made only where it is proved for every request that AWS can send; what takes too much
work is left unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from policyhub.catalog.facts.services import ReferenceFacts
from policyhub.iam.budget import SpentError, Steps
from policyhub.iam.comparing.comparison import compare
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import Contexts, contexts_of
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.formula import Literal
from policyhub.iam.deciding.request import make_request
from policyhub.iam.explaining.facts import condition_holds
from policyhub.iam.language.elements import Condition, PolicyDocument, Statement

_ASKED = "service:Action"
_STEPS_OF_CONDITIONS = 20_000
_STEPS_OF_A_COMPARISON = 60_000
# All comparisons of a document with itself; the longest of AWS's own need less.
STEPS_OF_A_DOCUMENT = 600_000


def are_never_true(conditions: Sequence[Condition], version: str, facts: ReferenceFacts) -> bool:
    """Whether it is proved that no request meets all conditions."""
    return _has_no_model(tuple(conditions), (), version, contexts_of(facts))


def follows(
    condition: Condition, others: Sequence[Condition], version: str, facts: ReferenceFacts
) -> bool:
    """Whether it is proved that a request that meets the others meets the condition too."""
    return _has_no_model(tuple(others), (condition,), version, contexts_of(facts))


def change_nothing(
    policy: PolicyDocument,
    statements: Iterable[Statement],
    facts: ReferenceFacts,
    whole: Steps,
) -> bool:
    """Whether it is proved that a policy with other statements allows exactly the same.

    Both ways: neither allows a request that the other does not. `whole` is the work that all
    comparisons of a document may take together; nothing is proved once it is spent.
    """
    other = replace(policy, statements=_numbered(statements))
    budget = Steps(min(_STEPS_OF_A_COMPARISON, max(whole.left, 0)))
    given = budget.left
    policy = replace(policy, statements=_numbered(policy.statements))
    found = compare(policy, other, None, budget, contexts_of(facts))
    whole.left -= given - budget.left
    return found.verdict == "equivalent"


def _numbered(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements with the positions that they have among themselves."""
    return tuple(replace(each, position=at) for at, each in enumerate(statements))


@lru_cache(maxsize=16_384)
def _has_no_model(
    true: tuple[Condition, ...], false: tuple[Condition, ...], version: str, contexts: Contexts
) -> bool:
    solver = Solver(Steps(_STEPS_OF_CONDITIONS), contexts)
    facts = [
        *(Literal(condition_holds(each, version)) for each in true),
        *(Literal(condition_holds(each, version)).negated() for each in false),
    ]
    try:
        return next(solver.models(facts), None) is None and not _are_true_of_nothing(
            facts, contexts
        )
    except (UndecidedError, SpentError):
        return False


def _are_true_of_nothing(facts: Sequence[Literal], contexts: Contexts) -> bool:
    """Whether the facts are true where every key has the empty text as its value.

    The solver leaves it aside, but a tag can have it; a key of another type than text can't.
    """
    keys = {key for fact in facts for key in fact.atom.keys}
    types = {known.type for key in keys if (known := contexts.key(key)) is not None}
    if types - {"String"}:
        return False
    for value in ("", [""]):
        request = make_request(_ASKED, context=dict.fromkeys(keys, value))
        if all(fact.holds(request) for fact in facts):
            return True
    return False
