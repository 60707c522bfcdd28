"""One service: its actions by access level, the policies that touch it, its changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.facets import Choice, ChoiceFacet, narrow
from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_table,
)
from policyhub.browse.lists.rows_in_memory import read_state
from policyhub.browse.lists.twins import csv_twin, json_in_pages
from policyhub.browse.lists.words import ListWords
from policyhub.browse.not_found import Missing, nothing_called, spelled_right
from policyhub.browse.policies.facets import LEVEL_FACETS
from policyhub.browse.policies.rows import LEVELS_COLUMN
from policyhub.browse.services.table import level_counts
from policyhub.catalog.access_levels import COUNT_COLUMNS, LEVEL_SLUGS, LEVELS, Level
from policyhub.catalog.models import ChangelogEntry, Policy, Service, ServiceGrant
from policyhub.catalog.reference.in_memory import ActionInfo, ServiceInfo, get_reference
from policyhub.http import HtmxHttpRequest, quotable

PAGE_SIZE = 50
JSON_PAGE_SIZE = 500
CSV_HEADER = ("policy", "kind", "version", "actions", *LEVELS)
# A service with more actions sends those of one access level at a time.
MOST_ACTIONS_AT_ONCE = 150
# A service with so few shows them without being opened.
FEW_ACTIONS = 20
CHANGES_SHOWN = 10

POLICIES = Listing(
    facets=(
        *LEVEL_FACETS,
        ChoiceFacet(
            key="kind",
            label="Kind",
            choices=tuple(
                Choice(value, label, Q(version__policy__kind=value))
                for value, label in Policy.Kind.choices
            ),
        ),
    ),
    columns=(
        Column(
            "name",
            "Policy",
            ("version__policy__name", "version__policy__key"),
            ignores_case=True,
        ),
        Column("kind", "Kind", ("version__policy__kind",), is_shown=False),
        Column("actions", "Actions", ("action_count",), number=True, greatest_first=True),
        LEVELS_COLUMN,
    ),
    default_sort="-levels",
)
WORDS = ListWords(
    name="policies",
    one="policy",
    many="policies",
    label="Policies that touch the service",
    show_all="Show all policies that touch it",
    empty_title="No policy touches it",
    empty_text="No managed policy names this service or grants any of its actions.",
)


@dataclass(frozen=True)
class ShownService:
    """A service that the reference lists, or that only policies name (`info` is None)."""

    row: Service
    info: ServiceInfo | None

    @property
    def name(self) -> str:
        """Its name, or its prefix where no name is known."""
        return self.row.name or self.row.prefix

    @property
    def actions(self) -> tuple[ActionInfo, ...]:
        """Its actions; none where the reference does not list it."""
        return self.info.actions if self.info else ()

    def of_level(self, level: Level) -> list[ActionInfo]:
        """Its actions of one access level."""
        return [action for action in self.actions if action.level == level]


@dataclass(frozen=True)
class LevelSection:
    """The actions of one access level; `actions` is None where they are a click away."""

    level: Level
    count: int
    actions: list[ActionInfo] | None
    is_open: bool

    @property
    def slug(self) -> str:
        """The level as CSS classes and the address have it."""
        return LEVEL_SLUGS[self.level]


ServiceView = Callable[[HtmxHttpRequest, ShownService], HttpResponseBase]


def of_a_service(view: ServiceView) -> Callable[[HtmxHttpRequest, str], HttpResponseBase]:
    """Make a view of PREFIX of one that takes the service found."""

    @wraps(view)
    def found(request: HtmxHttpRequest, prefix: str) -> HttpResponseBase:
        if prefix != prefix.lower():
            return spelled_right(request, prefix.lower())
        row = Service.objects.filter(prefix=prefix).first()
        if row is None:
            return _no_such_service(request, prefix)
        return view(request, ShownService(row, get_reference().services.get(prefix)))

    return require_safe(found)


def _no_such_service(request: HttpRequest, prefix: str) -> HttpResponse:
    services = get_reference().services
    named = {
        name.lower(): info.prefix
        for info in services.values()
        for name in (info.name, *info.other_names)
    }
    near = get_close_matches(prefix[:64], services, n=5, cutoff=0.5)
    near += [each for name, each in named.items() if prefix in name and each not in near][:5]
    error = {"error": f"no service has the prefix `{quotable(prefix)}`", "near": near}
    missing = Missing("service", "No service has the prefix", prefix, "services", "browse:services")
    offered = ((reverse("browse:service", args=[each]), each, services[each].name) for each in near)
    return nothing_called(request, missing, offered, error)


@of_a_service
def service(request: HtmxHttpRequest, shown: ShownService) -> HttpResponse:
    """The page; `?show=write` opens an access level of a service with very many actions."""
    state = read_state(POLICIES, request.GET, aside=("show",))
    twins = {
        "csv": reverse("browse:service_csv", args=[shown.row.prefix]),
        "json": reverse("browse:service_json", args=[shown.row.prefix]),
    }
    rows, among = _policies(shown, state), _touching(shown, state)
    context = list_context(POLICIES, state, rows, among, PAGE_SIZE, twins)
    context |= {
        "subject": f"{shown.name} ({shown.row.prefix})",
        "shown": shown,
        "levels": level_counts(shown.row.prefix),
        "sections": _sections(shown, request.GET.getlist("show")),
        "changes": _changes(shown)[:CHANGES_SHOWN],
        "rows": [{**_policy(row), "kindName": _kind_name(row)} for row in context["page"]],
        "usual_kind": Policy.Kind.AWS_MANAGED.label,
        "crumbs": [{"name": "Services", "url": reverse("browse:services")}],
    }
    return render_table(
        request,
        "browse/services/service.html",
        "browse/services/_service_policy_row.html",
        WORDS,
        context,
    )


@of_a_service
def service_json(request: HtmxHttpRequest, shown: ShownService) -> HttpResponse:
    """The service as JSON, with its policies in pages of 500."""
    state = read_state(POLICIES, request.GET)
    rows = _policies(shown, state)

    def within(listed: dict[str, Any]) -> dict[str, Any]:
        return {**_facts(shown), "changes": _changes_as_json(shown), "policies": listed}

    return json_in_pages(request, state, rows, JSON_PAGE_SIZE, _policy, within)


def _changes_as_json(shown: ShownService) -> list[dict[str, Any]]:
    return [
        {"date": each.date, "title": each.title, "policy": each.policy.key}
        for each in _changes(shown)
        if each.policy
    ]


def _facts(shown: ShownService) -> dict[str, Any]:
    """What the reference says of the service."""
    info = shown.info
    return {
        "prefix": shown.row.prefix,
        "name": shown.name,
        "otherNames": info.other_names if info else (),
        "known": shown.row.known,
        "actions": [_action(action) for action in shown.actions],
        "resourceTypes": [
            {
                "name": each.name,
                "arn": each.arn,
                "arnFormats": each.formats,
                "conditionKeys": each.condition_keys,
            }
            for each in (info.resource_types if info else ())
        ],
        "conditionKeys": [
            {"name": each.name, "type": each.type, "description": each.description}
            for each in (info.condition_keys if info else ())
        ],
    }


@of_a_service
def service_csv(request: HtmxHttpRequest, shown: ShownService) -> HttpResponseBase:
    """The policies that touch the service as a CSV file."""
    state = read_state(POLICIES, request.GET)
    filename = f"{shown.row.prefix}-policies.csv"
    return csv_twin(state, filename, CSV_HEADER, _policies(shown, state), _as_csv)


def _as_csv(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["version__policy__key"],
        row["version__policy__kind"],
        row["version__version_id"],
        row["action_count"],
        *(row[column] for column in COUNT_COLUMNS.values()),
    )


def _touching(shown: ShownService, state: ListState) -> QuerySet[ServiceGrant]:
    """The default versions that name or grant the service, of policies named like the text."""
    rows = shown.row.grants.filter(
        version__is_default=True, version__policy__last_seen_on__isnull=True
    )
    for word in state.text.split():
        rows = rows.filter(version__policy__name__icontains=word)
    return rows


def _policies(shown: ShownService, state: ListState) -> QuerySet[Any, dict[str, Any]]:
    rows = narrow(_touching(shown, state), POLICIES.facets, state.chosen)
    total = sum((F(column) for column in COUNT_COLUMNS.values()), start=F("list_count") * 0)
    found: QuerySet[Any, dict[str, Any]] = (
        rows.annotate(action_count=total)
        .order_by(*POLICIES.ordering(state), "version__policy__key")
        .values(
            "version__policy__key",
            "version__policy__kind",
            "version__policy__attachable",
            "version__version_id",
            "action_count",
            *COUNT_COLUMNS.values(),
        )
    )
    return found


def _changes(shown: ShownService) -> QuerySet[ChangelogEntry]:
    """The change log of the policies that belong to the service."""
    entries = ChangelogEntry.objects.filter(policy__services__service=shown.row)
    return entries.select_related("policy")


def _sections(shown: ShownService, opened: list[str]) -> list[LevelSection]:
    """The access levels; of a very large service only those asked for come with their names."""
    has_all = len(shown.actions) <= MOST_ACTIONS_AT_ONCE
    sections = []
    for level in LEVELS:
        actions = shown.of_level(level)
        is_open = LEVEL_SLUGS[level] in opened or len(shown.actions) <= FEW_ACTIONS
        if actions:
            names = actions if has_all or is_open else None
            sections.append(LevelSection(level, len(actions), names, is_open))
    return sections


def _action(action: ActionInfo) -> dict[str, Any]:
    return {
        "action": action.id,
        "level": action.level,
        "description": action.description,
        "url": reverse("browse:action_json", args=[action.id]),
    }


def _policy(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "policy": row["version__policy__key"],
        "kind": row["version__policy__kind"],
        "versionId": row["version__version_id"],
        "actionCount": row["action_count"],
        "accessLevels": {name: row[column] for name, column in COUNT_COLUMNS.items()},
        "url": reverse("browse:policy_json", args=[row["version__policy__key"]]),
    }


def _kind_name(row: dict[str, Any]) -> str:
    return str(Policy.Kind(row["version__policy__kind"]).label)
