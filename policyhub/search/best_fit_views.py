"""The page that finds the managed policies for a list of actions, and its JSON twin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from policyhub.catalog.held import get_catalogue
from policyhub.catalog.reference import get_reference
from policyhub.http import (
    HtmxHttpRequest,
    ParameterProblem,
    json_answer,
    problems_answer,
    quotable,
    render_page,
)
from policyhub.search.best_fit import WEIGHTS, BestFit, BestFits
from policyhub.search.needed_actions import LeastPrivilege, least_privilege, needed_actions
from policyhub.search.who_can import SenselessQuestionError

# Of how long a text the address of the page may be made.
LONGEST_IN_AN_ADDRESS = 2_000


@dataclass
class Question:
    """The actions as typed, whether any policy will do, and the answer."""

    text: str
    any_policy: bool
    problems: list[ParameterProblem] = field(default_factory=list)
    fit: BestFit | None = None
    alternative: LeastPrivilege | None = None

    @property
    def query(self) -> str:
        """The parameters of this question, "" where an address would be too long."""
        if not self.text or len(self.text) > LONGEST_IN_AN_ADDRESS:
            return ""
        any_policy = {"any": "on"} if self.any_policy else {}
        return f"?{urlencode({'actions': self.text} | any_policy)}"


# It only reads: a document too long for an address comes by POST, and nothing is kept.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def best_fit_page(request: HttpRequest) -> HttpResponse:
    """The form, the policies that fit best, and a document that fits exactly."""
    question = _understand(request)
    context: dict[str, Any] = {
        "question": question,
        "problems": question.problems,
        "weights": WEIGHTS,
        "ways": _ways(question),
        "alternative": question.alternative,
    }
    if question.query:
        context["json_url"] = reverse("search:best_fit_json") + question.query
    return render_page(
        cast(HtmxHttpRequest, request), "search/best_fit.html", "search/_best_fit.html", context
    )


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def best_fit_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    question = _understand(request)
    if not question.text and not question.problems:
        message = "say which actions, such as `ecs:RunTask, iam:PassRole`, or paste a document"
        question.problems.append(ParameterProblem("missing", "actions", message))
    if question.problems or question.fit is None or question.alternative is None:
        return problems_answer(question.problems)
    return json_answer(question.fit.to_dict() | {"leastPrivilege": question.alternative.to_dict()})


def _understand(request: HttpRequest) -> Question:
    given = cast(QueryDict, request.POST if request.method == "POST" else request.GET)
    texts = [*given.getlist("actions"), *given.getlist("action")]
    question = Question("\n".join(texts).strip(), given.get("any", "") in ("on", "1", "true"))
    for key in given:
        if key not in ("actions", "action", "any"):
            message = f"`{quotable(key)}` is no parameter of this page: use `actions` or `any`"
            question.problems.append(ParameterProblem("unknown-parameter", quotable(key), message))
    if question.text:
        _answer(question)
    return question


def _answer(question: Question) -> None:
    catalogue, reference = get_catalogue(), get_reference()
    try:
        actions = needed_actions(question.text, catalogue, reference)
    except SenselessQuestionError as error:
        question.problems.append(ParameterProblem("senseless", error.parameter, str(error)))
        return
    question.fit = BestFit(catalogue, reference, actions, question.any_policy)
    question.alternative = least_privilege(actions, reference)


def _ways(question: Question) -> list[tuple[str, str, BestFits]]:
    if question.fit is None:
        return []
    return [
        ("freely", "Granted on every resource, without a condition", question.fit.freely()),
        ("bounds", "Some only on some resources or under conditions", question.fit.in_bounds()),
    ]
