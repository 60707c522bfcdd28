"""How freely a policy's statements grant an action, denies subtracted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Literal

from policyhub.catalog.reference.in_memory import (
    Reference,
)
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.language.resources import (
    on_all_resources,
    resources_are_apart,
    resources_are_covered,
)
from policyhub.iam.reading.document import PolicyDocument, Statement

Freedom = Literal["free", "conditional", "scoped", "scoped and conditional", "blocked"]

#: From the freest to the most limited.
FREEDOMS: tuple[Freedom, ...] = (
    "free",
    "conditional",
    "scoped",
    "scoped and conditional",
    "blocked",
)

_FREEDOM_BY_LIMITS: dict[tuple[bool, bool], Freedom] = {
    (False, False): "free",
    (True, False): "conditional",
    (False, True): "scoped",
    (True, True): "scoped and conditional",
}

# The work of comparing the resources of two statements.
_STEPS_OF_A_PAIR = 5
# A pattern is held against the names of its service.
_STEPS_OF_A_PATTERN = 100


def granted_positions(policy: PolicyDocument, reference: Reference) -> list[int]:
    """Return the places in `Reference.actions` of all that a document grants, in any bounds."""
    return sorted(granted_and_free(policy, reference)[0])


def granted_and_free(policy: PolicyDocument, reference: Reference) -> tuple[set[int], set[int]]:
    """Return the places of all that a document grants in any bounds, and of what is free in it."""
    granted: set[int] = set()
    free: set[int] = set()
    if all(each.effect == "Allow" for each in policy.statements):
        # Nothing has to be decided, which counts for the hundred versions of a history.
        for statement in policy.statements:
            into = free if _freedom(statement, ()) == "free" else granted
            into.update(matching_positions(statement, reference))
        return granted | free, free
    for position, (_, _, freedom) in decided_actions(policy, reference, {}):
        if freedom != "blocked":
            granted.add(position)
        if freedom == "free":
            free.add(position)
    return granted, free


GrantDecision = tuple[tuple[Statement, ...], tuple[Statement, ...], Freedom]


def matching_positions(statement: Statement, reference: Reference) -> Iterable[int]:
    """Return the places in `Reference.actions` of the actions that a statement is about.

    A place may come twice; NotAction is about every action that no pattern matches.
    """
    listed = chain.from_iterable(map(reference.expand_to_positions, statement.actions))
    if not statement.not_action:
        return listed
    return sorted(set(range(reference.action_count)).difference(listed))


def decided_actions(
    policy: PolicyDocument,
    reference: Reference,
    verdicts: dict[tuple[int, int], GrantDecision],
    budget: Budget = NO_LIMIT,
) -> Iterator[tuple[int, GrantDecision]]:
    """Yield what becomes of each action that a statement is about, by its place.

    Actions that the same statements are about share a verdict; `verdicts` gathers these.
    """
    allowing = _reach(policy, "Allow", reference, budget)
    denying = _reach(policy, "Deny", reference, budget)
    for position in sorted(allowing.keys() | denying.keys()):
        statements = allowing.get(position, 0), denying.get(position, 0)
        budget.spend()
        if statements not in verdicts:
            verdicts[statements] = decide_grant(policy, *statements, budget)
        yield position, verdicts[statements]


def _reach(
    policy: PolicyDocument, effect: str, reference: Reference, budget: Budget
) -> dict[int, int]:
    """Return by place of the action the statements of that effect about it, one bit each."""
    reached: dict[int, int] = {}
    for statement in policy.statements:
        if statement.effect == effect:
            budget.spend(_STEPS_OF_A_PATTERN * len(statement.actions))
            bit = 1 << statement.position
            for position in matching_positions(statement, reference):
                reached[position] = reached.get(position, 0) | bit
    return reached


def decide_grant(
    policy: PolicyDocument, allowing: int, denying: int, budget: Budget = NO_LIMIT
) -> GrantDecision:
    """Return the statements that allow and deny an action, and the freedom.

    Raises `SpentError`: every Allow is compared with every Deny.
    `allowing` and `denying` have a bit for the position of each statement about the action.
    """
    allows, denies = statements_at(policy, allowing), statements_at(policy, denying)
    touching: dict[int, tuple[Statement, ...]] = {}
    for allow in allows:
        budget.spend(_STEPS_OF_A_PAIR * len(denies))
        touching[allow.position] = tuple(
            deny for deny in denies if not resources_are_apart(deny, allow, policy.version)
        )
    left = tuple(allow for allow in allows if not _overruled(allow, touching, policy.version))
    if not left:
        return allows, denies, "blocked"
    freedoms = [_freedom(allow, touching[allow.position]) for allow in left]
    denied_by = in_document_order(touching[allow.position] for allow in left)
    return left, denied_by, min(freedoms, key=FREEDOMS.index)


def _overruled(
    allow: Statement, touching: Mapping[int, tuple[Statement, ...]], version: str
) -> bool:
    """Say whether Denies without condition take away all that an Allow gives."""
    denies = [deny for deny in touching[allow.position] if not deny.conditions]
    return bool(denies) and resources_are_covered(allow, denies, version)


def _freedom(allow: Statement, denies: Iterable[Statement]) -> Freedom:
    limits = (bool(allow.conditions), not on_all_resources(allow))
    for deny in denies:
        limits = (limits[0] or bool(deny.conditions), limits[1] or not deny.conditions)
    return _FREEDOM_BY_LIMITS[limits]


def statements_at(policy: PolicyDocument, bits: int) -> tuple[Statement, ...]:
    """The policy's statements at the positions whose bits are set."""
    return tuple(row for row in policy.statements if bits >> row.position & 1)


def in_document_order(groups: Iterable[Iterable[Statement]]) -> tuple[Statement, ...]:
    """Return the statements of all groups, each once, by position."""
    statements = {row.position: row for group in groups for row in group}
    return tuple(statements[position] for position in sorted(statements))
