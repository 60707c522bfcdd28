"""The change log, documented and observed, month by month, with its JSON twin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from policyhub.browse.changes.calendar import calendar_of
from policyhub.browse.lists.facets import (
    Choice,
    ChoiceFacet,
    DateFacet,
    LookupFacet,
    Option,
    StoredRows,
    narrow,
)
from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_rows,
)
from policyhub.browse.lists.months import MonthFacet
from policyhub.browse.lists.twins import csv_twin, json_in_pages
from policyhub.browse.lists.words import ListWords
from policyhub.browse.policies.facets import days_worth_a_look
from policyhub.catalog.models import ChangelogEntry, Policy, PolicyService, Service
from policyhub.catalog.naming import canonical_key
from policyhub.catalog.near_names import near_names
from policyhub.http import HtmxHttpRequest, wants_partial
from policyhub.judge.models import ObservedRisks

PAGE_SIZE = 13
JSON_PAGE_SIZE = 500
CSV_HEADER = (
    "date",
    "policy",
    "title",
    "description",
    "source",
    "access",
    "denies",
    "not before",
    "source URL",
    "risks gained",
    "risks lost",
)

# The part of the page that another page of the list replaces.
ROWS = "changes-rows"
# What changes did to access, as the head of the list says it.
EFFECTS = {
    "widened": "widened access",
    "narrowed": "narrowed it",
    "both": "did both",
    "none": "changed no access",
    "undecided": "with an effect that is not known",
}
OTHERS = "documented alone"


@dataclass(frozen=True)
class ServiceOfPolicyFacet(LookupFacet):
    """The services that an entry's policy belongs to.

    Entries are counted by policy, and each policy's services looked up: every entry with each
    of its policy's services would be twenty times as many rows.
    """

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """Count every service that leaves an entry, and those chosen; the most frequent first."""
        counted = rows.order_by().filter(policy__isnull=False).values_list("policy")
        by_policy = dict(counted.annotate(count=Count("pk")))
        of_services: Counter[int] = Counter()
        for policy, service in PolicyService.objects.order_by().values_list("policy", "service"):
            if policy in by_policy:
                of_services[service] += by_policy[policy]
        named = Service.objects.order_by().values_list("pk", "prefix", "name")
        options = [
            Option(prefix, prefix, of_services[key], prefix in chosen, name)
            for key, prefix, name in named
            if of_services[key] or prefix in chosen
        ]
        return sorted(options, key=lambda each: (-each.count, each.value))


# Two versions were compared and nothing was proved; what the documentation says has no effect.
OF_UNKNOWN_EFFECT = Q(source=ChangelogEntry.Source.OBSERVED, access="")
CHANGES = Listing(
    facets=(
        ServiceOfPolicyFacet(
            key="service",
            label="Service of the policy",
            noun="service",
            related=PolicyService.objects.all,
            owner="policy__changelog",
            value="service__prefix",
            detail="service__name",
            vocabulary=Service.objects.all,
            word="prefix",
            fold=str.lower,
        ),
        DateFacet(
            key="since",
            label="Since",
            since=lambda day: Q(date__gte=day),
            suggested=days_worth_a_look,
        ),
        DateFacet(
            key="until",
            label="Until",
            since=lambda day: Q(date__lte=day),
            suggested=tuple,
            is_end=True,
        ),
        ChoiceFacet(
            key="access",
            label="Effect on access",
            choices=(
                *(
                    Choice(value, label, Q(access=value))
                    for value, label in ChangelogEntry.Access.choices
                ),
                Choice("undecided", "Not known", OF_UNKNOWN_EFFECT),
            ),
        ),
        ChoiceFacet(
            key="source",
            label="Source",
            choices=tuple(
                Choice(value, label, Q(source=value))
                for value, label in ChangelogEntry.Source.choices
            ),
        ),
        ChoiceFacet(
            key="risk",
            label="Risks",
            choices=(
                Choice("gained", "Gained", Q(risks__gained_count__gt=0)),
                Choice("lost", "Lost", Q(risks__lost_count__gt=0)),
            ),
        ),
        LookupFacet(
            key="policy",
            label="Policy",
            noun="policy",
            related=lambda: ChangelogEntry.objects.filter(policy__isnull=False),
            owner="pk",
            value="policy__key",
            vocabulary=Policy.objects.all,
            word="key",
            fold=canonical_key,
            near=near_names,
        ),
        MonthFacet(key="month", label="Month", path="date"),
    ),
    columns=(Column("date", "Date", ("date", "pk"), greatest_first=True),),
    default_sort="-date",
)
WORDS = ListWords(
    name="changes",
    one="change",
    many="changes",
    label="Changes",
    show_all="Show all changes",
    empty_title="No changes recorded yet",
    empty_text="Curators add documented changes in the admin, under change-log entries.",
)


def entries_like(text: str) -> QuerySet[ChangelogEntry]:
    """Entries whose title or policy's name contains every word of `text`, ignoring case."""
    words = (Q(title__icontains=word) | Q(policy__name__icontains=word) for word in text.split())
    return ChangelogEntry.objects.filter(reduce(and_, words, Q()))


