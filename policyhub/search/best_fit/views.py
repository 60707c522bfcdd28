"""The page that finds the managed policies for a list of actions, and its JSON twin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access_levels import WEIGHTS
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.http import (
    HtmxHttpRequest,
    ParameterProblem,
    at_address,
    given_parameters,
    json_answer,
    moved_to_its_address,
    problems_answer,
    quotable,
    render_page,
    short_address,
    tidy_query,
)
from policyhub.iam.language.lists import first_few
from policyhub.search.best_fit.fits import BestFit, BestFits
from policyhub.search.best_fit.least_privilege import LeastPrivilege, least_privilege
from policyhub.search.best_fit.needed_actions import needed_actions
from policyhub.search.best_fit.passing_roles import OFFERED
from policyhub.search.who_can.questions import InvalidQuestionError

# So many actions are named in a title.
MOST_IN_A_TITLE = 3


@dataclass
class BestFitQuestion:
    """The actions as typed, whether any policy will do, and the answer.

    `remarks` say what in a document can never match.
    """

    text: str
    any_policy: bool
    problems: list[ParameterProblem] = field(default_factory=list)
    remarks: tuple[str, ...] = ()
    fit: BestFit | None = None
    alternative: LeastPrivilege | None = None


# It only reads: a document too long for an address comes by POST, and nothing is kept.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def best_fit_page(request: HttpRequest) -> HttpResponse:
    """The form, the policies that fit best, and a document that fits exactly.

    The form is sent by POST; see `moved_to_its_address`.
    """
    asking = cast(HtmxHttpRequest, request)
    query = tidy_query(given_parameters(request))
    if elsewhere := moved_to_its_address(asking, query):
        return elsewhere
    question = _read_best_fit_question(request)
    ways = _ways(question)
    context: dict[str, Any] = {
        "title": _title(question),
        "question": question,
        "is_long": not short_address(request.path, query),
        "problems": question.problems,
        "weights": WEIGHTS,
        "ways": ways,
        "verdict": _verdict(question, ways),
        "alternative": question.alternative,
        "offered_condition": json.dumps({"Condition": OFFERED}, indent=2),
    }
    if question.text:
        context["json_url"] = short_address(reverse("search:best_fit_json"), query)
    page = render_page(
        asking, "search/best_fit/best_fit.html", "search/best_fit/_best_fit.html", context
    )
    return at_address(asking, query, page)


def _title(question: BestFitQuestion) -> str:
    """The question in a few words: its first actions."""
    if question.fit is None:
        return "Best fit"
    return f"{first_few(question.fit.actions, MOST_IN_A_TITLE)} · Best fit"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def best_fit_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    question = _read_best_fit_question(request)
    if not question.text and not question.problems:
        message = "enter actions, such as `ecs:RunTask, iam:PassRole`, or paste a document"
        question.problems.append(ParameterProblem("missing", "actions", message))
    if question.problems or question.fit is None or question.alternative is None:
        return problems_answer(question.problems)
    remarks = {"remarks": list(question.remarks)} if question.remarks else {}
    return json_answer(question.fit.to_dict() | question.alternative.to_dict() | remarks)


def _read_best_fit_question(request: HttpRequest) -> BestFitQuestion:
    given = given_parameters(request)
    texts = [*given.getlist("actions"), *given.getlist("action")]
    question = BestFitQuestion(
        "\n".join(texts).strip(), given.get("any", "") in ("on", "1", "true")
    )
    for key in given:
        if key not in ("actions", "action", "any"):
            message = f"`{quotable(key)}` is not a parameter of this page: use `actions` or `any`"
            question.problems.append(ParameterProblem("unknown-parameter", quotable(key), message))
    if question.text:
        _find_fits(question)
    return question


def _find_fits(question: BestFitQuestion) -> None:
    catalogue, reference = get_catalogue(), get_reference()
    try:
        needed = needed_actions(question.text, catalogue, reference)
    except InvalidQuestionError as error:
        question.problems.append(ParameterProblem("invalid", error.parameter, str(error)))
        return
    question.remarks = needed.remarks
    question.fit = BestFit(catalogue, reference, needed.actions, question.any_policy)
    question.alternative = least_privilege(needed, reference)


def _verdict(question: BestFitQuestion, ways: Sequence[tuple[str, str, BestFits]]) -> str:
    """The answer in a line: the policies with the least excess, within bounds or without."""
    if question.fit is None:
        return ""
    count = len(question.fit.actions)
    asked = f"{count:,} action{'' if count == 1 else 's'}"
    found = [fit for _, _, fits in ways for fit in fits.fits]
    if not found:
        return f"{asked}: no managed policies grant them all"
    best = min(found, key=lambda fit: fit.excess)
    bounds = ", some only on some resources or under conditions" if best.bounded else ""
    return f"{asked}: best covered by {' and '.join(best.names)}{bounds}"


def _ways(question: BestFitQuestion) -> list[tuple[str, str, BestFits]]:
    if question.fit is None:
        return []
    return [
        ("freely", "Granted on every resource, without a condition", question.fit.freely()),
        ("bounds", "Some only on some resources or under conditions", question.fit.in_bounds()),
    ]
