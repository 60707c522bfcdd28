"""The comparison's page and its JSON twin. Nothing that is pasted is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from policyhub.compare.areas import PHONE, WIDE, area_picture, level_sets
from policyhub.compare.comparing import ComparedSides
from policyhub.compare.evidence import Evidence, SideEvidence
from policyhub.compare.lattice import lattice
from policyhub.compare.lattice_picture import phone_lattice, wide_lattice
from policyhub.compare.one_service import rows_of_service
from policyhub.compare.opening import (
    OpenedService,
    ShownServices,
    matrix_as_opened,
    part_asked_for,
    service_as_opened,
    services_asked_for,
    shown_of,
    write_opened,
)
from policyhub.compare.question import (
    MOST_SIDES,
    CompareQuestion,
    form_action,
    read_compare_question,
)
from policyhub.compare.sides import Side
from policyhub.deadline import answered_in_time, budget_of
from policyhub.http import (
    HtmxHttpRequest,
    ParameterProblem,
    at_address,
    given_parameters,
    json_stream,
    moved_to_its_address,
    problems_answer,
    short_address,
    tidy_query,
    wants_partial,
)

_LEFT = re.compile(r"(\d{1,3})\.(\d{1,2})", re.ASCII)
MOST_IN_VAIN = 4
# How many statements of a side are shown before all are asked for.
EVIDENCE_SHOWN = 50
MOST_EVIDENCE = 500
# Rows of a page's table of statements, and lines of its text; the JSON has all of them.
STATEMENTS_SHOWN = 500
LINES_SHOWN = 3_000
# Three managed policies or more that are so long together are not compared before their page
# comes: it has what is cheap at once, and goes on with the pairs.
LONG_TOGETHER = 200_000
# Of more pairs the page says how much there is to show, and links to the pair that has it.
PAIRS_SHOWN_WHOLE = 3
# Of three sides, for each side of a pair.
PAIR_EVIDENCE_SHOWN = 10


# It only reads: documents too long for an address come by POST.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def compare_page(request: HttpRequest) -> HttpResponse:
    """The form, the verdict, the evidence, the matrix, the statements, and the text.

    The form is sent by POST; see `moved_to_its_address`.
    """
    asking = cast(HtmxHttpRequest, request)
    given = given_parameters(request).copy()
    left = given.pop("left", [""])[-1]
    query = tidy_query(given)
    if elsewhere := moved_to_its_address(asking, query):
        return elsewhere
    question = read_compare_question(request)
    if wants_partial(asking) and (found := _part_of_matrix(asking, question)):
        return found
    context: dict[str, Any] = {
        "title": _title(question),
        "is_long": not short_address(request.path, query),
        "question": question,
        "problems": question.problems,
        "fields": [*question.given, *([""] if len(question.given) < MOST_SIDES else [])],
        "blank_needed": len(question.given) < 2,
    }
    if len(question.sides) > 1 and not question.problems:
        is_put_off = not left and _are_long_together(question.sides)
        compared = ComparedSides(
            question.sides, budget_of(request), question.any_context, is_put_off
        )
        context |= _compared_context(question, compared) | _going_on(question, compared, str(left))
    # htmx takes what it needs out of the whole page, whose title it shows too.
    answer = render(request, "compare/compare.html", context)
    return at_address(asking, query, answer, is_new=not left)


def _compared_context(question: CompareQuestion, compared: ComparedSides) -> dict[str, Any]:
    """What the page shows of sides that were compared."""
    toggled = {**question.further, "all": "on" if question.only_differences else ""}
    return {
        "compared": compared,
        "pair": compared.only_pair,
        "matrix": _matrix(question, compared),
        "pairs_whole": len(compared.pairs) <= PAIRS_SHOWN_WHOLE,
        **_context_choice(question),
        **_text_choice(question),
        **_sets(compared),
        **_areas(compared),
        "toggle_url": question.address(None, **toggled),
        "toggle_action": form_action(toggled),
        "statements_shown": f":{STATEMENTS_SHOWN}",
        "lines_shown": f":{LINES_SHOWN}",
        "evidence": _evidence(compared, question),
        "shown_of_pair": f":{PAIR_EVIDENCE_SHOWN}",
        "most_of_pair": PAIR_EVIDENCE_SHOWN,
        "all_evidence_url": question.address(None, **question.further, evidence="all"),
        "json_url": _json_url(question),
        "report_url": _report_url(question.sides),
        "pair_urls": [
            (each, question.address([each.left.given, each.right.given])) for each in compared.pairs
        ],
    }


def _matrix(question: CompareQuestion, compared: ComparedSides, before: int = 0) -> ShownServices:
    """The services that are asked for, without those that are on the page already."""
    matrix = matrix_as_opened(
        compared.services(question.only_differences),
        question.labels,
        question.opened,
        lambda opened: question.address_with(open=opened),
        compared.services_with_risks,
    )

    def address_of(count: int) -> tuple[str, str]:
        return question.address_with(services=str(count), open=write_opened(question.opened))

    return shown_of(matrix, question.services_shown, before, address_of)


def _part_of_matrix(request: HtmxHttpRequest, question: CompareQuestion) -> HttpResponse | None:
    """The part of the matrix that htmx asks for, by the element that it is to replace."""
    target = request.htmx.target or ""
    if asked := part_asked_for(target):
        return _service_rows(request, question, *asked)
    before = services_asked_for(target)
    if before is None or len(question.sides) < 2 or question.problems:
        return None
    is_put_off = _are_long_together(question.sides)
    budget = budget_of(request)
    compared = ComparedSides(question.sides, budget, question.any_context, is_put_off)
    matrix = _matrix(question, compared, before)
    context = {"question": question, "matrix": matrix, "follow": True}
    response = render(request, "compare/_services.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _service_rows(
    request: HttpRequest, question: CompareQuestion, prefix: str, before: int
) -> HttpResponse:
    """The rows of one service, opened or closed, without those that are on the page already."""
    services: list[OpenedService] = []
    if len(question.sides) > 1 and not question.problems:
        compared = ComparedSides(question.sides, budget_of(request), question.any_context)
        found = rows_of_service(compared, prefix, only_differences=question.only_differences)

        def address_of(opened: str) -> tuple[str, str]:
            return question.address_with(open=opened)

        services = [
            service_as_opened(each, question.labels, question.opened, address_of, before=before)
            for each in found
        ]
    template = "compare/_rows.html" if before else "compare/_services.html"
    context = {"matrix": ShownServices(services), "follow": before > 0}
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _title(question: CompareQuestion) -> str:
    """The sides' names, or as they were given."""
    labels = question.labels
    named = " and ".join([", ".join(labels[:-1]), labels[-1]] if labels[2:] else labels)
    return f"{named} · Compare" if named else "Compare"


