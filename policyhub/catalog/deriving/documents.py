"""What is derived from one document: the values of every derived row, without the database."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions
from policyhub.catalog.access.power import power_columns
from policyhub.catalog.access.shapes import shape_of
from policyhub.catalog.access.verdicts import granted_and_free
from policyhub.catalog.access_levels import COUNT_COLUMNS, FREE_COLUMNS, Level
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.models.derived import LONGEST_INDEXED_KEY, LONGEST_PATTERN, has_long_pattern
from policyhub.catalog.reference.in_memory import Reference
from policyhub.iam.language.patterns import compile_pattern, split_action
from policyhub.iam.language.resources import on_all_resources
from policyhub.iam.reading.document import PolicyDocument, Statement, parse_policy, read_alone

SERVICE_COLUMNS = (*COUNT_COLUMNS.values(), *FREE_COLUMNS.values())
_SERVICE_PREFIX = re.compile(r"[a-z0-9.-]{1,64}")

logger = logging.getLogger(__name__)

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DerivedStatement:
    """A statement's elements, its action patterns in lower case, and its conditions."""

    elements: Columns
    patterns: tuple[str, ...]
    conditions: tuple[Columns, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """The columns of a version, its statements, the counts by level of each service, its power.

    `policy` is the document; one that breaks the grammar has no statements.
    """

    columns: Columns
    statements: tuple[DerivedStatement, ...]
    services: dict[str, Columns]
    power: list[list[int]]
    policy: PolicyDocument


def derive(
    version: PolicyVersion, reference: Reference, policy: PolicyDocument | None = None
) -> Derived:
    """Return what is derived from a version's document; `policy` is it where it was read already.

    From one that breaks the grammar, which may have become stricter since, nothing is; the log
    says so, and the others are served.
    """
    policy = policy or _read_or_empty(version)
    statements = tuple(_derive_statement(each, policy.version) for each in policy.statements)
    permissions = effective_permissions(policy, reference)
    patterns = _patterns(policy)
    counts = Counter(grant.action.level for grant in permissions.grants)
    free = Counter(grant.action.level for grant in permissions.grants if grant.freedom == "free")
    return Derived(
        columns=_columns(policy, len(patterns), counts, free),
        statements=statements,
        services=_services(permissions, patterns),
        power=power_columns(permissions),
        policy=policy,
    )


def columns_of(
    version: PolicyVersion, reference: Reference, policy: PolicyDocument | None = None
) -> Columns:
    """Return the columns alone, which is all that is kept of a version that is no default.

    `policy` is its document where it was read already.
    """
    return derive_columns(policy or _read_or_empty(version), reference)


def _read_or_empty(version: PolicyVersion) -> PolicyDocument:
    policy = read_alone(version.document)
    if policy is None:
        logger.warning(
            "The document of %s breaks the policy grammar, so nothing is derived from it: "
            "%s. Import it again.",
            version,
            parse_policy(version.document).errors[0].message,
        )
        policy = PolicyDocument(version="", id="", statements=())
    return policy


def _patterns(policy: PolicyDocument) -> set[str]:
    return {pattern for each in policy.statements for pattern in _indexed_patterns(each.actions)}


def has_rows(version: PolicyVersion) -> bool:
    """Whether a version's statements have rows: that of the default, unless the policy is gone."""
    return version.is_default and version.policy.last_seen_on is None


def pattern_columns(pattern: str, reference: Reference) -> Columns:
    """Return the columns of a pattern in lower case, except its service."""
    compiled = compile_pattern(pattern, ignore_case=True)
    return {
        "literal_prefix": compiled.literal_prefix,
        "has_wildcard": not compiled.is_literal,
        "match_count": len(reference.expand_to_positions(pattern)),
    }


def service_of(pattern: str) -> str:
    """Return the service that a pattern in lower case names, or "" where it names none."""
    prefix = split_action(pattern)[0]
    return prefix if _SERVICE_PREFIX.fullmatch(prefix) else ""


def _derive_statement(statement: Statement, language: str) -> DerivedStatement:
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    principals = statement.principals
    shape = shape_of(statement, language)
    return DerivedStatement(
        elements={
            "position": statement.position,
            "sid": statement.sid,
            "effect": statement.effect,
            "actions": list(statement.actions),
            "not_action": statement.not_action,
            "has_long_pattern": has_long_pattern(statement.actions),
            "resources": list(statement.resources),
            "not_resource": statement.not_resource,
            "conditions": conditions,
            "principals": principals and [{"type": p.type, "value": p.value} for p in principals],
            "shape": shape.digest,
            "account": shape.account,
        },
        patterns=tuple(dict.fromkeys(_indexed_patterns(statement.actions))),
        conditions=tuple(
            {
                "operator": condition.operator,
                "key": condition.key,
                "key_lower": condition.key.lower()[:LONGEST_INDEXED_KEY],
                "values": list(condition.values),
            }
            for condition in statement.conditions
        ),
    )


def _indexed_patterns(actions: Iterable[str]) -> Iterable[str]:
    return (action.lower() for action in actions if len(action) <= LONGEST_PATTERN)


def derive_columns(policy: PolicyDocument, reference: Reference) -> Columns:
    """Return the columns of a version by what its document says."""
    granted, free = granted_and_free(policy, reference)
    counts = [
        Counter(reference.actions[each].level for each in places) for places in (granted, free)
    ]
    return _columns(policy, len(_patterns(policy)), *counts)


def _columns(
    policy: PolicyDocument, pattern_count: int, counts: Counter[Level], free: Counter[Level]
) -> Columns:
    """The columns, with how many granted actions there are of each level, and how many free."""
    statements = policy.statements
    return {
        "language": policy.version,
        "statement_count": len(statements),
        "pattern_count": pattern_count,
        "action_count": counts.total(),
        **{column: counts[level] for level, column in COUNT_COLUMNS.items()},
        **{column: free[level] for level, column in FREE_COLUMNS.items()},
        "resource_scope": _resource_scope(statements),
        "condition_scope": _condition_scope(statements),
        "uses_deny": any(statement.effect == "Deny" for statement in statements),
        "uses_not_action": any(statement.not_action for statement in statements),
        "uses_not_resource": any(statement.not_resource for statement in statements),
    }


def _resource_scope(statements: Iterable[Statement]) -> str:
    """Return how far the Allow statements reach; "" where there is none."""
    scopes = {on_all_resources(each) for each in statements if each.effect == "Allow"}
    if len(scopes) == 2:
        return PolicyVersion.ResourceScope.MIXED.value
    if not scopes:
        return ""
    scope = (
        PolicyVersion.ResourceScope.ALL if True in scopes else PolicyVersion.ResourceScope.SCOPED
    )
    return scope.value


def _condition_scope(statements: Iterable[Statement]) -> str:
    conditional = {bool(statement.conditions) for statement in statements}
    if len(conditional) == 2:
        return PolicyVersion.ConditionScope.SOME.value
    scope = (
        PolicyVersion.ConditionScope.ALL
        if True in conditional
        else PolicyVersion.ConditionScope.NONE
    )
    return scope.value


def _services(permissions: EffectivePermissions, patterns: Iterable[str]) -> dict[str, Columns]:
    """Return the level counts of every service that is granted or named."""
    counted: dict[str, Counter[str]] = {
        prefix: Counter() for prefix in map(service_of, patterns) if prefix
    }
    for grant in permissions.grants:
        levels = counted.setdefault(grant.action.service, Counter())
        levels[COUNT_COLUMNS[grant.action.level]] += 1
        if grant.freedom == "free":
            levels[FREE_COLUMNS[grant.action.level]] += 1
    return {
        prefix: {column: counts[column] for column in SERVICE_COLUMNS}
        for prefix, counts in sorted(counted.items())
    }
