"""All questions of a scenario: what they are, and what becomes of them within the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.http import HttpRequest

from policyhub.catalog.reference.in_memory import Reference
from policyhub.deadline import Stopped
from policyhub.http import short_address
from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.deciding.simulation import InvalidSimulationError
from policyhub.simulate.layer_fields import LAYERS
from policyhub.simulate.lines import answer
from policyhub.simulate.question import SENTENCES, SLUGS, Question, Shared
from policyhub.simulate.scenario import TEXTS, FieldProblem, Scenario

MOST_QUESTIONS = 200

T = TypeVar("T")


@dataclass(frozen=True)
class AskedScenario:
    """A scenario with its questions; what can't be asked is among its problems.

    `actions` are those that its patterns match, and `remarks` says so of each pattern.
    """

    scenario: Scenario
    actions: tuple[str, ...]
    remarks: Sequence[str]
    questions: Sequence[Question] = ()


def ask(scenario: Scenario, reference: Reference, budget: Budget) -> AskedScenario:
    """Ask about every action on every resource."""
    actions, remarks = _expanded(scenario.actions, reference)
    asked = AskedScenario(scenario, actions, remarks)
    if scenario.is_asked and not actions:
        return _refused(asked, FieldProblem("action", 0, "no action matches"))
    if scenario.problems or not scenario.is_asked:
        return asked
    resources = scenario.resources or ("*",)
    count = len(actions) * len(resources)
    if count > MOST_QUESTIONS:
        message = f"{count:,} questions: ask at most {MOST_QUESTIONS} at a time"
        return _refused(asked, FieldProblem("action", 0, message))
    shared = Shared(budget)
    try:
        questions = [
            Question(scenario, action, each, shared) for each in resources for action in actions
        ]
    except InvalidSimulationError as error:
        problems = [FieldProblem(*_field_of(each.path), each.message) for each in error.complaints]
        return _refused(asked, *problems)
    return replace(asked, questions=questions)


def _refused(asked: AskedScenario, *problems: FieldProblem) -> AskedScenario:
    return replace(asked, scenario=asked.scenario.with_problems(*problems))


def _expanded(actions: Sequence[str], reference: Reference) -> tuple[tuple[str, ...], list[str]]:
    """The actions with their wildcards expanded, and a sentence for each that was or can't be."""
    found: dict[str, None] = {}
    remarks: list[str] = []
    for action in actions:
        if "*" not in action and "?" not in action:
            found[action] = None
            continue
        matching = [each.id for each in reference.expand(action)]
        found |= dict.fromkeys(matching)
        noun = "action" if len(matching) == 1 else "actions"
        remarks.append(f"`{action[:60]}` matches {len(matching):,} {noun}")
    return tuple(found), remarks


def _field_of(path: str) -> tuple[str, int]:
    """The form's field and row for a path in a simulation."""
    for layer in LAYERS:
        if path.startswith(layer.key):
            row = path.removeprefix(layer.key).strip("[").partition("]")[0]
            return layer.parameter, int(row) if row.isdigit() else 0
    name = path.partition(".")[0]
    return next((field for field, key in TEXTS.items() if key == name), name), 0


def decided(
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
    otherwise = "simulate the actions that are missing here separately"
    following = request.build_absolute_uri(link) if link else otherwise
    return Stopped(after, len(asked), following)


def outcome_of(question: Question) -> tuple[Question, bool]:
    """A question with its outcome, and whether the budget sufficed for that."""
    return question, question.outcome.depends_on is not None


def json_of(question: Question) -> tuple[dict[str, Any], bool]:
    """The answer to a question with its trace, and whether the budget sufficed for both."""
    found = answer(question.simulation, True, question.budget)
    named = {"action": question.action, "resource": question.resource, **found}
    return named, "undecided" not in found["trace"]


def counts(questions: Sequence[Question]) -> list[tuple[str, str, int]]:
    """How many questions have each verdict: slug, words, number."""
    found = Counter(each.verdict for each in questions)
    return [(SLUGS[name], SENTENCES[name], found[name]) for name in SENTENCES if found[name]]


def doubts_about_versions(questions: Sequence[Question]) -> list[str]:
    """Why it is not certain which versions were in force on the day asked about, once each."""
    found = (each.problem for question in questions for each in question.decision.problems)
    return list(dict.fromkeys(each.message for each in found if each.code == "version-in-doubt"))


def matrix(questions: Sequence[Question]) -> list[tuple[str, list[Question]]]:
    """The questions by resource, a row each, in the order of the actions."""
    rows: dict[str, list[Question]] = {}
    for each in questions:
        rows.setdefault(each.resource, []).append(each)
    return list(rows.items())
