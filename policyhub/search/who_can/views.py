"""The page that asks who can, its JSON twin, and its CSV table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.catalog.access.current import get_catalogue
from policyhub.catalog.access.on_a_day import CatalogueDay, catalogue_day
from policyhub.catalog.access.power import PowerColumn
from policyhub.catalog.access.power_maps import power_of_policies
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.deadline import Stopped, answered_in_time, budget_of
from policyhub.http import (
    HtmxHttpRequest,
    ParameterProblem,
    Parameters,
    at_address,
    csv_download,
    json_stream,
    page_of,
    problems_answer,
    render_page,
    tidy_query,
)
from policyhub.iam.language.days import read_day
from policyhub.judge.risks.verdict import VerdictGroup
from policyhub.search.who_can.answers import ANSWERS, Answer
from policyhub.search.who_can.asking import NO_ANSWERS, Answers, explain, who_can_within
from policyhub.search.who_can.groups import groups_of
from policyhub.search.who_can.questions import (
    Asked,
    InvalidQuestionError,
    doubts_of,
    questions,
    read_pairs,
)
from policyhub.search.who_can.table import answers_in_words

PARAMETERS = ("action", "resource", "context", "at", "answer", "after", "page")
PAGE_SIZE = 25
JSON_PAGE_SIZE = 500
LABELS = {"yes": "Yes", "conditional": "Under conditions", "no": "No (near miss or denied)"}
EXAMPLES = (
    {"action": "iam:PassRole", "context": "iam:PassedToService=ecs-tasks.amazonaws.com"},
    {"action": "ec2:DeleteInternetGateway"},
    {"action": "s3:GetObject", "resource": "arn:aws:s3:::aws-glue-assets/script.py"},
)


@dataclass
class WhoCanQuestion:
    """What was asked, as typed, and its answers."""

    action: str
    resource: str
    context: list[str]
    wanted: str
    after: str
    page: int
    problems: list[ParameterProblem]
    at: str = ""
    asked: Sequence[Asked] = ()
    answers: Answers = NO_ANSWERS
    doubts: list[str] = field(default_factory=list)
    day: CatalogueDay | None = None
    stopped: Stopped | None = None

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to answer."""
        return bool(self.action)

    @property
    def shown(self) -> Answers:
        """The answers of the wanted kind, or all."""
        return self.answers.of(self.wanted)

    @property
    def remarks(self) -> list[str]:
        """What is not certain about the versions of the day, if one is asked about."""
        return self.day.remarks if self.day else []

    @property
    def on_day(self) -> str:
        """Which day is asked about, as it can follow what is asked; "" if none is."""
        return f" on {self.at}" if self.day else ""

    @property
    def is_in_doubt(self) -> bool:
        """Whether it is not known that AWS can be asked something which a policy allows."""
        if all(each.possible is not None for each in self.asked):
            return False
        allowing = (each for name in ("yes", "conditional") for each in self.answers.of(name))
        return any(each.asked.possible is None for each in allowing)

    @property
    def several_actions(self) -> bool:
        """Whether answers are about more than one action."""
        if len({each.request.action for each in self.asked}) < 2:
            return False
        return len({each.action for each in self.answers}) > 1

    def link(self, view: str, **more: object) -> str:
        """The address of this question in another view, or with other parameters."""
        given = {
            "action": self.action,
            "resource": self.resource,
            "context": self.context,
            "at": self.at,
            "after": self.after,
        }
        parameters = {key: value for key, value in {**given, **more}.items() if value}
        return f"{reverse(f'search:{view}')}?{urlencode(parameters, doseq=True)}"


@require_safe
@answered_in_time
def who_can_page(request: HttpRequest) -> HttpResponse:
    """The form, and all policies that allow what it asks for."""
    question = read_who_can_question(request)
    page, beyond = page_of(question.shown, question.page, PAGE_SIZE)
    context: dict[str, Any] = {
        "title": _title(question),
        "question": question,
        "rows": _rows(question, page),
        "page": page,
        "problems": [*question.problems, *beyond],
        "kinds": _kinds(question),
        "question_url": question.link("who_can"),
        "blank_contexts": [""] if question.context else ["", ""],
        "examples": [f"?{urlencode(each)}" for each in EXAMPLES],
        "json_url": question.link("who_can_json"),
        "csv_url": question.link("who_can_csv", answer=question.wanted),
    }
    asking = cast(HtmxHttpRequest, request)
    response = render_page(
        asking, "search/who_can/who_can.html", "search/who_can/_who_can.html", context
    )
    return at_address(asking, tidy_query(request.GET), response)


