"""What a document takes away, and what its statements leave out by NotAction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policyhub.browse.reading.statements import DocumentReading, StatementReading
from policyhub.catalog.access.permissions import ActionGrant, EffectivePermissions
from policyhub.catalog.access.verdicts import matching_positions
from policyhub.catalog.reference.in_memory import ActionInfo, Reference


@dataclass(frozen=True)
class LeftOut:
    """A service in a NotAction's list: how many of its actions the statement leaves out."""

    prefix: str
    count: int
    total: int


@dataclass(frozen=True)
class Denial:
    """A Deny statement: how many actions it is about, and what it takes from this document.

    `left_out` is what its NotAction lists; `removed` are actions that the document would grant
    without it; `limited` are grants of which it denies a part.
    """

    reading: StatementReading
    action_count: int
    left_out: tuple[LeftOut, ...]
    removed: tuple[ActionGrant, ...]
    limited: tuple[ActionGrant, ...]


@dataclass(frozen=True)
class Exclusion:
    """An Allow statement with NotAction: how many actions it allows, and which it leaves out.

    `given_elsewhere` counts what it leaves out and other statements of the policy grant.
    """

    reading: StatementReading
    action_count: int
    total: int
    left_out: tuple[LeftOut, ...]
    given_elsewhere: int


def denials(reading: DocumentReading, permissions: EffectivePermissions) -> list[Denial]:
    """The Deny statements, in document order."""
    return [
        Denial(
            each,
            len(set(matching_positions(each.statement, permissions.reference))),
            tuple(_services_left_out(each, permissions.reference)),
            tuple(row for row in permissions.denied if row.allowed_by and _denies(each, row)),
            tuple(row for row in permissions.grants if _denies(each, row)),
        )
        for each in reading.statements
        if each.statement.effect == "Deny"
    ]


def exclusions(reading: DocumentReading, permissions: EffectivePermissions) -> list[Exclusion]:
    """The Allow statements with NotAction, in document order."""
    reference = permissions.reference
    return [
        Exclusion(
            each,
            len(set(matching_positions(each.statement, reference))),
            len(reference.actions),
            tuple(_services_left_out(each, reference)),
            _granted_count(_listed_actions(each, reference), permissions),
        )
        for each in reading.statements
        if each.statement.not_action and each.statement.effect == "Allow"
    ]


def _denies(reading: StatementReading, grant: ActionGrant) -> bool:
    position = reading.statement.position
    return any(statement.position == position for statement in grant.denied_by)


def _services_left_out(reading: StatementReading, reference: Reference) -> Iterator[LeftOut]:
    if not reading.statement.not_action:
        return
    counts = Counter(action.service for action in _listed_actions(reading, reference))
    for prefix in sorted(counts):
        yield LeftOut(prefix, counts[prefix], len(reference.services[prefix].actions))


def _listed_actions(reading: StatementReading, reference: Reference) -> set[ActionInfo]:
    return {action for text in reading.statement.actions for action in reference.expand(text)}


def _granted_count(actions: Iterable[ActionInfo], permissions: EffectivePermissions) -> int:
    rows = (permissions.grant(action.id) for action in actions)
    return sum(1 for row in rows if row and row.freedom != "blocked")
