"""The list of policies: a page that narrows as one types, its JSON twin, its CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.facets import narrow
from policyhub.browse.lists.listing import ListState, list_context, render_table
from policyhub.browse.lists.twins import csv_twin, json_in_pages
from policyhub.browse.lists.words import ListWords
from policyhub.browse.policies.facets import GONE
from policyhub.browse.policies.measures import SERVICE_COUNT
from policyhub.browse.policies.rows import (
    POLICIES,
    SHOWN_COLUMNS,
    Chips,
    PolicyRow,
    family_chips,
    in_force,
    row,
)
from policyhub.catalog.access.power_maps import power_of_versions
from policyhub.catalog.access_levels import LEVELS
from policyhub.catalog.models.policy import PolicyVersionQuerySet
from policyhub.http import HtmxHttpRequest
from policyhub.judge.lint.rows import LateFindings
from policyhub.judge.risks.verdict import FamilyChip

PAGE_SIZE = 25
JSON_PAGE_SIZE = 500
CSV_HEADER = (
    "name", "arn", "kind", "attachable", "version", "services", "statements", "patterns",
    "actions", *LEVELS, "resources", "conditions", "created", "updated", "deprecated",
    "last seen", "group", "free risks", "bounded risks",
)  # fmt: skip

WORDS = ListWords(
    name="policies",
    one="policy",
    many="policies",
    label="Policies",
    show_all="Show all policies",
    empty_title="There are no policies yet",
    empty_text="Load them with `uv run manage.py start`, or import your own with "
    "`uv run manage.py import_policies FILE`.",
)


def policies_shown_for(state: ListState) -> QuerySet[Any, dict[str, Any]]:
    """The rows that a state asks for, in its order; documents stay in the database."""
    rows = narrow(_policies_in_force(state), POLICIES.facets, state.chosen)
    counted = rows.annotate(service_count=SERVICE_COUNT)
    ordered = counted.order_by(*POLICIES.ordering(state))
    found: QuerySet[Any, dict[str, Any]] = ordered.values(*SHOWN_COLUMNS)
    return found


def _policies_in_force(state: ListState) -> PolicyVersionQuerySet:
    return in_force(state.text, with_gone=GONE in state.chosen)


@require_safe
def policies(request: HtmxHttpRequest) -> HttpResponse:
    """The list as a page, or as the fragment that htmx asks for."""
    state = POLICIES.read_state(request.GET)
    twins = {"csv": reverse("browse:policies_csv"), "json": reverse("browse:policies_json")}
    among = _policies_in_force(state)
    context = list_context(POLICIES, state, policies_shown_for(state), among, PAGE_SIZE, twins)
    context |= {
        "subject": "Policies",
        "rows": _policy_rows(context["page"]),
        "linting": LateFindings().state(),
    }
    return render_table(
        request, "browse/policies/policies.html", "browse/policies/_policy_row.html", WORDS, context
    )


def _policy_rows(page: Iterable[dict[str, Any]]) -> list[PolicyRow]:
    listed = list(page)
    keys = [values["pk"] for values in listed]
    chips, power = family_chips(keys), power_of_versions(keys)
    return [row(values, chips, power) for values in listed]


@require_safe
def policies_json(request: HttpRequest) -> HttpResponse:
    """The same list as JSON, in pages of 500; nothing is guessed about a bad query string."""
    state = POLICIES.read_state(request.GET)
    return json_in_pages(
        request, state, policies_shown_for(state), JSON_PAGE_SIZE, partial(_as_json, family_chips())
    )


def _as_json(chips: Chips, values: dict[str, Any]) -> dict[str, Any]:
    found = row(values, chips)
    return {**found.as_json(), "url": found.json_url}


@require_safe
def policies_csv(request: HttpRequest) -> HttpResponseBase:
    """Every row of the same list as a CSV file."""
    state = POLICIES.read_state(request.GET)
    return csv_twin(
        state,
        "policies.csv",
        CSV_HEADER,
        policies_shown_for(state),
        partial(_as_csv, family_chips()),
    )


def _as_csv(chips: Chips, values: dict[str, Any]) -> tuple[Any, ...]:
    each = row(values, chips)
    return (
        each.name, each.arn, each.kind, each.attachable, each.version_id,
        each.service_count, each.statement_count, each.pattern_count, each.action_count,
        *each.levels.values(), each.resource_scope, each.condition_scope,
        each.created_at, each.updated_at, each.deprecated_on,
        each.last_seen_on, each.group, *_families_by_freedom(each.chips),
    )  # fmt: skip


def _families_by_freedom(chips: Sequence[FamilyChip]) -> Iterator[str]:
    """The families of free risks, and those of bounded ones alone."""
    for is_free in (True, False):
        yield " ".join(each.family for each in chips if each.is_free == is_free)
