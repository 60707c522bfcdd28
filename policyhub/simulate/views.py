"""The simulator's page, its JSON twin, and scenarios as files. Nothing is kept on the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policyhub.catalog.reference.in_memory import get_reference
from policyhub.http import (
    HtmxHttpRequest,
    at_address,
    given_parameters,
    json_answer,
    json_stream,
    moved_to_its_address,
    render_page,
    short_address,
    tidy_query,
)
from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.deciding.simulation import SenselessSimulationError, read_simulation
from policyhub.lane import Stopped, answered_in_time, budget_of
from policyhub.simulate.answering import (
    Question,
    Shared,
    asked_keys,
    counts,
    derived_keys,
    documents_for_cli,
    matrix,
)
from policyhub.simulate.lines import DuplicateKeyError, answer, read_json, read_storable_json
from policyhub.simulate.managed import LONGEST_NAME, managed_document, names_holding
from policyhub.simulate.scenario import (
    DOCUMENT_FIELDS,
    LAYERS,
    MOST_QUESTIONS,
    SHOW,
    TEXTS,
    FieldProblem,
    Scenario,
    as_cli,
    as_objects,
    expanded,
    read_scenario,
    remarks_on,
)

MOST_BYTES = 5 * 1024 * 1024
MOST_OFFERS = 8
MOST_OPTIONS = 25
MOST_IN_A_TITLE = 2
# So many statements and near misses are listed at first.
MOST_SHOWN = 50

T = TypeVar("T")


class RefusedError(Exception):
    """A body that can't be used; `problems` as JSON has them."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.problems = [{"code": code, "path": "", "message": message}]
        self.status = status


# It only reads: a forged request changes nothing, and no cookie is needed to simulate.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def simulate(request: HttpRequest) -> HttpResponse:
    """The form with its answer. It is sent by POST; see `moved_to_its_address`."""
    asking = cast(HtmxHttpRequest, request)
    scenario = _scenario(request)
    is_form = request.method == "POST" and not request.FILES
    query = tidy_query(_given(request)) if is_form else scenario.query()
    # What is wrong with an uploaded file is not in the address.
    elsewhere = moved_to_its_address(asking, query)
    if elsewhere and (is_form or not scenario.problems):
        return elsewhere
    actions, remarks = expanded(scenario.actions, get_reference())
    asked, scenario = _asked(scenario, actions, budget_of(request))
    questions, stopped = _decided(asked, _as_page, request)
    context: dict[str, Any] = {
        "title": _title(scenario),
        "scenario": scenario,
        "is_long": not short_address(request.path, query),
        "layers": _layer_rows(scenario),
        "problems": [each for each in scenario.problems if each.parameter in ("", *TEXTS)],
        "remarks": remarks,
        "questions": questions,
        "stopped": stopped,
        "shown": "" if SHOW in given_parameters(request) else MOST_SHOWN,
        "counts": counts(questions),
        "matrix": matrix(questions) if len(questions) > 1 else [],
        "keys": asked_keys(questions, get_reference()),
        "field_problems": _by_field(scenario),
        "resource_offers": _offers(scenario, actions),
    }
    if len(questions) == 1:
        context |= _shared(request, questions[0]) | {"derived": derived_keys(questions[0])}
    page = render_page(asking, "simulate/simulate.html", "simulate/_simulator.html", context)
    return at_address(asking, query, page)


def _title(scenario: Scenario) -> str:
    """The question in a few words: the action, and the first identity policy."""
    asked = ", ".join(scenario.actions[:MOST_IN_A_TITLE])
    if len(scenario.actions) > MOST_IN_A_TITLE:
        asked += f" and {len(scenario.actions) - MOST_IN_A_TITLE} more"
    policies = scenario.rows["policy"]
    if asked and policies:
        first = "a pasted policy" if policies[0].startswith("{") else policies[0]
        asked += f" with {first}" + (f" and {len(policies) - 1} more" if policies[1:] else "")
    return f"{asked} · Simulate" if asked else "Simulate"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def simulate_json(request: HttpRequest) -> HttpResponseBase:
    """By POST a simulation as a JSON object; by GET the questions of the page's address."""
    if request.method == "POST":
        return _answer_posted(request)
    scenario = _scenario(request)
    actions, _ = expanded(scenario.actions, get_reference())
    asked, scenario = _asked(scenario, actions, budget_of(request))
    if not scenario.is_asked:
        missing = FieldProblem("action", 0, "an action is needed, such as `ecs:RunTask`")
        scenario = replace(scenario, problems=(*scenario.problems, missing))
    if scenario.problems:
        problems = [
            {"code": "senseless", "path": each.parameter, "message": each.message}
            for each in scenario.problems
        ]
        return json_answer({"problems": problems}, status=400)
    answers, stopped = _decided(asked, _as_json, request)
    if len(asked) == 1:
        return json_stream(answers[0])
    body = {"count": len(asked), "next": None, "results": answers}
    return json_stream(body | ({"stopped": stopped.to_dict()} if stopped else {}))


