"""What a policy document grants, action by action, by the service authorization reference.

Denies are subtracted: an Allow whose resources are all covered by Denies without condition
gives nothing. A Deny that takes away less (under a condition, or on some of the resources)
is kept and shown with the grant. The document is read alone: other policies, boundaries and
the resource's own policy are not its concern. Source: IAM User Guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.access.verdicts import Freedom, GrantDecision, decided_actions, statements_at
from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.reference.in_memory import ActionInfo, Reference, ServiceInfo, get_reference
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.language.patterns import compile_pattern, has_wildcard, split_action
from policyhub.iam.reading.document import PolicyDocument, Statement

Reason = Literal["retired service", "unknown action", "matches no action"]

_CACHED_DOCUMENTS = 96


@dataclass(frozen=True, slots=True, eq=False)
class ActionGrant:
    """An action with the statements that allow it and the Denies that touch it.

    `freedom` is that of the freest Allow: `conditional` on all resources but under a condition,
    `scoped` on some resources. A Deny that takes away a part limits it likewise: with a
    condition it makes the grant conditional, without one scoped. `blocked` is an action that
    Denies take away whole, or that is denied and never allowed: then `allowed_by` is what the
    Denies overrule, and may be empty.
    """

    action: ActionInfo
    allowed_by: tuple[Statement, ...]
    denied_by: tuple[Statement, ...]
    freedom: Freedom


@dataclass(frozen=True, slots=True)
class UnmatchedPattern:
    """A pattern of a statement that matches no action of the reference, and why.

    `retired service`: the reference lacks the service; `unknown action`: an exact name that the
    service lacks; `matches no action`: a wildcard that finds nothing.
    """

    pattern: str
    statement: Statement
    reason: Reason


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How many of a service's actions of one access level there are in a row."""

    level: Level
    granted: int
    total: int

    @property
    def full(self) -> bool:
        """Whether it is every action of the level, and there is one."""
        return 0 < self.total == self.granted


@dataclass(frozen=True)
class ServicePermissions:
    """A service's row: the grants of its actions, and the patterns that match none.

    `info` is None for a service that the reference lacks.
    """

    prefix: str
    info: ServiceInfo | None
    grants: tuple[ActionGrant, ...]
    unmatched: tuple[UnmatchedPattern, ...]

    @property
    def name(self) -> str:
        """The service's name, or its prefix where no name is known."""
        return self.info.name if self.info else self.prefix

    @property
    def total(self) -> int:
        """How many actions the service has."""
        return len(self.info.actions) if self.info else 0

    @property
    def full(self) -> bool:
        """Whether every action of the service is in the row."""
        return 0 < self.total == len(self.grants)

    @cached_property
    def levels(self) -> tuple[LevelCount, ...]:
        """The counts by access level, for each level that the service has."""
        granted = Counter(grant.action.level for grant in self.grants)
        total = Counter(action.level for action in self.info.actions) if self.info else Counter()
        return tuple(
            LevelCount(level, granted[level], total[level]) for level in LEVELS if total[level]
        )


