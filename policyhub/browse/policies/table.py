"""The list of policies: a page that narrows as one types, its JSON twin, its CSV file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.facets import narrow
from policyhub.browse.lists.listing import ListState, chips, next_url, page_of, render_rows
from policyhub.browse.policies.rows import (
    POLICIES,
    SERVICE_COUNT,
    SHOWN_COLUMNS,
    in_force,
    row,
)
from policyhub.catalog.access_levels import LEVELS
from policyhub.http import HtmxHttpRequest, csv_download, json_answer, problems_answer

PAGE_SIZE = 25
JSON_PAGE_SIZE = 500
CSV_HEADER = (
    "name", "arn", "kind", "attachable", "version", "services", "statements", "patterns",
    "actions", *LEVELS, "resources", "conditions", "created", "updated", "deprecated",
)  # fmt: skip


def rows_of(state: ListState) -> QuerySet[Any, dict[str, Any]]:
    """The rows that a state asks for, in its order; documents stay in the database."""
    rows = narrow(in_force(state.text), POLICIES.facets, state.chosen)
    counted = rows.annotate(service_count=SERVICE_COUNT)
    ordered = counted.order_by(*POLICIES.ordering(state))
    found: QuerySet[Any, dict[str, Any]] = ordered.values(*SHOWN_COLUMNS)
    return found


@require_safe
def policies(request: HtmxHttpRequest) -> HttpResponse:
    """The list as a page, or as the fragment that htmx asks for."""
    state = POLICIES.understand(request.GET)
    page, beyond = page_of(rows_of(state), state, PAGE_SIZE)
    offered = POLICIES.offer(in_force(state.text), state)
    whole = replace(state, page=1, opened=())
    context = {
        "name": "policies",
        "subject": "Policies",
        "state": state,
        "problems": [*state.problems, *beyond],
        "page": page,
        "rows": [row(values) for values in page],
        "headers": POLICIES.headers(state),
        "facets": offered,
        "chips": chips(state, offered),
        "csv_url": reverse("browse:policies_csv") + whole.url,
        "json_url": reverse("browse:policies_json") + whole.url,
    }
    return render_rows(
        request, "browse/policies/policies.html", "browse/policies/_policies.html", context
    )


@require_safe
def policies_json(request: HttpRequest) -> HttpResponse:
    """The same list as JSON, in pages of 500; nothing is guessed about a bad query string."""
    state = POLICIES.understand(request.GET)
    page, beyond = page_of(rows_of(state), state, JSON_PAGE_SIZE)
    if problems := [*state.problems, *beyond]:
        return problems_answer(problems)
    results = [row(values) for values in page]
    return json_answer(
        {
            "count": page.paginator.count,
            "next": next_url(request, state, page),
            "results": [{**found.as_json(), "url": found.json_url} for found in results],
        }
    )


@require_safe
def policies_csv(request: HttpRequest) -> HttpResponse:
    """Every row of the same list as a CSV file."""
    state = POLICIES.understand(request.GET)
    if state.problems:
        return problems_answer(state.problems)
    found = (row(values) for values in rows_of(state))
    return csv_download(
        "policies.csv",
        CSV_HEADER,
        (
            (
                each.name, each.arn, each.kind, each.attachable, each.version_id,
                each.service_count, each.statement_count, each.pattern_count, each.action_count,
                *each.levels.values(), each.resource_scope, each.condition_scope,
                each.created_at, each.updated_at, each.deprecated_on,
            )
            for each in found
        ),
    )  # fmt: skip
