"""The comparison's page and its JSON twin. Nothing that is pasted is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
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
    Opened,
    OpenedService,
    matrix_as_opened,
    part_asked_for,
    read_opened,
    service_as_opened,
)
from policyhub.compare.sides import Side, UnusableSideError, read_side
from policyhub.deadline import answered_in_time, budget_of
from policyhub.http import (
    LONGEST_ADDRESS,
    HtmxHttpRequest,
    ParameterProblem,
    at_address,
    choices_in_words,
    given_parameters,
    json_stream,
    moved_to_its_address,
    problems_answer,
    quotable,
    short_address,
    tidy_query,
    wants_partial,
)

MOST_SIDES = 6
PARAMETERS = ("policy", "all", "open", "evidence", "contexts", "text", "left")
TEXTS = ("inline", "side")
CONTEXTS = ("aws", "any")
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
# Of three sides and more, for each side of a pair.
PAIR_EVIDENCE_SHOWN = 10


@dataclass
class CompareQuestion:
    """The sides as given, and what could be read of them."""

    given: list[str]
    only_differences: bool = True
    all_evidence: bool = False
    any_context: bool = False
    side_by_side: bool = False
    opened: Opened = field(default_factory=dict)
    sides: list[Side] = field(default_factory=list)
    problems: list[ParameterProblem] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """What each side is called."""
        return [each.label for each in self.sides]

    def address(self, given: list[str] | None = None, **more: str) -> str:
        """The query of the page for these sides or others; "" where it would be too long."""
        sides = self.given if given is None else given
        if sum(map(len, sides)) > LONGEST_ADDRESS:
            # Writing what is too long takes time too, for every link of a page.
            return ""
        pairs = [("policy", each) for each in sides]
        if self.any_context:
            more = {"contexts": "any", **more}
        query = urlencode([*pairs, *((key, value) for key, value in more.items() if value)])
        return f"?{query}" if short_address(reverse("compare:compare"), query) else ""


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
    if wants_partial(asking) and (asked := part_asked_for(asking.htmx.target or "")):
        return _service_rows(request, question, *asked)
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
    toggled = {**_more(question), "all": "on" if question.only_differences else ""}
    return {
        "compared": compared,
        "pair": compared.only_pair,
        "services": matrix_as_opened(
            list(compared.services(question.only_differences)),
            question.labels,
            question.opened,
            partial(_address_of_opened, question),
        ),
        **_context_choice(question),
        **_text_choice(question),
        **_sets(compared),
        **_areas(compared),
        "toggle_url": question.address(None, **toggled),
        "toggle_action": _action(toggled),
        "statements_shown": f":{STATEMENTS_SHOWN}",
        "lines_shown": f":{LINES_SHOWN}",
        "evidence": _evidence(compared, question),
        "shown_of_pair": f":{PAIR_EVIDENCE_SHOWN}",
        "most_of_pair": PAIR_EVIDENCE_SHOWN,
        "all_evidence_url": question.address(None, **_more(question), evidence="all"),
        "json_url": _json_url(question),
        "report_url": _report_url(question.sides),
        "pair_urls": [
            (each, question.address([each.left.given, each.right.given])) for each in compared.pairs
        ],
    }


def _service_rows(
    request: HttpRequest, question: CompareQuestion, prefix: str, before: int
) -> HttpResponse:
    """The rows of one service, opened or closed, without those that are on the page already."""
    services: list[OpenedService] = []
    if len(question.sides) > 1 and not question.problems:
        compared = ComparedSides(question.sides, budget_of(request), question.any_context)
        found = rows_of_service(compared, prefix, only_differences=question.only_differences)
        address_of = partial(_address_of_opened, question)
        services = [
            service_as_opened(each, question.labels, question.opened, address_of, before=before)
            for each in found
        ]
    template = "compare/_rows.html" if before else "compare/_services.html"
    response = render(request, template, {"services": services, "follow": before > 0})
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
    url = question.address(None, **_more(question), left=f"{left}.{in_vain}") if left else ""
    return {
        "go_on_url": url,
        "goes_on": in_vain < MOST_IN_VAIN,
        "pairs_found": sum(not each.is_late for each in compared.pairs),
    }


def _address_of_opened(question: CompareQuestion, opened: str) -> tuple[str, str]:
    """The address of the page with other services open, else the form's action that asks so.

    Where the documents are too long for an address their form asks for it.
    """
    change = {**_more(question), "open": opened}
    url = question.address(None, **change)
    return url, "" if url else _action(change)


def _action(change: dict[str, str]) -> str:
    """Where the form, whatever the length of its documents, asks for this as well."""
    return f"{reverse('compare:compare')}?{urlencode(change)}"


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


def _more(question: CompareQuestion) -> dict[str, str]:
    """What the address says in addition to the sides."""
    shown = {} if question.only_differences else {"all": "on"}
    text = {"text": "side"} if question.side_by_side else {}
    return {**shown, **text, **({"contexts": "any"} if question.any_context else {})}


def _context_choice(question: CompareQuestion) -> dict[str, str]:
    """The address of the same question about the other contexts, or the form that asks it."""
    other = {**_more(question), "contexts": "" if question.any_context else "any"}
    return {"contexts_url": question.address(None, **other), "contexts_action": _action(other)}


def _text_choice(question: CompareQuestion) -> dict[str, str]:
    """The address of the same question with its texts the other way, or the form that asks it."""
    other = {**_more(question), "text": "" if question.side_by_side else "side"}
    return {"text_url": question.address(None, **other), "text_action": _action(other)}


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


def read_compare_question(request: HttpRequest) -> CompareQuestion:
    """Read the sides; what can't be compared becomes a problem."""
    query = given_parameters(request)
    given = [text for each in query.getlist("policy") if (text := each.strip())]
    question = CompareQuestion(
        given[:MOST_SIDES],
        query.get("all", "") != "on",
        query.get("evidence", "") == "all",
        query.get("contexts", "") == "any",
        query.get("text", "") == "side",
        read_opened(query.get("open", "")),
    )
    for name, choices in (("contexts", CONTEXTS), ("text", TEXTS)):
        if (given_one := query.get(name, "")) not in ("", *choices):
            message = f"`{quotable(given_one)}` is not a choice: use {choices_in_words(choices)}"
            question.problems.append(ParameterProblem("invalid", name, message))
    for name in query:
        if name not in PARAMETERS:
            known = choices_in_words(PARAMETERS)
            message = f"`{quotable(name)}` is not a parameter of this page: use {known}"
            question.problems.append(ParameterProblem("unknown-parameter", quotable(name), message))
    if len(given) > MOST_SIDES:
        message = f"{len(given)} policies: compare at most {MOST_SIDES} at a time"
        question.problems.append(ParameterProblem("too-many-values", "policy", message))
    for number, text in enumerate(question.given, 1):
        try:
            question.sides.append(read_side(text, number))
        except UnusableSideError as error:
            question.problems.append(ParameterProblem("unusable", "policy", str(error)))
    return question
