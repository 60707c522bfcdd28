"""What a version grants in one sentence, from what is derived of it: what, how far, to whom.

"Grants 438 actions of 19 services, 2 of them Permissions management and 12 Write on all resources
without a condition, to users, groups and roles." The most serious access levels come first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from policyhub.catalog.access.permissions import effective_permissions_of
from policyhub.catalog.access_levels import COUNT_COLUMNS, FREE_COLUMNS, POWER, Level
from policyhub.catalog.models import Policy, PolicyService, PolicyVersion, ServiceGrant

_FREELY = "on all resources without a condition"
_BOUNDED = "only on some resources or under conditions"
_GRANTS = reduce(or_, (Q(**{f"{column}__gt": 0}) for column in COUNT_COLUMNS.values()))


@dataclass(frozen=True, slots=True)
class Granted:
    """What the sentence is about: granted actions by level, those granted freely, and of what.

    `services` are the names of the services of which an action is granted; `denies` says that
    the version has a Deny statement.
    """

    counts: Mapping[Level, int]
    free: Mapping[Level, int]
    services: Sequence[str]
    denies: bool


@dataclass(frozen=True, slots=True)
class Holders:
    """Who can have the policy; `services` are those that are known to assume roles with it.

    `named` is the service that its name begins with, which is only a hint.
    """

    attachable: bool
    is_service_role: bool
    services: Sequence[str]
    named: Sequence[str]


def grant_sentence(version: PolicyVersion) -> str:
    """What a version grants, to whom and how far, as plain text; read from the database."""
    granted = Granted(
        {level: getattr(version, column) for level, column in COUNT_COLUMNS.items()},
        {level: getattr(version, column) for level, column in FREE_COLUMNS.items()},
        _granted_services(version),
        version.uses_deny,
    )
    policy = version.policy
    services = PolicyService.objects.filter(policy=policy)
    holders = Holders(
        policy.attachable,
        policy.kind == Policy.Kind.SERVICE_ROLE,
        _service_names(services.filter(trusted=True)),
        _service_names(services.filter(named=True)),
    )
    return sentence_of(granted, holders)


def sentence_of(granted: Granted, holders: Holders) -> str:
    """The sentence, from its facts alone; a second one is about denies."""
    total = sum(granted.counts.values())
    if not total:
        return _nothing(granted.denies)
    parts = (f"Grants {_what(granted, total)}", *_how_far(granted, total), _to_whom(holders))
    denies = " It also denies actions, even if other policies allow them." if granted.denies else ""
    return f"{', '.join(parts)}.{denies}"


def _granted_services(version: PolicyVersion) -> list[str]:
    """Their names; only default versions have rows of them."""
    if version.is_default:
        return _service_names(ServiceGrant.objects.filter(_GRANTS, version=version))
    found = effective_permissions_of(version.document, version.digest).services
    return [each.name for each in found if each.grants]


def _service_names(rows: QuerySet[Any]) -> list[str]:
    services = rows.values_list("service__name", "service__prefix")
    return [name or prefix for name, prefix in services.order_by("service__prefix")]


def _nothing(denies: bool) -> str:
    if denies:
        return "Grants nothing: it only denies actions, even if other policies allow them."
    return "Grants no action listed in the service authorization reference."


def _what(granted: Granted, total: int) -> str:
    levels = [level for level, count in granted.counts.items() if count]
    level = f"{levels[0]} " if len(levels) == 1 else ""
    return f"{total:,} {level}{'action' if total == 1 else 'actions'} of {_of(granted.services)}"


def _of(services: Sequence[str]) -> str:
    return " and ".join(services) if len(services) < 3 else f"{len(services):,} services"


def _how_far(granted: Granted, total: int) -> list[str]:
    """The most serious levels by how far they reach; if none is serious, how far all reach."""
    levels = [level for level, count in granted.counts.items() if count]
    power = [level for level in POWER if granted.counts[level]]
    if not power or len(levels) == 1:
        none = [] if power or len(levels) == 1 else ["none of them Write or Permissions management"]
        return [*none, _reach(total, sum(granted.free.values()))]
    free = {level: granted.free[level] for level in power}
    bounded = {level: granted.counts[level] - granted.free[level] for level in power}
    parts = [(_counted(free), _FREELY), (_counted(bounded), _BOUNDED)]
    told = " and ".join(f"{counts} {reach}" for counts, reach in parts if counts)
    number, _, rest = told.partition(" ")
    return [f"{number} of them {rest}"]


def _counted(counts: Mapping[Level, int]) -> str:
    return " and ".join(f"{count:,} {level}" for level, count in counts.items() if count)


def _reach(total: int, free: int) -> str:
    if free == 0:
        return _BOUNDED
    return _FREELY if free == total else f"{free:,} of them {_FREELY}"


def _to_whom(holders: Holders) -> str:
    assuming, named = " and ".join(holders.services), " and ".join(holders.named)
    if not holders.attachable:
        hint = f" of {assuming}" if assuming else f", by its name of {named}" if named else ""
        return f"to a service-linked role{hint}"
    if assuming or holders.is_service_role:
        return f"to users, groups and roles, made for a role that {assuming or 'a service'} assumes"
    return "to users, groups and roles"
