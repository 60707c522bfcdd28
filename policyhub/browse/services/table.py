"""The list of all services."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_table,
)
from policyhub.browse.lists.rows_in_memory import (
    RowFacet,
    RowSet,
    read_state,
)
from policyhub.browse.lists.twins import csv_twin, json_at_once
from policyhub.browse.lists.words import ListWords
from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.models import Service
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.http import HtmxHttpRequest

PAGE_SIZE = 50
CSV_HEADER = ("prefix", "name", "in the reference", "actions", *LEVELS, "policies")

SERVICES = Listing(
    facets=(
        RowFacet(
            key="listed",
            label="In the reference",
            values=lambda row: ("yes" if row.known else "no",),
            labels={"yes": "Listed", "no": "Not listed: retired, or never published"},
        ),
    ),
    columns=(
        Column("prefix", "Prefix", ("prefix",)),
        Column("name", "Service", ("sort_name",)),
        Column("actions", "Actions", ("action_count",), number=True, greatest_first=True),
        Column("levels", "Actions by access level"),
        Column("policies", "Policies", ("policy_count",), number=True, greatest_first=True),
    ),
    default_sort="prefix",
)
WORDS = ListWords(
    name="services",
    one="service",
    many="services",
    label="Services",
    show_all="Show all services",
    empty_title="There are no services yet",
    empty_text="Load them with `uv run manage.py start`.",
)


@dataclass(frozen=True)
class ServiceLine:
    """A service as the list of all shows it."""

    prefix: str
    name: str
    known: bool
    action_count: int
    policy_count: int

    @property
    def sort_name(self) -> str:
        """The name as it sorts."""
        return self.name.lower()

    @property
    def other_names(self) -> tuple[str, ...]:
        """What else it is called: the reference's pages that share the prefix, former names."""
        info = get_reference().services.get(self.prefix)
        return info.other_names if info else ()

    @property
    def words(self) -> str:
        """Everything that the filter text is looked for in, in lower case."""
        return " ".join((self.prefix, self.name, *self.other_names)).lower()

    @property
    def levels(self) -> dict[Level, int]:
        """Its actions by access level."""
        return level_counts(self.prefix)

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        return {
            "prefix": self.prefix,
            "name": self.name,
            "otherNames": self.other_names,
            "known": self.known,
            "actionCount": self.action_count,
            "accessLevels": self.levels,
            "policyCount": self.policy_count,
            "url": reverse("browse:service_json", args=[self.prefix]),
        }


@lru_cache(maxsize=1024)
def level_counts(prefix: str) -> dict[Level, int]:
    """How many actions of each access level a service has by the reference."""
    service = get_reference().services.get(prefix)
    counts = Counter(action.level for action in service.actions) if service else Counter()
    return {level: counts[level] for level in LEVELS}


def _service_lines(state: ListState) -> RowSet:
    in_force = Q(
        grants__version__is_default=True, grants__version__policy__last_seen_on__isnull=True
    )
    rows = Service.objects.annotate(policy_count=Count("grants", filter=in_force)).values_list(
        "prefix", "name", "known", "action_count", "policy_count"
    )
    lines = RowSet([ServiceLine(*row) for row in rows])
    return lines.containing(state.text, lambda row: row.words)


@require_safe
def services(request: HtmxHttpRequest) -> HttpResponse:
    """Every service, those that only policies name included."""
    state = read_state(SERVICES, request.GET)
    lines = _service_lines(state)
    twins = {"csv": reverse("browse:services_csv"), "json": reverse("browse:services_json")}
    rows = SERVICES.narrowed(lines, state)
    context = list_context(SERVICES, state, rows, lines, PAGE_SIZE, twins)
    context |= {
        "subject": "Services",
        "most_actions": max((row.action_count for row in context["page"]), default=0),
    }
    return render_table(
        request,
        "browse/services/services.html",
        "browse/services/_service_row.html",
        WORDS,
        context,
    )


@require_safe
def services_json(request: HttpRequest) -> HttpResponseBase:
    """The same list as JSON, all of it."""
    state = read_state(SERVICES, request.GET)
    rows = SERVICES.narrowed(_service_lines(state), state)
    return json_at_once(state, rows, ServiceLine.as_json)


@require_safe
def services_csv(request: HttpRequest) -> HttpResponseBase:
    """The same list as a CSV file."""
    state = read_state(SERVICES, request.GET)
    rows = SERVICES.narrowed(_service_lines(state), state)
    return csv_twin(state, "services.csv", CSV_HEADER, rows, _as_csv)


def _as_csv(row: ServiceLine) -> tuple[Any, ...]:
    levels = row.levels.values()
    return (row.prefix, row.name, row.known, row.action_count, *levels, row.policy_count)