@csrf_exempt
@require_POST
def check(request: HttpRequest, layer: str) -> HttpResponse:
    """What is wrong with a row of a layer, while it is typed."""
    found = next((each for each in LAYERS if each.parameter == layer), None)
    if found is None:
        raise Http404
    text = request.POST.get(layer, "")
    remarks = remarks_on(text, found)[:20]
    offers = names_holding(text.strip(), MOST_OFFERS) if remarks else []
    return render(request, "simulate/_remarks.html", {"remarks": remarks, "offers": offers})


@require_safe
def action_options(request: HttpRequest) -> HttpResponse:
    """Actions whose names hold what is typed into the last field of the form, as options."""
    typed = (request.GET.getlist("action") or [""])[-1].strip()
    asked = len(typed) > 1 and typed.isprintable() and len(typed) <= LONGEST_NAME
    found = get_reference().expand(f"*{typed}*") if asked and typed.count("*") == 0 else ()
    names = sorted((each.id for each in found), key=lambda name: (len(name), name))
    return render(request, "simulate/_options.html", {"options": names[:MOST_OPTIONS]})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_json(request: HttpRequest) -> HttpResponse:
    """The first question of the scenario as a file, in the shape that `/simulate.json` takes."""
    scenario = _scenario(request)
    made = scenario.simulation(
        scenario.actions[0] if scenario.actions else "",
        scenario.resources[0] if scenario.resources else "*",
    )
    response = json_answer(as_objects(made))
    response["Content-Disposition"] = 'attachment; filename="scenario.json"'
    return response


def _answer_posted(request: HttpRequest) -> HttpResponse:
    try:
        simulation = read_simulation(_body(request), managed_document)
        return json_answer(answer(simulation, budget=budget_of(request)))
    except RefusedError as error:
        return json_answer({"problems": error.problems}, status=error.status)
    except SenselessSimulationError as error:
        problems = [each.to_dict() for each in error.complaints]
        return json_answer({"problems": problems}, status=400)


def _body(request: HttpRequest) -> Any:
    """The body as JSON. Raises `RefusedError`."""
    text = request.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        message = f"more than {MOST_BYTES:,} bytes: leave out documents that don't matter"
        raise RefusedError("too-large", message, status=413)
    try:
        return read_json(text)
    except DuplicateKeyError as error:
        raise RefusedError("duplicate-key", str(error)) from error
    except RecursionError as error:
        raise RefusedError("not-json", "lists and objects are nested too deep") from error
    except ValueError as error:
        raise RefusedError("not-json", f"the body is not JSON: {error}") from error


def _scenario(request: HttpRequest) -> Scenario:
    """The scenario of the address, the form, or an uploaded file."""
    if request.method != "POST":
        return read_scenario(request.GET)
    upload = request.FILES.get("scenario")
    if upload is None:
        return read_scenario(_given(request))
    try:
        if (upload.size or 0) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        return read_scenario(_as_query(read_storable_json(upload.read())))
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        problem = FieldProblem("", 0, f"the file can't be used: {error}")
        return replace(read_scenario(QueryDict()), problems=(problem,))


def _given(request: HttpRequest) -> QueryDict:
    """The form's fields; where the address asks for a request, its request in their place."""
    given = given_parameters(request)
    if request.method == "POST" and request.GET:
        given = given.copy()
        for name in set(given) - set(request.GET) - DOCUMENT_FIELDS:
            del given[name]
    return given


def _as_query(value: Any) -> QueryDict:
    """An uploaded simulation as the parameters that the form has."""
    query = QueryDict(mutable=True)
    for layer in LAYERS:
        documents = value.get(layer.key, [])
        for each in [documents] if layer.single and documents else documents:
            query.appendlist(layer.parameter, _as_text(each))
    principal = value.get("principal", "")
    if isinstance(principal, dict):
        principal = next(iter(principal.values()), "")
    for name, given in (
        ("action", value.get("action", "")),
        ("resource", value.get("resource", "")),
        ("principal", principal),
        ("resource-account", value.get("resourceAccount", "")),
        ("management-account", value.get("managementAccount", "")),
    ):
        query[name] = str(given)
    for key, given in value.get("context", {}).items():
        for each in given if isinstance(given, list) else [given]:
            text = str(each).lower() if isinstance(each, bool) else str(each)
            query.appendlist("context", f"{key}{'[]' if isinstance(given, list) else ''}={text}")
    return query


def _as_text(document: Any) -> str:
    if isinstance(document, dict) and "managed" in document:
        version = document.get("version")
        return f"{document['managed']}@{version}" if version else str(document["managed"])
    return document if isinstance(document, str) else json.dumps(document, indent=2)


