"""The facets of the list of policies: what it can be narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Self

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex, Substr

from policyhub.browse.lists.facets import (
    Choice,
    ChoiceFacet,
    Chosen,
    DateFacet,
    Facet,
    LookupFacet,
    Option,
    StoredRows,
)
from policyhub.browse.lists.ranges import RangeFacet
from policyhub.browse.policies.measures import FREE_POWER, SERVICE_COUNT
from policyhub.catalog.access_levels import ACCESS_LEVELS
from policyhub.catalog.models import ConditionUse, Policy, PolicyVersion, Service, ServiceGrant
from policyhub.catalog.retired import retired_names
from policyhub.catalog.source_ages import newest_source
from policyhub.judge.lint.filters import TYPE_LABELS, having_finding, without_findings
from policyhub.judge.models import PolicyFinding
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.judge.risks.verdict import GROUPS

# How far back the suggested days of "changed since" lie from the newest source.
PERIODS = ((30, "30 days"), (90, "90 days"), (365, "a year"), (730, "two years"))
ACCOUNT_DIGITS = 12


def days_worth_a_look() -> list[tuple[date, str]]:
    """Some days before the newest source, from which on a reviewer may ask for changes."""
    newest = newest_source()
    if newest is None:
        return []
    return [(newest - timedelta(days=days), name) for days, name in PERIODS]


def midnight(day: date) -> datetime:
    """The beginning of a day, in UTC as AWS's own dates are."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _choices(column: str, named: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, Q(**{column: value})) for value, label in named)


def _of_accounts() -> QuerySet[Policy]:
    """The customers' policies, each with the account that its ARN names after the first `::`."""
    of_customers = Policy.objects.filter(kind=Policy.Kind.CUSTOMER_MANAGED, arn__isnull=False)
    start = StrIndex("arn", Value("::")) + len("::")
    return of_customers.annotate(owner=Substr("arn", start, ACCOUNT_DIGITS))


SERVICE, LEVEL, FREE = "service", "level", "free"
COLUMN_OF = {each.slug: each.count_column for each in ACCESS_LEVELS}


def _granted(chosen: Chosen) -> Q | None:
    """The versions, or their rows by service, that grant an action as these facets ask.

    None where neither a level nor freedom is asked for.
    """
    asked = [chosen[key] for key in (LEVEL, FREE) if chosen.get(key)]
    if not asked:
        return None
    free = "free_" if chosen.get(FREE) else ""
    columns = (COLUMN_OF[level] for level in set(asked[0]).intersection(*asked))
    return reduce(or_, (Q(**{f"{free}{column}__gt": 0}) for column in columns), _NOTHING)


_NOTHING = Q(pk__in=())


class OneActionServices(LookupFacet):
    """The services, where one and the same action must be of them and of the levels chosen."""

    def given(self, chosen: Chosen) -> Self:
        """The rows of a service count where they have such an action."""
        granted = _granted(chosen)
        if granted is None:
            return self
        return replace(self, related=lambda: ServiceGrant.objects.filter(granted))


class OneActionLevels(ChoiceFacet):
    """Access levels, granted at all or freely, of an action of the services chosen."""

    def given(self, chosen: Chosen) -> Self:
        """Each level where an action of it is granted as the other facets ask."""
        services = chosen.get(SERVICE)
        choices = tuple(
            replace(
                choice, condition=_in_one_action({**chosen, self.key: (choice.value,)}, services)
            )
            for choice in self.choices
        )
        return replace(self, choices=choices)


def _in_one_action(chosen: Chosen, services: Sequence[str] | None) -> Q:
    granted = _granted(chosen) or _NOTHING
    if not services:
        return granted
    grants = ServiceGrant.objects.filter(granted, service__prefix__in=services)
    return Q(pk__in=grants.values("version"))


def _levels(prefix: str = "") -> tuple[Choice, ...]:
    return tuple(
        Choice(each.slug, each.name, Q(**{f"{prefix}{each.count_column}__gt": 0}))
        for each in ACCESS_LEVELS
    )


LEVEL_FACETS = (
    OneActionLevels(key=LEVEL, label="Access level granted", choices=_levels()),
    OneActionLevels(
        key=FREE,
        label="Granted freely",
        choices=_levels("free_"),
    ),
)
RISK_FACET = ChoiceFacet(
    key="risk",
    label="Free risk",
    choices=tuple(
        Choice(each.value, each.family, each.of_versions)
        for each in RISK_VALUES.values()
        if each.is_free
    ),
)


