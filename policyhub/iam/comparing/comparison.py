"""What one identity policy allows that another does not, each difference proved by a request.

Only actions of which the two documents say different things are looked at (`scope`). Their names
fall into cells that the documents treat alike. For each cell and each Allow statement about it,
the condition under which one side allows and the other doesn't is a formula over resource and
context; a solver finds values that make it true, or proves that none do. What is found is checked
by the engine before it is reported; what takes longer than is allowed is `undecided`, with the
reason. Whether AWS can be asked what makes the difference is found out last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, zip_longest
from typing import Literal as OneOf

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.action_cells import action_cells
from policyhub.iam.comparing.automaton import TooManyStatesError
from policyhub.iam.comparing.common import Common
from policyhub.iam.comparing.compared_policy import compared_policy, service_of_pattern
from policyhub.iam.comparing.condition_patterns import UndecidedError
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.comparing.difference import Difference
from policyhub.iam.comparing.proof import Witness
from policyhub.iam.comparing.scope import EVERYTHING, ActionScope, scope_of, scope_of_excess
from policyhub.iam.deciding.evaluation import needs_no_permission
from policyhub.iam.deciding.request import ACTION, Request
from policyhub.iam.deciding.service_facts import ServiceFacts
from policyhub.iam.language.elements import PolicyDocument, Statement

Relation = OneOf[
    "equivalent", "left_subset", "right_subset", "disjoint", "overlapping", "undecided"
]
# Bounds, so that an answer never takes long; beyond them it is `undecided`.
_MOST_CELLS = 60_000
_MOST_DOUBTS = 50
_TOO_MANY_COMBINATIONS = "the action patterns have too many combinations"
_NOT_COUNTED = (TooManyStatesError, UndecidedError, SpentError)
# So many that it takes longer to look at each than to find out which the side has an Allow about.
_MANY_NAMES = 2_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdicts on two policies, with the witnesses of each side and what is undecided.

    `verdict` is about any request, `possible_verdict` about those that AWS can be asked; it is
    the same where the facts about services were left aside. `is_whole` is false where the budget
    was spent: with a larger one more may be found.
    """

    verdict: Relation
    only_left: tuple[Witness, ...] = ()
    only_right: tuple[Witness, ...] = ()
    undecided: tuple[str, ...] = ()
    is_whole: bool = True
    possible_verdict: Relation = "undecided"


def compare(
    left: PolicyDocument,
    right: PolicyDocument,
    facts: ServiceFacts | None = None,
    budget: Budget = NO_LIMIT,
    contexts: Contexts = ANY_CONTEXT,
) -> Comparison:
    """Compare what two identity policies allow: any action, any resource, in some contexts.

    With `facts` requests are preferred that AWS can be asked. Once the budget is spent, what was
    not looked at is undecided; the differences found until then are reported.

    A difference is shown by a request that one of the policies allows and the other does not:

    >>> import json
    >>> from policyhub.iam.reading.document import parse_policy
    >>> def allowing(action):
    ...     statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    ...     return parse_policy(json.dumps({"Statement": [statement]})).policy
    >>> found = compare(allowing(["s3:Get*", "s3:PutObject"]), allowing("s3:Get*"))
    >>> found.verdict, found.only_left[0].action, found.only_right
    ('right_subset', 's3:putobject', ())
    """
    try:
        scope = scope_of(left, right)
        cells = _groups_of(scope, left, right, budget)
    except _NOT_COUNTED as error:
        is_whole = not isinstance(error, SpentError)
        return Comparison("undecided", undecided=(_reason(error),), is_whole=is_whole)
    one, other = compared_policy(left), compared_policy(right)
    only_left = Difference(one, other, budget, contexts, facts)
    only_right = Difference(other, one, budget, contexts, facts)
    sides = only_left, only_right
    # In turns, so that a budget that is spent leaves neither side without an answer.
    for _ in zip_longest(*(each.seek(cells) for each in sides)):
        pass
    if facts is not None:
        _seek_asked(sides, scope, facts)
    statements = (*left.statements, *right.statements)
    groups = partial(_cells, statements, EVERYTHING, budget)
    common = Common(one, other, groups, budget, contexts, facts)
    verdict = _relation(_standing(sides), lambda: common.has_any)
    possible = _relation(_standing_of_asked(sides), common.has_asked)
    doubts = _doubts((*sides, common))
    is_whole = not any(each.is_cut_short for each in (*sides, common))
    return Comparison(
        verdict, only_left.witnesses, only_right.witnesses, doubts, is_whole, possible
    )


@dataclass(frozen=True, slots=True)
class ExcessOfPolicy:
    """What one policy allows beyond another: `is_none` where that is for certain nothing.

    A witness proves the contrary; without either it is undecided, for the reasons given.
    """

    is_none: bool
    witnesses: tuple[Witness, ...] = ()
    undecided: tuple[str, ...] = ()


