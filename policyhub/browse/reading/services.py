"""What a document grants, service by service, as the Summary shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from policyhub.browse.reading.statements import DocumentReading, StatementReading
from policyhub.catalog.access.permissions import ActionGrant, ServicePermissions
from policyhub.catalog.access_levels import LEVEL_SLUGS
from policyhub.iam.reading.document import Statement

SCOPES_IN_A_ROW = 3
# So few actions are named in a row, and this one always.
_ACTIONS_NAMED, GRAVEST = 2, "PassRole"
FREEDOM_WORDS: dict[str, str] = {
    "free": "freely",
    "conditional": "under a condition",
    "scoped": "on some resources",
    "scoped and conditional": "on some resources, under a condition",
    "blocked": "blocked by a deny",
}
BEGINNING = "Grants permission to "


@dataclass(frozen=True)
class Scope:
    """On which resources and when: statements that agree on both, and the actions it is about."""

    statements: tuple[StatementReading, ...]
    actions: tuple[str, ...]

    @property
    def action_count(self) -> int:
        """How many actions it is about."""
        return len(self.actions)

    @property
    def actions_in_words(self) -> str:
        """The actions by name where they are few, the gravest one always, else their number."""
        if self.action_count <= _ACTIONS_NAMED:
            return " and ".join(self.actions)
        if GRAVEST in self.actions:
            return f"{GRAVEST} and {self.action_count - 1} more"
        return f"{self.action_count} actions"

    @property
    def first(self) -> StatementReading:
        """The statement whose words are used for all of them."""
        return self.statements[0]

    @property
    def is_deny(self) -> bool:
        """Whether it takes away."""
        return self.first.statement.effect == "Deny"


@dataclass(frozen=True)
class ScopeGroup:
    """Scopes of one effect that hold under one condition, which is told once."""

    scopes: tuple[Scope, ...]

    @property
    def first(self) -> Scope:
        """The scope whose condition is used for all of them."""
        return self.scopes[0]


class ServiceRow:
    """What is granted of one service; the widest scopes come first, denies last.

    `gravity` is its place among the services of the document, the greatest first.
    """

    def __init__(
        self, permissions: ServicePermissions, reading: DocumentReading, gravity: int = 0
    ) -> None:
        self.permissions = permissions
        self.reading = reading
        self.gravity = gravity
        self.prefix = permissions.prefix
        self.name = permissions.name
        self.action_count = len(permissions.grants)

    @cached_property
    def level_counts(self) -> dict[str, int]:
        """The granted actions by access level."""
        return {row.level: row.granted for row in self.permissions.levels}

    @cached_property
    def access(self) -> str:
        """The access in words: full, or which levels are full and which limited."""
        if self.permissions.full:
            return "Full access"
        full = ", ".join(row.level for row in self.permissions.levels if row.full)
        limited = ", ".join(
            f"{row.granted} of {row.total} {row.level}"
            for row in self.permissions.levels
            if row.granted and not row.full
        )
        parts = (f"Full: {full}" if full else "", f"Limited: {limited}" if limited else "")
        return ". ".join(part for part in parts if part)

    @property
    def named(self) -> str:
        """The action that outweighs all others of its level, if it is granted; else ""."""
        is_granted = any(grant.action.id == f"iam:{GRAVEST}" for grant in self.permissions.grants)
        return GRAVEST if is_granted else ""

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The statements behind the grants, gathered by resources and conditions."""
        actions: dict[int, set[str]] = {}
        for grant in self.permissions.grants:
            for statement in (*grant.allowed_by, *grant.denied_by):
                actions.setdefault(statement.position, set()).add(grant.action.name)
        alike: dict[object, list[StatementReading]] = {}
        for position in sorted(actions):
            reading = self.reading.statements[position]
            alike.setdefault(_bounds(reading.statement), []).append(reading)
        scopes = [
            Scope(
                tuple(readings),
                tuple(
                    sorted(set().union(*(actions[each.statement.position] for each in readings)))
                ),
            )
            for readings in alike.values()
        ]
        return tuple(sorted(scopes, key=_weight_of))

    @property
    def is_unbounded(self) -> bool:
        """Whether all of it is on every resource, without a condition or a deny."""
        return all(not each.is_deny and not each.first.is_bounded for each in self.scopes)

    @property
    def shown_scopes(self) -> tuple[Scope, ...]:
        """The scopes shown in the row itself: all, if only one more would be left."""
        few = len(self.scopes) <= SCOPES_IN_A_ROW + 1
        return self.scopes if few else self.scopes[:SCOPES_IN_A_ROW]

    @property
    def shown_groups(self) -> list[ScopeGroup]:
        """The scopes shown in the row, those under one condition together."""
        groups: dict[object, list[Scope]] = {}
        for scope in self.shown_scopes:
            groups.setdefault((scope.is_deny, scope.first.statement.conditions), []).append(scope)
        return [ScopeGroup(tuple(each)) for each in groups.values()]

    @property
    def more_scopes(self) -> int:
        """How many more are shown when the row opens."""
        return len(self.scopes) - len(self.shown_scopes)


@dataclass(frozen=True)
class GrantingStatement:
    """A statement that grants or denies an action, and by which of its patterns."""

    reading: StatementReading
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class ActionRow:
    """One action and the statements behind its grant."""

    grant: ActionGrant
    statements: tuple[GrantingStatement, ...]

    @property
    def level_slug(self) -> str:
        """The access level as CSS classes have it."""
        return LEVEL_SLUGS[self.grant.action.level]

    @property
    def purpose(self) -> str:
        """What it does, by the reference, without the words that all descriptions begin with."""
        text = self.grant.action.description.removeprefix(BEGINNING)
        return text[:1].upper() + text[1:]

    @property
    def widest(self) -> tuple[GrantingStatement, ...]:
        """The statements that say how far the grant goes: a free one says all."""
        allows = [each for each in self.statements if each.reading.statement.effect == "Allow"]
        free = [each for each in allows if not each.reading.is_bounded]
        return tuple(free[:1] or allows)

    @property
    def denying(self) -> tuple[GrantingStatement, ...]:
        """The Deny statements that take away a part."""
        return tuple(each for each in self.statements if each.reading.statement.effect == "Deny")


def action_rows(reading: DocumentReading, grants: Iterable[ActionGrant]) -> Iterator[ActionRow]:
    """The actions, each with the statements behind it."""
    return (_action_row(reading, grant) for grant in grants)


def _action_row(reading: DocumentReading, grant: ActionGrant) -> ActionRow:
    behind = reading.of((*grant.allowed_by, *grant.denied_by))
    action = grant.action.id
    return ActionRow(
        grant, tuple(GrantingStatement(each, each.patterns_for(action)) for each in behind)
    )


def _weight_of(scope: Scope) -> tuple[bool, bool, bool]:
    """For sorting: what allows before what denies, the gravest action first, then the widest."""
    return scope.is_deny, GRAVEST not in scope.actions, scope.first.is_bounded


def _bounds(statement: Statement) -> object:
    return statement.effect, statement.not_resource, statement.resources, statement.conditions
