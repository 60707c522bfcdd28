"""The simulator's page, its JSON twin, and scenarios as files. Nothing is kept on the server."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.deadline import answered_in_time, budget_of
from policyhub.http import (
    ANSWER,
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
from policyhub.iam.deciding.simulation import Complaint, InvalidSimulationError, read_simulation
from policyhub.iam.language.lists import first_few
from policyhub.simulate.context_keys import asked_keys, derived_keys
from policyhub.simulate.form import LIVE, MOST_ROWS, SHOW, given_fields, scenario_of
from policyhub.simulate.form_rows import layer_rows, offered_resources, problems_by_field
from policyhub.simulate.layer_fields import LAYERS, remarks_on
from policyhub.simulate.lines import answer
from policyhub.simulate.managed import LONGEST_NAME, find_managed_for, names_holding
from policyhub.simulate.posted_json import RefusedError, read_body
from policyhub.simulate.questions import (
    AskedScenario,
    ask,
    counts,
    decided,
    doubts_about_versions,
    json_of,
    matrix,
    outcome_of,
)
from policyhub.simulate.scenario import TEXTS, FieldProblem, Scenario, as_objects
from policyhub.simulate.sharing import ways_to_share

MOST_OFFERS = 8
MOST_OPTIONS = 25
MOST_IN_A_TITLE = 2
# So many statements and near misses are listed at first.
MOST_SHOWN = 50


# It only reads: a forged request changes nothing, and no cookie is needed to simulate.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def simulate(request: HttpRequest) -> HttpResponse:
    """The form with its answer. It is sent by POST; see `moved_to_its_address`."""
    asking = cast(HtmxHttpRequest, request)
    scenario = scenario_of(request)
    is_form = request.method == "POST" and not request.FILES
    query = tidy_query(given_fields(request)) if is_form else scenario.query()
    # What is wrong with an uploaded file is not in the address.
    elsewhere = moved_to_its_address(asking, query)
    if elsewhere and (is_form or not scenario.problems):
        return elsewhere
    asked = ask(scenario, get_reference(), budget_of(request))
    context = _form_context(asked) | _answer_context(request, asked)
    context["is_long"] = not short_address(request.path, query)
    context["is_live"] = is_live = asking.htmx.target == ANSWER
    partial = "simulate/_live.html" if is_live else "simulate/_simulator.html"
    page = render_page(asking, "simulate/simulate.html", partial, context)
    is_new = request.POST.get(LIVE) != "replace"
    return at_address(asking, query, page, is_new=is_new)


def _form_context(asked: AskedScenario) -> dict[str, Any]:
    """What the form shows: its rows, and what is wrong with them."""
    scenario = asked.scenario
    return {
        "title": _title(scenario),
        "scenario": scenario,
        "layers": layer_rows(scenario),
        "problems": [each for each in scenario.problems if each.parameter in ("", *TEXTS)],
        "field_problems": problems_by_field(scenario),
        "remarks": asked.remarks,
        "resource_offers": offered_resources(scenario, asked.actions, get_reference()),
    }


def _answer_context(request: HttpRequest, asked: AskedScenario) -> dict[str, Any]:
    """What the answer shows: all questions in short, a single one in full."""
    questions, stopped = decided(asked.questions, outcome_of, request)
    context: dict[str, Any] = {
        "questions": questions,
        "stopped": stopped,
        "doubts": doubts_about_versions(questions),
        "shown": "" if SHOW in given_parameters(request) else MOST_SHOWN,
        "counts": counts(questions),
        "matrix": matrix(questions) if len(questions) > 1 else [],
        "keys": asked_keys(questions, get_reference()),
    }
    if len(questions) == 1:
        context |= ways_to_share(request, questions[0])
        context |= {"question": questions[0], "derived": derived_keys(questions[0])}
    return context


def _title(scenario: Scenario) -> str:
    """The question in a few words: the action, and the first identity policy."""
    asked = first_few(scenario.actions, MOST_IN_A_TITLE)
    policies = scenario.rows["policy"]
    if asked and policies:
        first = "a pasted policy" if policies[0].startswith("{") else policies[0]
        asked += f" with {first_few([first, *policies[1:]], 1)}"
    if asked and scenario.at:
        asked += f" on {scenario.at}"
    return f"{asked} · Simulate" if asked else "Simulate"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def simulate_json(request: HttpRequest) -> HttpResponseBase:
    """By POST a simulation as a JSON object; by GET the questions of the page's address."""
    if request.method == "POST":
        return _answer_posted(request)
    asked = ask(scenario_of(request), get_reference(), budget_of(request))
    problems = list(asked.scenario.problems)
    if not asked.scenario.is_asked:
        problems.append(FieldProblem("action", 0, "an action is needed, such as `ecs:RunTask`"))
    if problems:
        found = [Complaint("invalid", each.parameter, each.message).to_dict() for each in problems]
        return json_answer({"problems": found}, status=400)
    answers, stopped = decided(asked.questions, json_of, request)
    if len(asked.questions) == 1:
        return json_stream(answers[0])
    body = {"count": len(asked.questions), "next": None, "results": answers}
    return json_stream(body | ({"stopped": stopped.to_dict()} if stopped else {}))


def _answer_posted(request: HttpRequest) -> HttpResponse:
    try:
        facts = get_service_facts()
        given = read_body(request)
        simulation = read_simulation(given, find_managed_for(given), facts=facts)
        return json_answer(answer(simulation, budget=budget_of(request)))
    except RefusedError as error:
        return json_answer({"problems": error.problems}, status=error.status)
    except InvalidSimulationError as error:
        problems = [each.to_dict() for each in error.complaints]
        return json_answer({"problems": problems}, status=400)


@csrf_exempt
@require_POST
def check(request: HttpRequest, layer: str) -> HttpResponse:
    """What is wrong with a row of a layer, while it is typed."""
    found = next((each for each in LAYERS if each.parameter == layer), None)
    if found is None:
        raise Http404
    text = request.POST.get(layer, "")
    actions, resources = (
        [each.strip() for each in request.POST.getlist(name) if each.strip()][:MOST_ROWS]
        for name in ("action", "resource")
    )
    remarks = remarks_on(text, found, actions, resources)[:20]
    kinds = found.kinds(actions, resources)
    offers = names_holding(text.strip(), MOST_OFFERS, kinds) if remarks else []
    return render(request, "simulate/_remarks.html", {"remarks": remarks, "offers": offers})


@require_safe
def action_options(request: HttpRequest) -> HttpResponse:
    """Actions whose names contain what is typed into the last field of the form, as options."""
    typed = (request.GET.getlist("action") or [""])[-1].strip()
    asked = len(typed) > 1 and typed.isprintable() and len(typed) <= LONGEST_NAME
    found = get_reference().expand(f"*{typed}*") if asked and typed.count("*") == 0 else ()
    names = sorted((each.id for each in found), key=lambda name: (len(name), name))
    return render(request, "simulate/_options.html", {"options": names[:MOST_OPTIONS]})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def scenario_json(request: HttpRequest) -> HttpResponse:
    """The first question of the scenario as a file, in the shape that `/simulate.json` takes."""
    scenario = scenario_of(request)
    made = scenario.simulation(
        scenario.actions[0] if scenario.actions else "",
        scenario.resources[0] if scenario.resources else "*",
    )
    response = json_answer(as_objects(made))
    response["Content-Disposition"] = 'attachment; filename="scenario.json"'
    return response
