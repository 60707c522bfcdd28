"""One path: what it gives, what it needs, and every policy that has it, with the proof."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.listing import Column, Listing, ListState, list_context, render_table
from policyhub.browse.lists.rows_in_memory import RowFacet, RowSet, read_state
from policyhub.browse.lists.twins import csv_twin, json_in_pages
from policyhub.browse.lists.words import ListWords
from policyhub.browse.not_found import Missing, nothing_called, spelled_right
from policyhub.browse.risks.one_path import PathHolderRow, holders_of, with_versions
from policyhub.browse.risks.table import ANSWER_NAMES, path_as_json
from policyhub.http import HtmxHttpRequest, quotable
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.judge.risks.kinds import KINDS
from policyhub.judge.risks.paths import RiskPath
from policyhub.judge.risks.rules_of_today import rules_of_today
from policyhub.judge.risks.verdict import GROUPS

PAGE_SIZE = 25
JSON_PAGE_SIZE = 500
CSV_HEADER = (
    "policy", "version", "amounts to", "answer", "in words", "statements", "simulate",
)  # fmt: skip

HOLDERS = Listing(
    facets=(
        RowFacet(
            key="answer",
            label="Answer",
            values=lambda row: (row.answer,),
            labels=ANSWER_NAMES,
            offers_empty=False,
        ),
        RowFacet(
            key="group",
            label="The policy as a whole",
            values=lambda row: (row.group.slug,),
            labels={each.slug: each.title for each in GROUPS},
            offers_empty=False,
        ),
    ),
    columns=(
        Column("policy", "Policy", ("sort_name",)),
        Column("power", "What it can do"),
        Column("answer", "Answer", ("place", "sort_name")),
        Column("why", "Why"),
        Column("statements", "Statements"),
        Column("proof", "Proof"),
    ),
    default_sort="answer",
)
WORDS = ListWords(
    name="holders",
    one="policy",
    many="policies",
    label="Policies and their answers",
    show_all="Show all policies that name it",
    empty_title="No policy has it",
    empty_text="No policy in force grants every action that this path needs.",
    text_label="Policy's name contains",
)

PathView = Callable[[HtmxHttpRequest, RiskPath], HttpResponseBase]


def of_a_path(view: PathView) -> Callable[[HtmxHttpRequest, str], HttpResponseBase]:
    """Make a view of an id of one that takes the path found; the table's spelling is shown."""

    @wraps(view)
    def found(request: HtmxHttpRequest, name: str) -> HttpResponseBase:
        by_id = {path.id.lower(): path for path in rules_of_today().paths}
        path = by_id.get(name.lower())
        if path is None:
            return _no_such_path(request, name)
        return view(request, path) if path.id == name else spelled_right(request, path.id)

    return require_safe(found)


def _no_such_path(request: HttpRequest, name: str) -> HttpResponse:
    by_id = {path.id: path for path in rules_of_today().paths}
    near = get_close_matches(name[:128].lower(), by_id, n=5, cutoff=0.6)
    family = RISK_VALUES.get(name.lower())
    error = {"error": f"no path has the id `{quotable(name)}`", "near": near}
    missing = Missing("path", "No path has the id", name, "paths", "browse:risks", lede="")
    offered = [(reverse("browse:risk", args=[each]), each, by_id[each].name) for each in near]
    if family:
        # It is a value of the search's operator, for a family of paths.
        search = f"{reverse('search:search')}?{urlencode({'q': f'risk:{family.value}'}, safe=':')}"
        offered.insert(0, (search, family.value, f"policies with a risk of {family.label}"))
    return nothing_called(request, missing, offered, error)


def _holders_named(path: RiskPath, state: ListState) -> RowSet:
    return RowSet(holders_of(path)).containing(state.text, lambda row: row.sort_name)


@of_a_path
def risk(request: HtmxHttpRequest, path: RiskPath) -> HttpResponse:
    """The path's page: the policies that leave it free first."""
    state = read_state(HOLDERS, request.GET)
    among = _holders_named(path, state)
    twins = {
        "csv": reverse("browse:risk_csv", args=[path.id]),
        "json": reverse("browse:risk_json", args=[path.id]),
    }
    rows = HOLDERS.narrowed(among, state)
    context = list_context(HOLDERS, state, rows, among, PAGE_SIZE, twins)
    context |= {
        "subject": path.titled(whole=True),
        "path": path,
        "kinds": len(KINDS),
        "shown_title": path.emphasized(whole=True),
        "others": _others(path),
        "rows": with_versions(context["page"]),
        "crumbs": [{"name": "Risks", "url": reverse("browse:risks")}],
    }
    return render_table(
        request, "browse/risks/risk.html", "browse/risks/_holder_row.html", WORDS, context
    )


def _others(path: RiskPath) -> list[RiskPath]:
    """The other ways to the same."""
    paths = rules_of_today().paths
    return [each for each in paths if each.title == path.title and each != path]


@of_a_path
def risk_json(request: HtmxHttpRequest, path: RiskPath) -> HttpResponse:
    """The path as JSON, with its policies in pages of 500."""
    state = read_state(HOLDERS, request.GET)
    steps = [
        {"action": each.action, "resourceType": each.type, "passedTo": list(each.services)}
        for each in path.steps
    ]
    about = path_as_json(path) | {
        "requests": steps,
        "needs": path.needs,
        "advice": path.kind.advice,
        "source": path.source,
    }
    return json_in_pages(
        request,
        state,
        RowSet(with_versions(HOLDERS.narrowed(_holders_named(path, state), state))),
        JSON_PAGE_SIZE,
        PathHolderRow.as_json,
        lambda listed: about | listed,
    )


@of_a_path
def risk_csv(request: HtmxHttpRequest, path: RiskPath) -> HttpResponseBase:
    """Every policy that has the path as a CSV file."""
    state = read_state(HOLDERS, request.GET)
    rows = with_versions(HOLDERS.narrowed(_holders_named(path, state), state))
    return csv_twin(state, "risk.csv", CSV_HEADER, rows, _as_csv)


def _as_csv(row: PathHolderRow) -> tuple[Any, ...]:
    found = row.as_json()
    return (
        found["policy"], found["versionId"], row.holder.group.title, found["answer"],
        "\n".join(found["inWords"]), ", ".join(map(str, found["statements"])),
        found["simulate"],
    )  # fmt: skip
