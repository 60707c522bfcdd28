"""A policy's Summary: what it grants, service by service, and what it takes away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from policyhub.blast_map.counted import MappedService, mapped_services
from policyhub.browse.escalation.paths import escalations
from policyhub.browse.lists.listing import Column, Listing
from policyhub.browse.lists.rows_in_memory import RowSet, read_state
from policyhub.browse.policy.band import verdict_band
from policyhub.browse.policy.head import head
from policyhub.browse.policy.shown import ShownPolicy, of_a_policy
from policyhub.browse.reading.denials import denials, exclusions
from policyhub.browse.reading.services import ServiceRow, action_rows
from policyhub.catalog.access.power import power_columns
from policyhub.http import HtmxHttpRequest, render_page, wants_partial

ACTIONS_IN_A_SERVICE = 100
SERVICES = Listing(
    facets=(),
    columns=(
        Column("service", "service", ("prefix",)),
        Column("actions", "number of actions", ("action_count",), greatest_first=True),
        Column("gravity", "gravity, risks first", ("gravity",), greatest_first=True),
    ),
    default_sort="-gravity",
)
OPENED, EVERY_SERVICE, UNTOUCHED, RISKS = "service", "services", "untouched", "risks"


@of_a_policy
def policy(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The Summary. `?service=ec2` opens that service's actions.

    htmx asks for one service at a time, and gets its actions alone. All services are in the
    page, so that they are on paper too; `?services=all`, which asked for them once, is taken.
    """
    if wants_partial(request):
        opened = request.GET.getlist(OPENED)
        granted = (each for each in shown.permissions.services if each.grants)
        asked = [each for each in granted if each.prefix in opened][:1]
        context = _actions(shown, ServiceRow(asked[0], shown.reading)) if asked else {}
    else:
        context = {**head(shown, "policy"), **_summary(request, shown)}
        context |= _services(request, shown, context["map"])
    return render_page(
        request, "browse/policy/policy.html", "browse/policy/_summary_actions.html", context
    )


def _services(
    request: HtmxHttpRequest, shown: ShownPolicy, drawn: Sequence[MappedService]
) -> dict[str, Any]:
    """The service rows that the address asks for, those that are opened with their actions.

    By gravity they are in the order of the map, each with its risks.
    """
    state = read_state(
        SERVICES, request.GET, shown.version_parameter, (OPENED, EVERY_SERVICE, UNTOUCHED, RISKS)
    )
    opened = request.GET.getlist(OPENED)
    gravity = {each.prefix: -place for place, each in enumerate(drawn)}
    risks = {each.prefix: each.risks for each in drawn}
    granted = (each for each in shown.permissions.services if each.grants)
    rows = [ServiceRow(each, shown.reading, gravity.get(each.prefix, 0)) for each in granted]
    ordered = RowSet(rows).order_by(*SERVICES.ordering(state)).rows
    return {
        "rows": [
            (
                row,
                risks.get(row.prefix, ()),
                _actions(shown, row) if row.prefix in opened else None,
            )
            for row in ordered
        ],
        **_without_risks(state.sort, [each.prefix for each in ordered if not risks[each.prefix]]),
        "headers": SERVICES.headers(state),
        "problems": state.problems,
        "action_count": sum(row.action_count for row in rows),
        "shows_untouched": UNTOUCHED in request.GET,
    }


def _without_risks(sort: str, prefixes: Sequence[str]) -> dict[str, Any]:
    """Before which service a heading parts those without a risk from those that have one.

    `sort` is "" by gravity.
    """
    is_parted = not sort
    return {
        "first_without_risk": prefixes[0] if is_parted and prefixes else "",
        "without_risk": len(prefixes),
    }


def _actions(shown: ShownPolicy, row: ServiceRow) -> dict[str, Any]:
    """What an opened service shows: its first actions, and where all of them are."""
    grants = row.permissions.grants[:ACTIONS_IN_A_SERVICE]
    return {
        "row": row,
        "actions": list(action_rows(shown.reading, grants)),
        "permissions_url": shown.url("policy_permissions", service=row.prefix),
        "statement_base": shown.statement_base,
    }


def _summary(request: HttpRequest, shown: ShownPolicy) -> dict[str, Any]:
    """What is shown in addition to the services: denies, exclusions, unmatched patterns."""
    permissions = shown.permissions
    band = verdict_band(shown, shows_all=RISKS in request.GET)
    return {
        "permissions": permissions,
        "power": power_columns(permissions),
        "map": mapped_services(permissions, band.marks),
        "band": band,
        "escalations": escalations((row.number, row.risk) for row in band.rows),
        "all_risks_url": shown.url("policy", risks="all"),
        "denials": denials(shown.reading, permissions),
        "exclusions": exclusions(shown.reading, permissions),
        "without_effect": shown.reading.of(permissions.without_effect),
        "unmatched": [
            (row, shown.reading.statements[row.statement.position]) for row in permissions.unmatched
        ],
        "untouched": permissions.untouched_services,
        "statement_base": shown.statement_base,
        "untouched_url": shown.url("policy", untouched="1"),
    }
