"""The statements of two documents, each paired with its likeliest counterpart, and what changed.

A pair is the same, or written differently (cosmetic), or is elsewhere (moved), or one is
within the other; what a statement covers is compared by containment, not by its text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from policyhub.iam.budget import NO_LIMIT, Budget, SpentError
from policyhub.iam.comparing.comparison import Relation, compare
from policyhub.iam.comparing.contexts import ANY_CONTEXT, Contexts
from policyhub.iam.language.elements import PolicyDocument, Statement

Change = Literal["same", "cosmetic", "moved", "widened", "narrowed", "changed", "added", "removed"]
_CHANGES: dict[Relation, Change] = {
    "equivalent": "cosmetic",
    "left_subset": "widened",
    "right_subset": "narrowed",
}
# Statements less alike than this have nothing to do with each other.
_LIKE_ENOUGH = 0.25
_SAME_SID = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements that belong together; one is None where the other was added or removed.

    `clauses` are the elements that differ. What a Deny covers counts, too, as the statement's:
    a widened Deny denies more. Where `is_decided` is false the two are written differently, and
    whether they mean the same was not found out.
    """

    left: Statement | None
    right: Statement | None
    change: Change
    clauses: tuple[str, ...] = ()
    is_decided: bool = True


def align(
    left: PolicyDocument,
    right: PolicyDocument,
    budget: Budget = NO_LIMIT,
    contexts: Contexts = ANY_CONTEXT,
) -> tuple[Pair, ...]:
    """Pair all statements, in the right document's order, what was removed where it was.

    Once the budget is spent, only what is written alike is paired for certain.
    """
    partners = _partners(left, right, budget)
    in_order = _longest_ordered_run(partners)
    pairs = {
        other: _compared_pair((left, right), one, other, one in in_order, budget, contexts)
        for one, other in partners.items()
    }
    rows: list[tuple[float, Pair]] = [
        (place, pairs.get(place, Pair(None, statement, "added")))
        for place, statement in enumerate(right.statements)
    ]
    before = -1
    for place, statement in enumerate(left.statements):
        before = partners.get(place, before)
        if place not in partners:
            rows.append((before + 0.5, Pair(statement, None, "removed")))
    return tuple(pair for _, pair in sorted(rows, key=lambda row: row[0]))


def _partners(left: PolicyDocument, right: PolicyDocument, budget: Budget) -> dict[int, int]:
    """Which statement of the right belongs to which of the left: the most alike first."""
    try:
        likenesses = sorted(_likenesses(left, right, budget))
    except SpentError:
        return _equal_partners(left, right)
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in likenesses:
        if i not in partners and j not in taken:
            partners[i] = j
            taken.add(j)
    return partners


def _equal_partners(left: PolicyDocument, right: PolicyDocument) -> dict[int, int]:
    """The statements that are written alike, in their order."""
    places: dict[Statement, list[int]] = {}
    for place, statement in enumerate(right.statements):
        places.setdefault(replace(statement, position=0), []).append(place)
    partners: dict[int, int] = {}
    for place, statement in enumerate(left.statements):
        alike = places.get(replace(statement, position=0))
        if alike:
            partners[place] = alike.pop(0)
    return partners


class _StatementSets:
    """A statement's elements as sets, made once for all comparisons."""

    __slots__ = ("actions", "conditions", "resources", "statement")

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.actions = frozenset(map(str.lower, statement.actions))
        self.resources = frozenset(statement.resources)
        self.conditions = frozenset(
            (each.operator.lower(), each.key.lower(), frozenset(each.values))
            for each in statement.conditions
        )


def _likenesses(
    left: PolicyDocument, right: PolicyDocument, budget: Budget
) -> Iterator[tuple[float, int, int, int]]:
    """Every two statements that are alike enough: (likeness, negative, distance, places)."""
    outlines = [_StatementSets(each) for each in right.statements]
    for i, statement in enumerate(left.statements):
        one = _StatementSets(statement)
        budget.spend(len(outlines))
        for j, other in enumerate(outlines):
            if statement.effect == other.statement.effect:
                likeness = _likeness(one, other)
                if likeness >= _LIKE_ENOUGH:
                    yield -likeness, abs(statement.position - other.statement.position), i, j


def _likeness(one: _StatementSets, other: _StatementSets) -> float:
    """From 0 to some 3: what the elements share, and the name."""
    shared = 2 * _share(one.actions, other.actions)
    if shared:
        shared += 0.6 * _share(one.resources, other.resources)
        shared += 0.4 * _share(one.conditions, other.conditions)
    sid = one.statement.sid
    return shared + (_SAME_SID if sid and sid == other.statement.sid else 0)


def _share(one: frozenset[object], other: frozenset[object]) -> float:
    common = len(one & other)
    every = len(one) + len(other) - common
    return common / every if every else 1


def _longest_ordered_run(partners: dict[int, int]) -> set[int]:
    """The left places of the longest run of pairs that are in the same order.

    Of each length the run is kept whose last pair leaves most room for others.
    """
    ends: list[int] = []
    last: list[int] = []
    before: dict[int, int | None] = {}
    for place in sorted(partners):
        length = bisect_left(ends, partners[place])
        before[place] = last[length - 1] if length else None
        ends[length : length + 1] = [partners[place]]
        last[length : length + 1] = [place]
    run: set[int] = set()
    at = last[-1] if last else None
    while at is not None:
        run.add(at)
        at = before[at]
    return run


def _compared_pair(
    sides: tuple[PolicyDocument, PolicyDocument],
    i: int,
    j: int,
    in_order: bool,
    budget: Budget,
    contexts: Contexts,
) -> Pair:
    left, right = sides
    one, other = left.statements[i], right.statements[j]
    clauses = tuple(_differing(one, other))
    if replace(one, position=0) == replace(other, position=0) and left.version == right.version:
        return Pair(one, other, "same" if in_order else "moved")
    alone = _as_policy(left, one), _as_policy(right, other)
    verdict = compare(*alone, budget=budget, contexts=contexts).verdict
    change = _CHANGES.get(verdict, "changed")
    if change == "cosmetic" and not in_order:
        change = "moved"
    return Pair(one, other, change, clauses, verdict != "undecided")


def _as_policy(policy: PolicyDocument, statement: Statement) -> PolicyDocument:
    """The statement as a policy that allows what it covers."""
    return PolicyDocument(policy.version, "", (replace(statement, effect="Allow", position=0),))


def _differing(one: Statement, other: Statement) -> Iterator[str]:
    """The elements in which two statements differ, as written."""
    if one.sid != other.sid:
        yield "Sid"
    for name, mine, its in (
        ("Action", (one.not_action, one.actions), (other.not_action, other.actions)),
        ("Resource", (one.not_resource, one.resources), (other.not_resource, other.resources)),
        ("Condition", one.conditions, other.conditions),
    ):
        if mine != its:
            is_not = name != "Condition" and mine[0] and its[0]
            yield f"Not{name}" if is_not else name
