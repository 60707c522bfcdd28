"""The list of all services."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.facets import Rows, narrow
from policyhub.browse.lists.listing import Column, Listing, ListState, chips, page_of, render_rows
from policyhub.browse.lists.rows_in_memory import (
    RowFacet,
    RowSet,
    holding,
    understand,
    whole,
)
from policyhub.catalog.access_levels import LEVELS, Level
from policyhub.catalog.models import Service
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.http import HtmxHttpRequest, csv_download, json_answer, problems_answer

PAGE_SIZE = 50

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
        Column("policies", "Policies", ("policy_count",), number=True, greatest_first=True),
    ),
    default_sort="prefix",
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
    in_force = Q(grants__version__is_default=True)
    rows = Service.objects.annotate(policy_count=Count("grants", filter=in_force)).values_list(
        "prefix", "name", "known", "action_count", "policy_count"
    )
    lines = RowSet([ServiceLine(*row) for row in rows])
    if not state.text:
        return lines
    return lines.filter(holding(state.text, lambda row: row.words))


def _narrowed(lines: RowSet, state: ListState) -> RowSet:
    rows = narrow(cast(Rows, lines), SERVICES.facets, state.chosen)
    return cast(RowSet, rows.order_by(*SERVICES.ordering(state)))


@require_safe
def services(request: HtmxHttpRequest) -> HttpResponse:
    """Every service, those that only policies name included."""
    state = understand(SERVICES, request.GET)
    lines = _service_lines(state)
    page, beyond = page_of(_narrowed(lines, state), state, PAGE_SIZE)
    offered = SERVICES.offer(cast(Rows, lines), state)
    context = {
        "name": "services",
        "subject": "Services",
        "state": state,
        "problems": [*state.problems, *beyond],
        "page": page,
        "headers": SERVICES.headers(state),
        "facets": offered,
        "chips": chips(state, offered),
        "most_actions": max((row.action_count for row in page), default=0),
        "csv_url": reverse("browse:services_csv") + whole(state).url,
        "json_url": reverse("browse:services_json") + whole(state).url,
    }
    return render_rows(
        request, "browse/services/services.html", "browse/services/_services.html", context
    )


@require_safe
def services_json(request: HttpRequest) -> HttpResponse:
    """The same list as JSON, whole."""
    state = understand(SERVICES, request.GET)
    if state.problems:
        return problems_answer(state.problems)
    rows = [row.as_json() for row in _narrowed(_service_lines(state), state)]
    return json_answer({"count": len(rows), "next": None, "results": rows})


@require_safe
def services_csv(request: HttpRequest) -> HttpResponse:
    """The same list as a CSV file."""
    state = understand(SERVICES, request.GET)
    if state.problems:
        return problems_answer(state.problems)
    header = ("prefix", "name", "in the reference", "actions", *LEVELS, "policies")
    rows = (
        (row.prefix, row.name, row.known, row.action_count, *row.levels.values(), row.policy_count)
        for row in _narrowed(_service_lines(state), state)
    )
    return csv_download("services.csv", header, rows)