def entries_of(state: ListState) -> QuerySet[ChangelogEntry]:
    """The entries that a state asks for, in its order."""
    entries = narrow(entries_like(state.text), CHANGES.facets, state.chosen)
    return entries.select_related("policy", "risks").order_by(*CHANGES.ordering(state))


@require_safe
def changes(request: HtmxHttpRequest) -> HttpResponse:
    """The change log as a page, or as the fragment that htmx asks for."""
    state = CHANGES.read_state(request.GET)
    if wants_partial(request) and request.htmx.target == ROWS:
        # Another page of the same list: neither its filters nor its calendar change.
        return _other_page(request, state)
    twins = {name: reverse(f"browse:changes_{name}") for name in ("csv", "json", "atom", "rss")}
    among = entries_like(state.text)
    context = list_context(CHANGES, state, entries_of(state), among, PAGE_SIZE, twins)
    context |= {
        "subject": "Changes",
        "calendar": calendar_of(CHANGES, state, among),
        "effects": _effects(state, among, context["page"].paginator.count),
    }
    return render_rows(
        request, "browse/changes/changes.html", "browse/changes/_changes.html", WORDS, context
    )


def _effects(state: ListState, among: StoredRows, count: int) -> str:
    """How many of all changes did what to access, as facets count; "" where one is chosen."""
    if "access" in state.chosen:
        return ""
    counts = CHANGES.offer(among, state, only=["access"])[0].counts
    known = [(words, counts[value]) for value, words in EFFECTS.items()]
    others = (OTHERS, count - sum(each for _, each in known))
    return ", ".join(f"{each:,} {words}" for words, each in (*known, others) if each)


def _other_page(request: HtmxHttpRequest, state: ListState) -> HttpResponse:
    page = Paginator(entries_of(state), PAGE_SIZE).get_page(state.page)
    context = {"page": page, "words": WORDS, "state": state}
    response = render(request, "browse/changes/_entries.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def entry_as_json(entry: ChangelogEntry) -> dict[str, Any]:
    """An entry as the JSON twin shows it."""
    return {
        "date": entry.date,
        "policy": entry.policy.key if entry.policy else None,
        "title": entry.title,
        "description": entry.description,
        "source": entry.source,
        "access": entry.access or None,
        "denies": entry.denies,
        "notBefore": entry.not_before,
        "sourceUrl": entry.source_url or None,
        **risks_as_json(entry),
    }


def risks_as_json(entry: ChangelogEntry) -> dict[str, Any]:
    """What an observed change did to risks; null of a change that was not judged."""
    found = risks_of_entry(entry)
    return {
        "risksGained": found.gained if found else None,
        "risksLost": found.lost if found else None,
    }


def risks_of_entry(entry: ChangelogEntry) -> ObservedRisks | None:
    """The row of an entry that came with its risks; None of a change that was not judged."""
    return getattr(entry, "risks", None)


@require_safe
def changes_json(request: HttpRequest) -> HttpResponse:
    """The same entries as JSON, in pages of 500."""
    state = CHANGES.read_state(request.GET)
    return json_in_pages(request, state, entries_of(state), JSON_PAGE_SIZE, entry_as_json)


@require_safe
def changes_csv(request: HttpRequest) -> HttpResponseBase:
    """Every one of the same entries as a CSV file."""
    state = CHANGES.read_state(request.GET)
    return csv_twin(state, "changes.csv", CSV_HEADER, entries_of(state), _as_csv)


def _as_csv(entry: ChangelogEntry) -> tuple[Any, ...]:
    cells = entry_as_json(entry)
    for name in ("risksGained", "risksLost"):
        cells[name] = "; ".join(each["title"] for each in cells[name] or ())
    return tuple(cells.values())