@dataclass(frozen=True)
class CodesOfTypes(LookupFacet):
    """The codes of findings, offered once a type is chosen: those of its findings."""

    def given(self, chosen: Chosen) -> Self:
        """The findings of the types chosen."""
        types = chosen.get(LINT, ())
        if not types or "nothing" in types:
            return self
        return replace(self, related=lambda: PolicyFinding.objects.filter(type__in=types))

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """None before a type or code is chosen: the list is long, and most policies have none."""
        is_asked = chosen or self.related().query.where
        return super().options(rows, chosen) if is_asked else []


LINT = "lint"
LINT_FACETS: tuple[Facet, ...] = (
    ChoiceFacet(
        key=LINT,
        label="Linting",
        choices=(
            *(Choice(each, name, having_finding(each)) for each, name in TYPE_LABELS.items()),
            Choice("nothing", "Nothing", without_findings()),
        ),
    ),
    CodesOfTypes(
        key="finding",
        label="Finding",
        noun="code of a finding",
        related=PolicyFinding.objects.all,
        owner="version",
        value="code",
        vocabulary=PolicyFinding.objects.all,
        word="code",
        fold=str.upper,
    ),
)
GONE = "gone"


@dataclass(frozen=True)
class GoneFacet(ChoiceFacet):
    """Whether policies that AWS has removed are listed too; the list begins without them."""

    def options_from(self, counts: Mapping[str, int], chosen: Sequence[str]) -> list[Option]:
        """The one option, with how many there are."""
        gone = Policy.objects.exclude(last_seen_on=None).count()
        return [replace(each, count=gone) for each in super().options_from(counts, chosen) if gone]


DEPRECATED = Q(policy__deprecated_on__isnull=False) | Q(policy__key__in=retired_names())

FACETS: tuple[Facet, ...] = (
    ChoiceFacet(
        key="group",
        label="What it amounts to",
        choices=_choices("verdict__group", ((each.slug, each.title) for each in GROUPS)),
    ),
    OneActionServices(
        key=SERVICE,
        label="Service",
        noun="service",
        related=ServiceGrant.objects.all,
        owner="version",
        value="service__prefix",
        detail="service__name",
        vocabulary=Service.objects.all,
        word="prefix",
        fold=str.lower,
    ),
    *LEVEL_FACETS,
    RISK_FACET,
    *LINT_FACETS,
    ChoiceFacet(key="kind", label="Kind", choices=_choices("policy__kind", Policy.Kind.choices)),
    LookupFacet(
        key="account",
        label="Account of a customer's policy",
        noun="account with a customer's policy",
        related=_of_accounts,
        owner="versions",
        value="owner",
        vocabulary=_of_accounts,
        word="owner",
    ),
    ChoiceFacet(
        key="attachable",
        label="Can be attached",
        choices=(
            Choice("yes", "Yes", Q(policy__attachable=True)),
            Choice("no", "No", Q(policy__attachable=False)),
        ),
    ),
    ChoiceFacet(
        key="scope",
        label="Resources allowed",
        choices=_choices("resource_scope", PolicyVersion.ResourceScope.choices),
    ),
    ChoiceFacet(
        key="conditions",
        label="Statements with a condition",
        choices=_choices("condition_scope", PolicyVersion.ConditionScope.choices),
    ),
    LookupFacet(
        key="key",
        label="Condition key",
        noun="condition key of a policy",
        related=ConditionUse.objects.all,
        owner="statement__version",
        value="key_lower",
        name="key",
        vocabulary=ConditionUse.objects.all,
        word="key_lower",
        fold=str.lower,
    ),
    ChoiceFacet(
        key="uses",
        label="Uses",
        choices=(
            Choice("deny", "Deny", Q(uses_deny=True)),
            Choice("not-action", "NotAction", Q(uses_not_action=True)),
            Choice("not-resource", "NotResource", Q(uses_not_resource=True)),
        ),
    ),
    RangeFacet(key="reach", label="Services", number=SERVICE_COUNT),
    RangeFacet(key="power", label="Free actions that change something", number=FREE_POWER),
    DateFacet(
        key="since",
        label="Changed since",
        since=lambda day: Q(policy__updated_at__gte=midnight(day)),
        suggested=days_worth_a_look,
    ),
    ChoiceFacet(
        key="deprecated",
        label="Deprecated",
        choices=(
            Choice("yes", "Yes", DEPRECATED),
            Choice("no", "No", ~DEPRECATED),
        ),
    ),
    GoneFacet(
        key=GONE,
        label="Removed by AWS",
        choices=(Choice("yes", "Include them", Q(policy__isnull=False)),),
    ),
)
