"""The statements of two documents, each paired with its likeliest counterpart, and what changed.

A pair is the same, or written differently (cosmetic), or stands elsewhere (moved), or one is
within the other; what a statement covers is compared by containment, not by its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from policyhub.iam.comparison import Verdict, compare
from policyhub.iam.elements import Policy, Statement

Change = Literal["same", "cosmetic", "moved", "widened", "narrowed", "changed", "added", "removed"]
_CHANGES: dict[Verdict, Change] = {
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
    a widened Deny denies more.
    """

    left: Statement | None
    right: Statement | None
    change: Change
    clauses: tuple[str, ...] = ()


def align(left: Policy, right: Policy) -> tuple[Pair, ...]:
    """Pair all statements, in the right document's order, what was removed where it stood."""
    partners = _partners(left, right)
    in_order = _in_order(partners)
    pairs = {
        right_place: _pair(left, right, left_place, right_place, left_place in in_order)
        for left_place, right_place in partners.items()
    }
    rows: list[tuple[float, Pair]] = [
        (place, pairs.get(place, Pair(None, statement, "added")))
        for place, statement in enumerate(right.statements)
    ]
    for place, statement in enumerate(left.statements):
        if place not in partners:
            before = [partners[each] for each in range(place) if each in partners]
            rows.append(((before[-1] if before else -1) + 0.5, Pair(statement, None, "removed")))
    return tuple(pair for _, pair in sorted(rows, key=lambda row: row[0]))


def _partners(left: Policy, right: Policy) -> dict[int, int]:
    """Which statement of the right belongs to which of the left: the most alike first."""
    likenesses = sorted(
        (-_likeness(one, other), abs(one.position - other.position), i, j)
        for i, one in enumerate(left.statements)
        for j, other in enumerate(right.statements)
        if one.effect == other.effect
    )
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for likeness, _, i, j in likenesses:
        if -likeness >= _LIKE_ENOUGH and i not in partners and j not in taken:
            partners[i] = j
            taken.add(j)
    return partners


def _likeness(one: Statement, other: Statement) -> float:
    """From 0 to some 3: what the elements share, and the name."""
    shared = (
        2 * _share(map(str.lower, one.actions), map(str.lower, other.actions))
        + 0.6 * _share(one.resources, other.resources)
        + 0.4 * _share(_conditions(one), _conditions(other))
    )
    if not _share(map(str.lower, one.actions), map(str.lower, other.actions)):
        shared = 0
    return shared + (_SAME_SID if one.sid and one.sid == other.sid else 0)


def _share(one: Iterable[object], other: Iterable[object]) -> float:
    first, second = set(one), set(other)
    return len(first & second) / len(first | second) if first | second else 1


def _conditions(statement: Statement) -> set[object]:
    return {
        (each.operator.lower(), each.key.lower(), frozenset(each.values))
        for each in statement.conditions
    }


def _in_order(partners: dict[int, int]) -> set[int]:
    """The left places of the longest run of pairs that stand in the same order."""
    best: list[int] = []
    runs: dict[int, list[int]] = {}
    for place in sorted(partners):
        before = [runs[each] for each in runs if partners[each] < partners[place]]
        runs[place] = [*max(before, key=len, default=[]), place]
        best = max(best, runs[place], key=len)
    return set(best)


def _pair(left: Policy, right: Policy, i: int, j: int, in_order: bool) -> Pair:
    one, other = left.statements[i], right.statements[j]
    clauses = tuple(_differing(one, other))
    if replace(one, position=0) == replace(other, position=0) and left.version == right.version:
        return Pair(one, other, "same" if in_order else "moved")
    verdict = compare(_alone(left, one), _alone(right, other)).verdict
    change = _CHANGES.get(verdict, "changed")
    if change == "cosmetic" and not in_order:
        change = "moved"
    return Pair(one, other, change, clauses)


def _alone(policy: Policy, statement: Statement) -> Policy:
    """The statement as a policy that allows what it covers."""
    return Policy(policy.version, "", (replace(statement, effect="Allow", position=0),))


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
