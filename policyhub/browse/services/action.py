"""One action: what it is, and every policy that grants it, with its bounds in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.listing import ListState, list_context, render_table
from policyhub.browse.lists.rows_in_memory import RowSet, read_state
from policyhub.browse.lists.twins import csv_twin, json_at_once
from policyhub.browse.not_found import spelled_right, unknown
from policyhub.browse.services.grant_rows import GRANTS, WORDS, GrantRow
from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access_levels import LEVEL_SLUGS, POWER
from policyhub.catalog.models import Policy
from policyhub.catalog.models import Statement as StoredStatement
from policyhub.catalog.reference.in_memory import ActionInfo, ActionResource, get_reference
from policyhub.http import HtmxHttpRequest, quotable
from policyhub.iam.language.patterns import split_action

PAGE_SIZE = 50
NEAR_SHOWN = 12
CSV_HEADER = ("policy", "version", "kind", "attachable", "granted", "statements", "bounds")


@dataclass(frozen=True)
class ShownAction:
    """An action of the reference, or one that only policies name (`info` is None)."""

    id: str
    info: ActionInfo | None

    @property
    def service(self) -> str:
        """The prefix of its service."""
        return split_action(self.id)[0]

    @property
    def is_power(self) -> bool:
        """Whether it is of a level that gives power over something."""
        return self.info is not None and self.info.level in POWER

    @property
    def level_slug(self) -> str:
        """The access level as CSS classes have it."""
        return LEVEL_SLUGS[self.info.level] if self.info else ""

    @cached_property
    def resource_types(self) -> list[tuple[ActionResource, Sequence[str]]]:
        """The resource types that it works on, each with its ARN formats."""
        known = {each.name: each.formats for each in get_reference().resource_types(self.service)}
        types = self.info.resource_types if self.info else ()
        return [(each, known.get(each.name, ())) for each in types]

    @cached_property
    def condition_keys(self) -> list[tuple[str, str]]:
        """Its condition keys and those of its resource types, each with its type."""
        if self.info is None:
            return []
        own = [*self.info.condition_keys]
        own += [key for each, _ in self.resource_types for key in each.condition_keys]
        return [(name, _type_of(name)) for name in sorted(set(own), key=str.lower)]

    @cached_property
    def dependent_actions(self) -> list[str]:
        """The actions that a caller needs in addition, for any of the resource types."""
        if self.info is None:
            return []
        own = [*self.info.dependent_actions]
        own += [action for each, _ in self.resource_types for action in each.dependent_actions]
        return sorted(set(own), key=str.lower)


ActionView = Callable[[HtmxHttpRequest, ShownAction], HttpResponseBase]


def of_an_action(view: ActionView) -> Callable[[HtmxHttpRequest, str], HttpResponseBase]:
    """Make a view of SERVICE:Name of one that takes the action found, in its own spelling."""

    @wraps(view)
    def found(request: HtmxHttpRequest, name: str) -> HttpResponseBase:
        info = get_reference().action(name)
        spelling = info.id if info else _spelling_in_policies(name)
        if spelling is None:
            return _no_such_action(request, name)
        if spelling != name:
            return spelled_right(request, spelling)
        return view(request, ShownAction(spelling, info))

    return require_safe(found)


def _spelling_in_policies(name: str) -> str | None:
    """How the policies write an action that the reference lacks; None where none names it."""
    lowered = name.lower()
    naming = StoredStatement.objects.filter(
        pattern_uses__pattern__text=lowered, pattern_uses__pattern__has_wildcard=False
    )
    actions = naming.order_by("pk").values_list("actions", flat=True).first() or ()
    return next((pattern for pattern in actions if pattern.lower() == lowered), None)


def _no_such_action(request: HttpRequest, name: str) -> HttpResponse:
    """Say what is near: actions of like names, or those that a pattern matches."""
    reference = get_reference()
    service, short = split_action(name[:200])
    matched = [action.id for action in reference.expand(name[:200])]
    names = (
        {action.name: action.id for action in reference.services[service].actions}
        if (service in reference.services)
        else {}
    )
    near = matched or [names[each] for each in get_close_matches(short, names, NEAR_SHOWN, 0.5)]
    reaching = [row.name for row in get_catalogue().granting(name) if row.allowed_by]
    context = {
        "name": name,
        "service": service if service in reference.services else "",
        "is_pattern": bool(matched),
        "near": near[:NEAR_SHOWN],
        "near_count": len(near),
        "reaching": [] if matched else reaching,
    }
    error = {"error": f"no action is called `{quotable(name)}`", "near": near[:NEAR_SHOWN]}
    return unknown(request, "browse/services/action_unknown.html", context, error)


def _grant_rows(action: ShownAction) -> list[GrantRow]:
    facts = {
        name: (kind, attachable)
        for name, kind, attachable in Policy.objects.values_list("key", "kind", "attachable")
    }
    return [
        GrantRow(each, *facts[each.name])
        for each in get_catalogue().granting(action.id)
        if each.name in facts
    ]


def _rows(action: ShownAction, state: ListState) -> RowSet:
    return RowSet(_grant_rows(action)).containing(state.text, lambda row: row.sort_name)


@of_an_action
def action(request: HtmxHttpRequest, shown: ShownAction) -> HttpResponse:
    """The action's page: its facts, and the policies that grant it, the freest first."""
    state = read_state(GRANTS, request.GET)
    among = _rows(shown, state)
    twins = {
        "csv": reverse("browse:action_csv", args=[shown.id]),
        "json": reverse("browse:action_json", args=[shown.id]),
    }
    rows = GRANTS.narrowed(among, state)
    context = list_context(GRANTS, state, rows, among, PAGE_SIZE, twins)
    context |= {
        "subject": shown.id,
        "shown": shown,
        "crumbs": _crumbs(shown),
    }
    return render_table(
        request, "browse/services/action.html", "browse/services/_grant_row.html", WORDS, context
    )


