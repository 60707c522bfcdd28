"""The overview: what is in the catalogue, where to begin, and what asks for a second look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from policyhub.browse.changes.log import entry_as_json as change_as_json
from policyhub.browse.changes.years import changes_by_year
from policyhub.browse.corpus_map import (
    corpus_map,
    corpus_points,
    kind_shapes,
    phone_corpus_map,
)
from policyhub.browse.lists.facets import Chosen
from policyhub.browse.lists.listing import ListState
from policyhub.browse.policies.facets import FACETS, days_worth_a_look
from policyhub.browse.policies.measures import SERVICE_COUNT
from policyhub.browse.policies.rows import (
    SHOWN_COLUMNS,
    PolicyRow,
    in_force,
    row,
)
from policyhub.catalog.access.power_maps import power_of_versions
from policyhub.catalog.facts.tables import fact_rows
from policyhub.catalog.models import (
    Action,
    ChangelogEntry,
    ConditionUse,
    Policy,
    Service,
    policy_label,
)
from policyhub.catalog.source_ages import newest_source
from policyhub.http import HtmxHttpRequest, Parameters, json_answer, render_page, wants_partial
from policyhub.judge.models import PolicyVerdict
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.judge.risks.verdict import GROUPS

SHOWN_POLICIES = 8
SHOWN_CHANGES = 3
OWN_SHOWN = 6
# The table of facts that counts AWS's own mistakes.
NAMED_IN_VAIN = "impossible-grants"


@dataclass(frozen=True)
class Look:
    """A question that a reviewer would ask first, and the filters that answer it."""

    label: str
    reason: str
    chosen: Chosen


@dataclass(frozen=True)
class LookAnswer:
    """How many policies a look finds, and the list of them."""

    label: str
    reason: str
    count: int
    url: str


STANDING_LOOKS = (
    Look(
        "Grant permissions management freely",
        "At least one such action on all resources, without a condition or a deny.",
        {"free": ("permissions-management",)},
    ),
    Look(
        "Use NotAction",
        "They apply to everything except the actions named, including actions that AWS adds later.",
        {"uses": ("not-action",)},
    ),
    Look(
        "Use NotResource",
        "They apply to every resource except those named.",
        {"uses": ("not-resource",)},
    ),
    Look(
        "Deny explicitly",
        "No other policy can allow what they deny.",
        {"uses": ("deny",)},
    ),
    Look(
        "Draw security warnings",
        "Linting finds something in them that grants more than is safe.",
        {"lint": ("security-warning",)},
    ),
    Look(
        "Have errors",
        "Linting finds something in them that can never work.",
        {"lint": ("error",)},
    ),
    Look(
        "Are deprecated",
        "They stay attached where they are; most have a successor.",
        {"deprecated": ("yes",)},
    ),
)


def recent_looks() -> list[Look]:
    """Looks at what changed lately, counted back from the latest data."""
    return [
        Look(
            f"Changed within {name}",
            f"Since {day:%Y-%m-%d}, counted back from the latest data.",
            {"since": (day.isoformat(),)},
        )
        for day, name in days_worth_a_look()[1:2]
    ]


def answers() -> list[LookAnswer]:
    """Count what every look finds, in one query; looks that find nothing are left out."""
    looks = [*recent_looks(), *STANDING_LOOKS]
    found = in_force().aggregate(
        **{f"look_{at}": Count("pk", filter=condition(look)) for at, look in enumerate(looks)}
    )
    listing = reverse("browse:policies")
    return [
        LookAnswer(look.label, look.reason, count, listing + ListState(chosen=look.chosen).url)
        for look, count in zip(looks, found.values(), strict=True)
        if count
    ]


def condition(look: Look) -> Q:
    """The filter that a look applies."""
    chosen = ((facet.given(look.chosen), look.chosen.get(facet.key)) for facet in FACETS)
    return reduce(and_, (facet.condition(values) for facet, values in chosen if values), Q())


@dataclass(frozen=True)
class GroupCount:
    """How many policies amount to the same, and the list of them."""

    group: str
    title: str
    summary: str
    count: int
    url: str


def groups() -> list[GroupCount]:
    """What the policies in force amount to, the most serious group first."""
    counts = dict(PolicyVerdict.objects.order_by().values_list("group").annotate(Count("pk")))
    listing = reverse("browse:policies")
    return [
        GroupCount(
            each.slug,
            each.title,
            each.summary,
            counts[each.slug],
            listing + ListState(chosen={"group": (each.slug,)}).url,
        )
        for each in GROUPS
        if each.slug in counts
    ]


def figures() -> dict[str, int]:
    """How much there is of everything; statements are those of the default versions."""
    policies = in_force().aggregate(policies=Count("pk"), statements=Sum("statement_count"))
    keys = ConditionUse.objects.aggregate(count=Count("key_lower", distinct=True))
    return {
        "policies": policies["policies"],
        "statements": policies["statements"] or 0,
        "services": Service.objects.filter(known=True).count(),
        "actions": Action.objects.count(),
        "condition_keys": keys["count"],
        "changes": ChangelogEntry.objects.count(),
    }


def latest(field: str) -> list[PolicyRow]:
    """The policies with the latest day in a field."""
    rows = in_force().annotate(service_count=SERVICE_COUNT)
    order = (F(field).desc(nulls_last=True), "policy__name", "policy__key")
    shown = list(rows.order_by(*order).values(*SHOWN_COLUMNS)[:SHOWN_POLICIES])
    power = power_of_versions([values["pk"] for values in shown])
    return [row(values, power=power) for values in shown]


@dataclass(frozen=True)
class Overview:
    """Everything that the page and its JSON twin show."""

    figures: Mapping[str, int]
    newest_source: date | None
    groups: list[GroupCount]
    answers: list[LookAnswer]
    updated: list[PolicyRow]
    created: list[PolicyRow]
    changes: list[ChangelogEntry]


def read_overview() -> Overview:
    """Read the overview from the catalogue."""
    entries = ChangelogEntry.objects.select_related("policy")
    return Overview(
        figures=figures(),
        newest_source=newest_source(),
        groups=groups(),
        answers=answers(),
        updated=latest("policy__updated_at"),
        created=latest("policy__created_at"),
        changes=list(entries[:SHOWN_CHANGES]),
    )


@require_safe
def overview(request: HtmxHttpRequest) -> HttpResponse:
    """The page at the door.

    `?policy=NAME` rings policies on its map; htmx gets those that are ringed alone.
    """
    response = render_page(
        request,
        "browse/overview.html",
        "browse/_own_policies.html",
        {**_maps(request), **({} if wants_partial(request) else _beside_the_map())},
    )
    if _is_signed_in(request):
        # What one watches changes without the catalogue, by which answers are tagged.
        patch_cache_control(response, no_cache=True, private=True)
    return response


def _maps(request: HtmxHttpRequest) -> dict[str, Any]:
    """The maps, and which of the reader's policies are on them: those kept and those named."""
    points = corpus_points()
    watched = _watched(request) | frozenset(Parameters(request.GET).values("policy"))
    own = sorted(point.key for point in points if point.key in watched)
    return {
        "corpus": corpus_map(points, watched),
        "phone_corpus": phone_corpus_map(points, watched),
        "kinds_shown": kind_shapes(points),
        "own": [
            {"label": policy_label(key), "url": reverse("browse:policy", args=[key])}
            for key in own[:OWN_SHOWN]
        ],
        "more_own": len(own[OWN_SHOWN:]),
        "is_swap": wants_partial(request),
    }


def _beside_the_map() -> dict[str, Any]:
    return {
        "overview": read_overview(),
        "years": changes_by_year(),
        "named_in_vain": len(fact_rows(NAMED_IN_VAIN)),
        "paths": len(rules_of_today().paths),
        "json_url": reverse("browse:overview_json"),
    }


def _is_signed_in(request: HttpRequest) -> bool:
    """Whether the reader has an account; of one without a session nothing is looked up."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def _watched(request: HttpRequest) -> frozenset[str]:
    """The keys of the policies on the list that all who are signed in share."""
    if not _is_signed_in(request):
        return frozenset()
    rows = Policy.objects.filter(watched__isnull=False).order_by()
    return frozenset(rows.values_list("key", flat=True))


@require_safe
def overview_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    found = read_overview()
    return json_answer(
        {
            "figures": found.figures,
            "newestSource": found.newest_source,
            "groups": [asdict(each) for each in found.groups],
            "looks": [asdict(answer) for answer in found.answers],
            "namedInVain": len(fact_rows(NAMED_IN_VAIN)),
            "updatedLast": [each.as_json() for each in found.updated],
            "newest": [each.as_json() for each in found.created],
            "changes": [change_as_json(entry) for entry in found.changes],
        }
    )
