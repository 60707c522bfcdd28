"""The rows of the list of policies: what it can be sorted by, and what it shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from policyhub.blast_map.thumbnail import thumbnail_svg
from policyhub.browse.lists.listing import Column, Listing
from policyhub.browse.policies.facets import FACETS, SERVICE
from policyhub.catalog.access.power import PowerColumn
from policyhub.catalog.access_levels import COUNT_COLUMNS, GRAVEST_FIRST
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.models.policy import PolicyVersionQuerySet, account_of
from policyhub.catalog.retired import retired_policy
from policyhub.judge.models import PolicyRisk
from policyhub.judge.risks.kinds import FAMILIES
from policyhub.judge.risks.verdict import FamilyChip

#: By the keys of versions.
Chips = Mapping[int, Sequence[FamilyChip]]
Power = Mapping[int, Sequence[PowerColumn]]

LEVELS_COLUMN = Column(
    "levels",
    "What it can do",
    tuple(COUNT_COLUMNS[level] for level in GRAVEST_FIRST),
    greatest_first=True,
)
COLUMNS = (
    Column("name", "Name", ("policy__name", "policy__key"), ignores_case=True),
    Column("kind", "Kind", ("policy__kind",), is_shown=False),
    LEVELS_COLUMN,
    Column("risks", "Risks", ("verdict__rank",)),
    Column("statements", "Statements", ("statement_count",), is_shown=False),
    Column("actions", "Actions", ("action_count",), number=True, greatest_first=True),
    Column("services", "Services", ("service_count",), number=True, greatest_first=True),
    Column("changed", "Last change", ("policy__updated_at",), greatest_first=True),
)

POLICIES = Listing(
    facets=FACETS,
    columns=COLUMNS,
    default_sort="name",
    headings={
        SERVICE: "In a single granted action",
        "risk": "In the policy as a whole",
    },
)

SHOWN_COLUMNS = (
    "pk",
    "verdict__group",
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
    """A policy as the list shows it; `pk` is its version's, `chips` are its families of risks.

    `power` is read for the rows of pages alone.
    """

    pk: int
    group: str | None
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
    chips: Sequence[FamilyChip] = ()
    power: Sequence[PowerColumn] = ()

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
    def is_of_usual_kind(self) -> bool:
        """Whether it is of the kind that most are of, which needs no word."""
        return self.kind == Policy.Kind.AWS_MANAGED

    @property
    def thumbnail(self) -> SafeString:
        """What it can do, drawn."""
        return thumbnail_svg(self.power)

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
            "group": self.group,
            "risks": [{"family": each.family, "free": each.is_free} for each in self.chips],
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


def row(
    values: Mapping[str, Any], chips: Chips | None = None, power: Power | None = None
) -> PolicyRow:
    """Make a row of the columns that were read."""
    plain = {
        name.removeprefix("policy__").removeprefix("verdict__"): value
        for name, value in values.items()
        if name not in COUNT_COLUMNS.values()
    }
    return PolicyRow(
        **plain,
        levels={name: values[column] for name, column in COUNT_COLUMNS.items()},
        chips=(chips or {}).get(values["pk"], ()),
        power=(power or {}).get(values["pk"], ()),
    )


def family_chips(versions: Collection[int] | None = None) -> Chips:
    """The families of risks of versions, or of all in force: the free ones, the serious first."""
    rows = PolicyRisk.objects.filter(answer__in=("free", "bounded")).order_by()
    if versions is not None:
        rows = rows.filter(version__in=versions)
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for version, family, answer in rows.values_list("version_id", "family", "answer").distinct():
        found[version][family] = found[version].get(family, False) or answer == "free"
    return {
        version: tuple(
            FamilyChip(each, is_free)
            for is_free in (True, False)
            for each in FAMILIES
            if free.get(each) == is_free
        )
        for version, free in found.items()
    }