def _crumbs(shown: ShownAction) -> list[dict[str, str]]:
    return [
        {"name": "Services", "url": reverse("browse:services")},
        {"name": shown.service, "url": reverse("browse:service", args=[shown.service])},
    ]


@of_an_action
def action_json(request: HtmxHttpRequest, shown: ShownAction) -> HttpResponseBase:
    """The action and every policy that grants it, as JSON."""
    state = read_state(GRANTS, request.GET)
    rows = GRANTS.narrowed(_rows(shown, state), state)
    return json_at_once(state, rows, GrantRow.as_json, lambda listed: _facts(shown) | listed)


def _facts(shown: ShownAction) -> dict[str, Any]:
    """What the reference says of the action."""
    info = shown.info
    return {
        "action": shown.id,
        "service": shown.service,
        "known": info is not None,
        "level": info.level if info else None,
        "description": info.description if info else "",
        "permissionOnly": info.permission_only if info else None,
        "resourceTypes": [_resource_type(*each) for each in shown.resource_types],
        "conditionKeys": [{"name": n, "type": t} for n, t in shown.condition_keys],
        "dependentActions": shown.dependent_actions,
    }


@of_an_action
def action_csv(request: HtmxHttpRequest, shown: ShownAction) -> HttpResponseBase:
    """Every policy that grants the action, as a CSV file."""
    state = read_state(GRANTS, request.GET)
    rows = GRANTS.narrowed(_rows(shown, state), state)
    return csv_twin(state, f"{shown.id.replace(':', '-')}.csv", CSV_HEADER, rows, _as_csv)


def _as_csv(grant: GrantRow) -> tuple[Any, ...]:
    row = grant.as_json()
    statements = row["statements"]
    return (
        row["policy"],
        row["versionId"],
        row["kind"],
        row["attachable"],
        row["granted"],
        "\n".join(f"{each['statement']} ({each['effect']})" for each in statements),
        "\n".join(
            f"{each['resources']} when {each['conditions']}"
            if each["conditions"]
            else each["resources"]
            for each in statements
        ),
    )


def _resource_type(resource: ActionResource, formats: Sequence[str]) -> dict[str, Any]:
    return {
        "name": resource.name,
        "required": resource.required,
        "arn": ", ".join(formats),
        "arnFormats": formats,
        "conditionKeys": resource.condition_keys,
        "dependentActions": resource.dependent_actions,
    }


def _type_of(key: str) -> str:
    info = get_reference().condition_key(key)
    return info.type if info else ""
