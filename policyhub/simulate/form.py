"""The form: the address, the fields that are sent, or an uploaded file, read into a scenario."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, QueryDict

from policyhub.http import given_parameters
from policyhub.iam.language.days import read_day
from policyhub.simulate.layer_fields import DOCUMENT_FIELDS, LAYERS, document_of
from policyhub.simulate.scenario import (
    LIST,
    REFERENCE_LEFT_ASIDE,
    TEXTS,
    FieldProblem,
    Scenario,
)
from policyhub.simulate.uploaded_file import read_upload

MOST_ROWS = 50
# `show=all` lists all statements and near misses of an answer, not only the first.
SHOW = "show"
# Sent with the form while one types: whether its address is a new entry of the history.
LIVE = "live"
_PARAMETERS = frozenset(
    {"action", "resource", "principal", "context", "at", "off", "reference", *TEXTS}
    | {layer.parameter for layer in LAYERS}
    # The form's field for a file, which an address has by name only.
    | {"scenario"}
    | {SHOW}
)
_ASKED_KEY = "context."


def scenario_of(request: HttpRequest) -> Scenario:
    """The scenario of the address, the form, or an uploaded file."""
    if request.method != "POST":
        return read_scenario(request.GET)
    upload = request.FILES.get("scenario")
    if upload is None:
        return read_scenario(given_fields(request))
    try:
        return read_scenario(read_upload(upload))
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        problem = FieldProblem("", 0, f"the file can't be used: {error}")
        return read_scenario(QueryDict()).with_problems(problem)


def given_fields(request: HttpRequest) -> QueryDict:
    """The form's fields; where the address asks for a request, its request in their place."""
    given = given_parameters(request)
    if LIVE in given:
        given = given.copy()
        del given[LIVE]
    if request.method == "POST" and request.GET:
        given = given.copy()
        for name in set(given) - set(request.GET) - DOCUMENT_FIELDS:
            del given[name]
    return given


def read_scenario(query: QueryDict) -> Scenario:
    """Read what was typed; what makes no sense becomes a problem, and stays as typed."""
    problems: list[FieldProblem] = []
    for name in query:
        if name not in _PARAMETERS and not name.startswith(_ASKED_KEY):
            problems.append(FieldProblem("", 0, f"`{name[:60]}` is not a field of this page"))
    if query.get(SHOW, "all") != "all":
        problems.append(FieldProblem("", 0, f"`{SHOW}` has only the value `all`"))
    if query.get("reference", "") not in ("", REFERENCE_LEFT_ASIDE[1]):
        problems.append(FieldProblem("", 0, "`reference` has only the value `no`"))
    rows = {layer.parameter: _rows(query, layer.parameter, problems) for layer in LAYERS}
    scenario = Scenario(
        rows=rows,
        actions=_rows(query, "action", problems),
        resources=_rows(query, "resource", problems),
        principal=query.get("principal", "").strip(),
        texts={name: query.get(name, "").strip() for name in TEXTS},
        context=_context(query, problems),
        off=frozenset(query.getlist("off")[:MOST_ROWS]),
        reference=not query.get("reference"),
        at=query.get("at", "").strip(),
    )
    return scenario.with_problems(*problems, *_row_problems(scenario), *_day_problems(scenario))


def _rows(query: QueryDict, name: str, problems: list[FieldProblem]) -> tuple[str, ...]:
    rows = [text.strip() for text in query.getlist(name)]
    rows = [text for text in rows if text]
    if len(rows) > MOST_ROWS:
        message = f"{len(rows):,} rows: give at most {MOST_ROWS}"
        problems.append(FieldProblem(name, MOST_ROWS - 1, message))
    return tuple(rows[:MOST_ROWS])


def _context(query: QueryDict, problems: list[FieldProblem]) -> dict[str, str | tuple[str, ...]]:
    """Context keys out of `context=KEY=VALUE` and `context.KEY=VALUE`; `KEY[]` has a list."""
    pairs: list[tuple[str, str]] = []
    for row, text in enumerate(query.getlist("context")):
        key, equals, value = text.partition("=")
        if equals and key.strip():
            pairs.append((key.strip(), value))
        elif text.strip():
            message = f"`{text[:60]}` is not a KEY=VALUE pair"
            problems.append(FieldProblem("context", row, message))
    for name in query:
        if name.startswith(_ASKED_KEY):
            key = name.removeprefix(_ASKED_KEY)
            pairs += [(key, value) for value in query.getlist(name) if value]
    read: dict[str, list[str]] = {}
    lists: set[str] = set()
    for key, value in pairs[: MOST_ROWS * 2]:
        name = key.removesuffix(LIST)
        lists |= {name} if key != name or name in read else set()
        read.setdefault(name, []).append(value)
    return {key: tuple(values) if key in lists else values[0] for key, values in read.items()}


def _day_problems(scenario: Scenario) -> Iterator[FieldProblem]:
    try:
        if scenario.at:
            read_day(scenario.at)
    except ValueError as error:
        yield FieldProblem("at", 0, str(error))


def _row_problems(scenario: Scenario) -> Iterator[FieldProblem]:
    for layer in LAYERS:
        rows = scenario.rows[layer.parameter]
        if layer.single and len(rows) > 1:
            yield FieldProblem(layer.parameter, 1, "a resource has one policy: merge the documents")
        for row, text in enumerate(rows):
            try:
                document_of(text, layer)
            except ValueError as error:
                yield FieldProblem(layer.parameter, row, str(error))
