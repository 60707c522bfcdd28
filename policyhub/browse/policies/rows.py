"""The rows of the list of policies: what it can be sorted by, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from policyhub.browse.lists.listing import Column, Listing
from policyhub.browse.pictures import LevelBar, level_bar
from policyhub.browse.policies.facets import FACETS, SERVICE
from policyhub.catalog.access_levels import COUNT_COLUMNS
from policyhub.catalog.models import Policy, PolicyVersion, ServiceGrant
from policyhub.catalog.models.policy import PolicyVersionQuerySet, account_of
from policyhub.catalog.retired import retired_policy

COLUMNS = (
    Column("name", "Name", ("policy__name", "policy__key")),
    Column("kind", "Kind", ("policy__kind",)),
    Column("services", "Services", ("service_count",), number=True, greatest_first=True),
    Column("statements", "Statements", ("statement_count",), number=True, greatest_first=True),
    Column("actions", "Actions", ("action_count",), number=True, greatest_first=True),
    Column(
        "levels",
        "Access levels",
        ("permissions_count", "write_count", "tagging_count", "read_count", "list_count"),
        greatest_first=True,
    ),
    Column("changed", "Last change", ("policy__updated_at",), greatest_first=True),
)

POLICIES = Listing(
    facets=FACETS,
    columns=COLUMNS,
    default_sort="name",
    headings={
        SERVICE: "In a single granted action",
        "kind": "In the policy as a whole",
    },
)

_grants = ServiceGrant.objects.filter(version=OuterRef("pk")).order_by().values("version")
SERVICE_COUNT = Coalesce(Subquery(_grants.annotate(count=Count("pk")).values("count")), Value(0))

SHOWN_COLUMNS = (
    "policy__key",
    "policy__name",
    "policy__arn",
    "policy__kind",
    "policy__attachable",
    "policy__created_at",
    "policy__updated_at",
    "policy__deprecated_on",
    "policy__last_seen_on",
    "version_id",
    "statement_count",
    "pattern_count",
    "action_count",
    "resource_scope",
    "condition_scope",
    "service_count",
    *COUNT_COLUMNS.values(),
)


@dataclass(frozen=True)
class PolicyRow:
    """A policy as the list shows it."""

    key: str
    name: str
    arn: str | None
    kind: str
    attachable: bool
    created_at: datetime | None
    updated_at: datetime | None
    deprecated_on: date | None
    last_seen_on: date | None
    version_id: str
    statement_count: int
    pattern_count: int
    action_count: int
    resource_scope: str
    condition_scope: str
    service_count: int
    levels: Mapping[str, int]

    @property
    def url(self) -> str:
        """The policy's page."""
        return reverse("browse:policy", args=[self.key])

    @property
    def json_url(self) -> str:
        """The policy as JSON."""
        return reverse("browse:policy_json", args=[self.key])

    @property
    def retired(self) -> str:
        """The state that AWS has given it, `gone` where it has removed it, else ""."""
        if self.last_seen_on:
            return "gone"
        known = retired_policy(self.key)
        return known.state if known else "deprecated" if self.deprecated_on else ""

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return str(Policy.Kind(self.kind).label)

    @property
    def bar(self) -> LevelBar:
        """How the granted actions divide into access levels."""
        return level_bar(self.levels)

    def as_json(self) -> dict[str, Any]:
        """The row as the list's JSON twin shows it."""
        return {
            "name": self.name,
            "arn": self.arn,
            "account": account_of(self.arn or "") or None,
            "kind": self.kind,
            "attachable": self.attachable,
            "versionId": self.version_id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "deprecatedOn": self.deprecated_on,
            "lastSeen": self.last_seen_on,
            "retired": self.retired or None,
            "serviceCount": self.service_count,
            "statementCount": self.statement_count,
            "patternCount": self.pattern_count,
            "actionCount": self.action_count,
            "accessLevels": dict(self.levels),
            "resourceScope": self.resource_scope,
            "conditionScope": self.condition_scope,
        }


def in_force(text: str = "", with_gone: bool = False) -> PolicyVersionQuerySet:
    """The default versions of policies whose names contain every word of `text`.

    Of policies that AWS has removed, only `with_gone`.
    """
    versions = PolicyVersion.objects
    listed = versions.filter(is_default=True) if with_gone else versions.in_force()
    return listed.named_like(text)


def row(values: Mapping[str, Any]) -> PolicyRow:
    """Make a row of the columns that were read."""
    plain = {
        name.removeprefix("policy__"): value
        for name, value in values.items()
        if name not in COUNT_COLUMNS.values()
    }
    return PolicyRow(
        **plain, levels={name: values[column] for name, column in COUNT_COLUMNS.items()}
    )