def _asked(
    scenario: Scenario, actions: tuple[str, ...], budget: Budget
) -> tuple[list[Question], Scenario]:
    """Every action on every resource; what can't be asked is a problem of the scenario."""
    if scenario.problems or not actions:
        if scenario.is_asked and not actions:
            none = FieldProblem("action", 0, "no action matches")
            return [], replace(scenario, problems=(*scenario.problems, none))
        return [], scenario
    resources = scenario.resources or ("*",)
    asked = len(actions) * len(resources)
    if asked > MOST_QUESTIONS:
        message = f"{asked:,} questions at once: ask at most {MOST_QUESTIONS}"
        problem = FieldProblem("action", 0, message)
        return [], replace(scenario, problems=(problem,))
    try:
        shared = Shared(budget)
        return [
            Question(scenario, action, each, shared) for each in resources for action in actions
        ], scenario
    except SenselessSimulationError as error:
        problems = [FieldProblem(*_place(each.path), each.message) for each in error.complaints]
        return [], replace(scenario, problems=(*scenario.problems, *problems))


def _as_page(question: Question) -> tuple[Question, bool]:
    """A question with its outcome, and whether the budget sufficed for that."""
    return question, question.outcome.depends_on is not None


def _as_json(question: Question) -> tuple[dict[str, Any], bool]:
    """The answer to a question with its trace, and whether the budget sufficed for both."""
    found = answer(question.simulation, True, question.budget)
    named = {"action": question.action, "resource": question.resource, **found}
    return named, "undecided" not in found["trace"]


def _decided(
    asked: Sequence[Question], decide: Callable[[Question], tuple[T, bool]], request: HttpRequest
) -> tuple[list[T], Stopped | None]:
    """What becomes of the questions, in order, and where the budget ended.

    The first one is answered as far as that goes. Raises `SpentError` if it can't be at all.
    """
    found: list[T] = []
    for question in asked:
        try:
            made, is_whole = decide(question)
        except SpentError:
            if not found:
                raise
            is_whole = False
        if not is_whole and found:
            return found, _stopped(question, asked, len(found), request)
        found.append(made)
    return found, None


def _stopped(
    question: Question, asked: Sequence[Question], after: int, request: HttpRequest
) -> Stopped:
    """Where the questions end, with the address that asks the next ones."""
    actions = tuple(each.action for each in asked[after:] if each.resource == question.resource)
    rest = replace(question.scenario.only("", question.resource), actions=actions)
    link = short_address(request.path, rest.query())
    otherwise = "ask about the actions that are missing here by themselves"
    following = request.build_absolute_uri(link) if link else otherwise
    return Stopped(after, len(asked), following)


def _place(path: str) -> tuple[str, int]:
    """The form's field and row for a path in a simulation."""
    for layer in LAYERS:
        if path.startswith(layer.key):
            row = path.removeprefix(layer.key).strip("[").partition("]")[0]
            return layer.parameter, int(row) if row.isdigit() else 0
    names = {"resourceAccount": "resource-account", "managementAccount": "management-account"}
    name = path.partition(".")[0]
    return names.get(name, name), 0


def _layer_rows(scenario: Scenario) -> list[tuple[Any, list[dict[str, Any]]]]:
    """Each layer with its rows: text, whether it is on, and what is wrong with it."""
    problems = _by_field(scenario)
    return [
        (
            layer,
            [
                {
                    "text": text,
                    "number": row + 1,
                    "name": f"{layer.parameter}.{row}",
                    "is_off": f"{layer.parameter}.{row}" in scenario.off,
                    "lines": min(12, max(1, text.count("\n") + 1 + len(text) // 60)),
                    "problems": problems.get(f"{layer.parameter}.{row}", []),
                }
                for row, text in enumerate(scenario.rows[layer.parameter])
            ],
        )
        for layer in LAYERS
    ]


def _by_field(scenario: Scenario) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in scenario.problems:
        found.setdefault(f"{each.parameter}.{each.row}", []).append(each.message)
        found.setdefault(each.parameter, []).append(each.message)
    return found


def _offers(scenario: Scenario, actions: tuple[str, ...]) -> list[str]:
    """Resources that the first action works on, its ARN formats filled in as far as known."""
    action = get_reference().action(actions[0]) if actions else None
    if action is None:
        return []
    types = {each.name: each.arn for each in get_reference().resource_types(action.service)}
    account = _account(scenario)
    offers = []
    for each in action.resource_types:
        for arn in types.get(each.name, "").split(","):
            filled = arn.strip()
            for placeholder, value in (
                ("${Partition}", "aws"),
                ("${Region}", "us-east-1"),
                ("${Account}", account),
            ):
                filled = filled.replace(placeholder, value)
            if filled:
                offers.append(filled)
    return list(dict.fromkeys(offers))[:12]


def _account(scenario: Scenario) -> str:
    parts = scenario.principal.split(":")
    return parts[4] if len(parts) > 5 and parts[4] else "123456789012"


def _shared(request: HttpRequest, question: Question) -> dict[str, Any]:
    """What is needed to hand the question on: address, command, test line."""
    link = short_address(reverse("simulate:simulate"), question.query)
    json_url = short_address(reverse("simulate:simulate_json"), question.query)
    endpoint = request.build_absolute_uri("/aws/")
    return {
        "question": question,
        "permalink": request.build_absolute_uri(link) if link else "",
        "json_url": json_url,
        "cli": as_cli(question.json, documents_for_cli(question), endpoint),
    }