def excess(
    policy: PolicyDocument,
    limit: PolicyDocument,
    facts: ServiceFacts | None = None,
    budget: Budget = NO_LIMIT,
) -> ExcessOfPolicy:
    """What an identity policy allows that another doesn't, for any request in any context.

    The half of `compare` that a proof of containment needs.
    """
    try:
        scope = scope_of_excess(policy, limit, budget)
        cells = _groups_of(scope, policy, limit, budget)
    except _NOT_COUNTED as error:
        return ExcessOfPolicy(is_none=False, undecided=(_reason(error),))
    if not cells:
        return ExcessOfPolicy(is_none=True)
    sides = compared_policy(policy), compared_policy(limit)
    found = Difference(*sides, budget, ANY_CONTEXT, facts)
    for _ in found.seek(cells):
        pass
    if facts is not None:
        _seek_asked((found,), scope, facts)
    return ExcessOfPolicy(found.is_empty, found.witnesses, _doubts((found,)))


def _groups_of(
    scope: ActionScope, left: PolicyDocument, right: PolicyDocument, budget: Budget
) -> Sequence[str]:
    """The groups of the actions in a scope.

    Raises one of `_NOT_COUNTED` where there are too many.
    """
    statements = (*left.statements, *right.statements)
    budget.spend(sum(len(each.actions) + len(each.resources) for each in statements))
    cells = list(islice(_cells(statements, scope, budget), _MOST_CELLS + 1))
    if len(cells) > _MOST_CELLS:
        raise UndecidedError(f"more than {_MOST_CELLS:,} groups of actions")
    return cells


def _reason(error: Exception) -> str:
    return str(error) or _TOO_MANY_COMBINATIONS


def _doubts(found: Iterable[Difference | Common]) -> tuple[str, ...]:
    """The first doubts, and how many there are besides."""
    told = list(dict.fromkeys(doubt for each in found for doubt in each.all_doubts))
    more = len(told) - _MOST_DOUBTS
    return tuple(told) if more <= 0 else (*told[:_MOST_DOUBTS], f"and {more:,} more like these")


def _cells(statements: Sequence[Statement], scope: ActionScope, budget: Budget) -> Iterator[str]:
    """The groups of actions, without what can't be asked for or what no policy can deny."""
    return (
        each
        for each in action_cells(statements, scope, budget)
        if ACTION.fullmatch(each) and not needs_no_permission(Request(each))
    )


def _seek_asked(sides: Sequence[Difference], scope: ActionScope, facts: ServiceFacts) -> None:
    """Seek requests that AWS can be asked, for what differs: by known names, then by others.

    A name that is not known may be newer than the reference, if a policy names it or its service.
    """
    known = {each: facts.actions_matching(each) for each in scope.written()}
    for side in sides:
        unknown = [
            pattern if pattern.lower() == action.lower() else action
            for pattern, action in side.named
            if facts.types(action) is None
            and (_is_named(action, scope) or _is_of_unknown_service(pattern, facts))
        ]
        side.seek_asked(_allowed_of(side, known, facts))
        side.seek_asked({each.lower(): [each] for each in unknown})


def _allowed_of(
    side: Difference, known: Mapping[str, Sequence[str]], facts: ServiceFacts
) -> Mapping[str, Sequence[str]]:
    """Of many names those that the side has an Allow about: the others need no look."""
    if not side.is_shown or sum(map(len, known.values())) < _MANY_NAMES:
        return known
    allowed = side.side.known_actions(facts)
    if allowed is None:
        return known
    return {
        pattern: [each for each in names if each in allowed] for pattern, names in known.items()
    }


def _is_named(action: str, scope: ActionScope) -> bool:
    return action.lower() in scope.of(action.partition(":")[0].lower())


def _is_of_unknown_service(pattern: str, facts: ServiceFacts) -> bool:
    return bool(service_of_pattern(pattern)) and not facts.knows_service(pattern)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Of a side: whether it allows nothing alone for certain, and whether something for certain."""

    is_empty: bool
    is_shown: bool


def _standing(sides: Iterable[Difference]) -> list[_Standing]:
    return [_Standing(each.is_empty, each.is_shown) for each in sides]


def _standing_of_asked(sides: Iterable[Difference]) -> list[_Standing]:
    return [_Standing(each.is_empty_of_asked, each.is_shown_of_asked) for each in sides]


def _relation(sides: Sequence[_Standing], have_common: Callable[[], bool | None]) -> Relation:
    """The first relation that holds; `have_common` is asked last, None where it is undecided."""
    left, right = sides
    if left.is_empty and right.is_empty:
        return "equivalent"
    if left.is_empty and right.is_shown:
        return "left_subset"
    if right.is_empty and left.is_shown:
        return "right_subset"
    if not (left.is_shown and right.is_shown):
        return "undecided"
    common = have_common()
    if common is None:
        return "undecided"
    return "overlapping" if common else "disjoint"