def _report_url(sides: Sequence[Side]) -> str:
    """Where a report on two managed policies is; "" for others."""
    if len(sides) != 2 or not all(each.policy_name for each in sides):
        return ""
    query = urlencode([("policy", each.simulated) for each in sides])
    return f"{reverse('workbench:comparison_report')}?{query}"


def _sets(compared: ComparedSides) -> dict[str, Any]:
    """Three sides or more as sets, drawn."""
    if compared.only_pair is not None:
        return {}
    found = lattice(compared)
    return {"lattice": found, "pictures": [wide_lattice(found), phone_lattice(found)]}


def _areas(compared: ComparedSides) -> dict[str, Any]:
    """Two sides as sets by access level, drawn where it is known in time."""
    if compared.only_pair is None or not compared.only_pair.sizes:
        return {}
    sets = level_sets(compared.only_pair.sizes)
    return {"sets": sets, "areas": [area_picture(sets, WIDE), area_picture(sets, PHONE)]}


def _are_long_together(sides: Sequence[Side]) -> bool:
    """Whether comparing each two of them takes longer than one request; else it is tried."""
    are_kept = all(each.policy_name for each in sides)
    return are_kept and len(sides) > 2 and sum(len(each.text) for each in sides) > LONG_TOGETHER


def _going_on(question: CompareQuestion, compared: ComparedSides, before: str) -> dict[str, Any]:
    """Where what had no time is asked for again, and whether a script does so.

    `before` says how much was left, and how often in a row no less was: `7.1`. On a busy machine
    a request may find nothing; after some of these the script stops.
    """
    left = compared.left_to_find
    known = _LEFT.fullmatch(before)
    in_vain = int(known[2]) + 1 if known and left >= int(known[1]) else 0
    url = question.address(None, **question.further, left=f"{left}.{in_vain}") if left else ""
    return {
        "go_on_url": url,
        "goes_on": in_vain < MOST_IN_VAIN,
        "pairs_found": sum(not each.is_late for each in compared.pairs),
    }


def _evidence(
    compared: ComparedSides, question: CompareQuestion
) -> list[tuple[SideEvidence, Sequence[Evidence], int]]:
    """Of two sides each that alone allows something: the statements to show, how many more.

    All are shown where they are asked for; where an address would be too long to ask, more.
    """
    if compared.only_pair is None:
        return []
    can_ask = bool(question.address(None, evidence="all"))
    most = None if question.all_evidence else EVIDENCE_SHOWN if can_ask else MOST_EVIDENCE
    return [
        (each, each.items[:most], len(each.items) - len(each.items[:most]))
        for each in compared.only_pair.evidence
    ]


def _context_choice(question: CompareQuestion) -> dict[str, str]:
    """The address of the same question about the other contexts, or the form that asks it."""
    other = {**question.further, "contexts": "" if question.any_context else "any"}
    return {"contexts_url": question.address(None, **other), "contexts_action": form_action(other)}


def _text_choice(question: CompareQuestion) -> dict[str, str]:
    """The address of the same question with its texts the other way, or the form that asks it."""
    other = {**question.further, "text": "" if question.side_by_side else "side"}
    return {"text_url": question.address(None, **other), "text_action": form_action(other)}


def _json_url(question: CompareQuestion) -> str:
    query = question.address()
    return short_address(reverse("compare:compare_json"), query.removeprefix("?")) if query else ""


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def compare_json(request: HttpRequest) -> HttpResponseBase:
    """The same as JSON."""
    question = read_compare_question(request)
    if len(question.sides) < 2 and not question.problems:
        message = (
            "give `policy` at least twice, in the address or as form fields: a name, a name with "
            "a version, or a document"
        )
        question.problems.append(ParameterProblem("missing", "policy", message))
    if question.problems:
        return problems_answer(question.problems)
    compared = ComparedSides(question.sides, budget_of(request), question.any_context)
    return json_stream(compared.to_dict())