@require_safe
@answered_in_time
def who_can_json(request: HttpRequest) -> HttpResponseBase:
    """All answers, in pages of 500."""
    question = read_who_can_question(request)
    page, beyond = page_of(question.shown, question.page, JSON_PAGE_SIZE)
    problems = [*question.problems, *beyond]
    if not question.is_asked and not problems:
        message = "enter an action, such as `iam:PassRole`"
        problems.append(ParameterProblem("missing", "action", message))
    if problems:
        return problems_answer(problems)
    following = None
    if page.has_next():
        link = question.link("who_can_json", answer=question.wanted, page=page.next_page_number())
        following = request.build_absolute_uri(link)
    return json_stream(
        {
            "count": page.paginator.count,
            "next": following,
            **({"stopped": question.stopped.to_dict()} if question.stopped else {}),
            "doubts": question.doubts,
            **(question.day.to_dict() if question.day else {}),
            "counts": {kind: count for kind, _, count, _ in _kinds(question)},
            "results": [
                {**each.to_dict(), "group": group.slug if group else None}
                for each, group in _with_groups(question, page)
            ],
        }
    )


@require_safe
@answered_in_time
def who_can_csv(request: HttpRequest) -> HttpResponseBase:
    """All answers as a table to take away."""
    question = read_who_can_question(request)
    if question.problems:
        return problems_answer(question.problems)
    # The words are found before the first row is sent: what takes too long is refused as a whole.
    rows: Iterable[Sequence[str]] = (
        (each.answer.policy, each.answer.version_id, each.answer.action, each.answer.name,
         each.conditions, each.near, each.because, "\n".join(each.answer.resources))
        for each in answers_in_words(list(question.shown))
    )  # fmt: skip
    if question.stopped is not None:
        rest = f"stopped after {question.stopped.after} of {question.stopped.of} actions"
        why = question.stopped.reason
        rows = chain(rows, [("", "", rest, "", why, question.stopped.next, "", "")])
    rows = chain(rows, [("", "", "", "", "", "", each, "") for each in question.remarks])
    header = ("policy", "version", "action", "answer", "only when", "near", "because", "resources")
    on = f"-on-{question.at}" if question.day else ""
    return csv_download(f"who-can-{question.action}{on}.csv", header, rows)


def read_who_can_question(request: HttpRequest) -> WhoCanQuestion:
    """Read the question and answer it; what can't be asked becomes a problem."""
    parameters = Parameters(request.GET)
    parameters.expect(PARAMETERS)
    question = WhoCanQuestion(
        parameters.value("action"),
        parameters.value("resource"),
        parameters.values("context"),
        parameters.value("answer"),
        parameters.value("after"),
        parameters.page(),
        parameters.problems,
        parameters.value("at"),
    )
    day = _read_day(parameters, question.at)
    if question.wanted not in ("", *ANSWERS):
        known = ", ".join(ANSWERS)
        parameters.complain("bad-answer", "answer", f"`{question.wanted}` is none of {known}")
        question.wanted = ""
    if question.is_asked and not question.problems:
        try:
            budget = budget_of(request)
            question.day = catalogue_day(day) if day else None
            catalogue = question.day.catalogue(budget) if question.day else get_catalogue()
            context = read_pairs(question.context)
            asked = questions(
                catalogue,
                get_reference(),
                question.action,
                question.resource,
                context,
                question.after,
            )
            question.doubts = doubts_of(asked)
            question.asked = asked
            question.answers, decided = who_can_within(budget, catalogue, asked)
            actions = list(dict.fromkeys(each.request.action for each in asked))
            if decided < len(actions):
                link = question.link(_view_of(request), after=actions[decided - 1])
                going_on = request.build_absolute_uri(link)
                question.stopped = Stopped(decided, len(actions), going_on)
        except InvalidQuestionError as error:
            parameters.complain("invalid", error.parameter, str(error))
    return question


def _with_groups(
    question: WhoCanQuestion, page: Iterable[Answer]
) -> list[tuple[Answer, VerdictGroup | None]]:
    """The answers, each with what its policy amounts to today; of another day that is not known."""
    answers = list(page)
    explain(answers)
    groups = {} if question.day else groups_of({each.policy for each in answers})
    return [(each, groups.get(each.policy)) for each in answers]


def _rows(
    question: WhoCanQuestion, page: Iterable[Answer]
) -> list[tuple[Answer, VerdictGroup | None, Sequence[PowerColumn] | None]]:
    """The same with what its policy can do today, as it is kept."""
    answers = _with_groups(question, page)
    power = {} if question.day else power_of_policies({each.policy for each, _ in answers})
    return [(each, group, power.get(each.policy)) for each, group in answers]


def _title(question: WhoCanQuestion) -> str:
    if not question.action:
        return "Who can"
    return f"{question.action}{question.on_day} · Who can"


def _read_day(parameters: Parameters, text: str) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError as error:
        parameters.complain("bad-day", "at", str(error))
        return None


def _view_of(request: HttpRequest) -> str:
    """The name of the view that was asked, page or JSON; of the table that of the page."""
    return "who_can_json" if request.path.endswith(".json") else "who_can"


def _kinds(question: WhoCanQuestion) -> list[tuple[str, str, int, str]]:
    """Each kind of answer: name, label, count, and the address that shows only it."""
    return [
        (kind, LABELS[kind], len(question.answers.of(kind)), question.link("who_can", answer=kind))
        for kind in ANSWERS
    ]