@dataclass(frozen=True)
class EffectivePermissions:
    """What a document grants.

    `grants` and `denied` are sorted by service and name and have no action in common: `denied`
    contains the actions that a Deny names and the document does not grant.
    `without_effect` are the Allow statements of which Denies take away every known action.
    """

    grants: tuple[ActionGrant, ...]
    denied: tuple[ActionGrant, ...]
    unmatched: tuple[UnmatchedPattern, ...]
    without_effect: tuple[Statement, ...]
    policy: PolicyDocument
    reference: Reference

    @cached_property
    def by_action(self) -> Mapping[str, ActionGrant]:
        """The grants and denials by action id in lower case."""
        rows = (*self.grants, *self.denied)
        return MappingProxyType({grant.action.id.lower(): grant for grant in rows})

    def grant(self, action_id: str) -> ActionGrant | None:
        """Return the grant or denial of `service:Name`, ignoring case, or None."""
        return self.by_action.get(action_id.lower())

    @cached_property
    def level_counts(self) -> Mapping[Level, int]:
        """How many granted actions there are by access level, all five levels."""
        counted = Counter(grant.action.level for grant in self.grants)
        return MappingProxyType({level: counted[level] for level in LEVELS})

    @cached_property
    def services(self) -> tuple[ServicePermissions, ...]:
        """The services of which something is granted, or that an Allow names, by prefix."""
        by_service = {
            prefix: tuple(rows)
            for prefix, rows in groupby(self.grants, lambda row: row.action.service)
        }
        unmatched = self._unmatched_by_service()
        return tuple(
            ServicePermissions(
                prefix,
                self.reference.services.get(prefix),
                by_service.get(prefix, ()),
                tuple(unmatched.get(prefix, ())),
            )
            for prefix in sorted({*by_service, *unmatched})
        )

    @cached_property
    def untouched_services(self) -> tuple[ServiceInfo, ...]:
        """The services of the reference of which nothing is granted."""
        touched = {row.prefix for row in self.services if row.grants}
        return tuple(
            info for prefix, info in self.reference.services.items() if prefix not in touched
        )

    def _unmatched_by_service(self) -> dict[str, list[UnmatchedPattern]]:
        """Return what Allow statements name and the reference lacks, by service."""
        rows: dict[str, list[UnmatchedPattern]] = {}
        for row in self.unmatched:
            prefix = split_action(row.pattern)[0]
            grants = row.statement.effect == "Allow" and not row.statement.not_action
            if grants and not has_wildcard(prefix):
                rows.setdefault(prefix, []).append(row)
        return rows


def effective_permissions(
    policy: PolicyDocument, reference: Reference | None = None, budget: Budget = NO_LIMIT
) -> EffectivePermissions:
    """Return what a document grants by the reference; principals are not looked at.

    Raises `SpentError`.
    """
    reference = reference or get_reference()
    verdicts: dict[tuple[int, int], GrantDecision] = {}
    grants: list[ActionGrant] = []
    denied: list[ActionGrant] = []
    for position, verdict in decided_actions(policy, reference, verdicts, budget):
        rows = denied if verdict[2] == "blocked" else grants
        rows.append(ActionGrant(reference.action_at(position), *verdict))
    return EffectivePermissions(
        tuple(grants),
        tuple(denied),
        _unmatched_patterns(policy, reference),
        _without_effect(policy, verdicts),
        policy,
        reference,
    )


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def effective_permissions_of(document_text: str, digest: str) -> EffectivePermissions:
    """Return what a document of the catalogue grants, kept for the next call.

    The digest is only a part of the key. Raises as `kept_policy`.
    """
    policy = kept_policy(document_text)
    return effective_permissions(policy)


def _without_effect(
    policy: PolicyDocument, verdicts: Mapping[tuple[int, int], GrantDecision]
) -> tuple[Statement, ...]:
    reaching, giving = 0, 0
    for (allowing, _), (allowed_by, _, freedom) in verdicts.items():
        reaching |= allowing
        if freedom != "blocked":
            giving |= sum(1 << row.position for row in allowed_by)
    return statements_at(policy, reaching & ~giving)


def _unmatched_patterns(
    policy: PolicyDocument, reference: Reference
) -> tuple[UnmatchedPattern, ...]:
    return tuple(
        UnmatchedPattern(pattern, statement, _reason(pattern, reference))
        for statement in policy.statements
        for pattern in statement.actions
        if not reference.knows(pattern)
    )


def _reason(pattern: str, reference: Reference) -> Reason:
    service = compile_pattern(split_action(pattern)[0])
    if service.is_literal and service.text and service.text not in reference.services:
        return "retired service"
    return "matches no action" if has_wildcard(pattern) else "unknown action"
