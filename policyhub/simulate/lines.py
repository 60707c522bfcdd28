"""JSON lines: a simulation in, an answer out, line by line in constant memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from typing import IO, Any

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.answering.outcome import outcome
from policyhub.iam.answering.outcome_in_words import headline, layer_in_words
from policyhub.iam.answering.settled_layers import settled_layers
from policyhub.iam.budget import NO_LIMIT, Budget
from policyhub.iam.comparing.contexts import contexts_of_request
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.documents import Documents
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import InvalidSimulationError, Simulation, read_simulation
from policyhub.iam.explaining.explanation import explain
from policyhub.iam.explaining.layers import layer_outlooks
from policyhub.iam.former_codes import former_code
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.encoding import decoded
from policyhub.iam.reading.json_decoding import json_decoder
from policyhub.iam.reading.json_text import format_path, unstorable_texts
from policyhub.iam.reading.problem_collector import input_in_message
from policyhub.iam.reading.problems import PROBLEM_KINDS
from policyhub.simulate.invariants import answer_invariant, is_invariant
from policyhub.simulate.managed import Now, catalogue_now, find_managed_for
from policyhub.simulate.path_invariants import NEVER_ALL, answer_path_invariant
from policyhub.simulate.plain_json import NotPlainError, read_plain, shortest_json
from policyhub.simulate.recoded_lines import RecodedLines
from policyhub.simulate.replay import replayed

# Longer lines are answered with an error and skipped, never kept in memory.
LONGEST_LINE = 8 * 1024 * 1024


class DuplicateKeyError(ValueError):
    """An object that has a key twice: which of its values is meant is not known."""


def answer(
    simulation: Simulation, with_trace: bool = False, budget: Budget = NO_LIMIT
) -> dict[str, Any]:
    """The answer to a simulation, as JSON has it.

    Raises `SpentError` where it can't be decided within the budget; what of its trace can't be
    is undecided there.
    """
    decision = evaluate(simulation.request, simulation.policies, budget)
    result = {"id": simulation.id, **decision.to_dict()}
    if simulation.expect:
        result |= {"expect": simulation.expect, "passed": simulation.is_met_by(decision)}
    if with_trace or simulation.wants_trace:
        result["trace"] = _trace(simulation, decision, budget)
    return result


def _trace(simulation: Simulation, decision: Decision, budget: Budget) -> dict[str, Any]:
    """Every statement and layer, and whether the answer can change with the open keys."""
    request = simulation.request
    explanation = explain(request, simulation.policies, budget)
    solver = Solver(budget, contexts_of_request(request, simulation.policies))
    found = outcome(request, decision, explanation.depends_on, solver)
    layers = settled_layers(layer_outlooks(request, simulation.policies, decision, budget), solver)
    return {
        "outcome": found.word,
        "headline": plain(headline(found, layers)),
        "layers": [
            {**each.to_dict(), "explanation": plain(layer_in_words(each, request))}
            for each in layers
        ],
        **replace(explanation, depends_on=found.depends_on).to_dict(),
    }


def read_json(text: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError; `DuplicateKeyError` for a key given twice."""
    if isinstance(text, bytes):
        try:
            return read_plain(text)
        except NotPlainError:
            text = decoded(text)
    return _DECODER.decode(text)


def read_storable_json(text: bytes | str) -> Any:
    """As `read_json`; also raises ValueError for a text that nothing can store, with its place."""
    value = read_json(text)
    for parts, odd in unstorable_texts(value):
        message = PROBLEM_KINDS["unstorable-character"].message.format(text=input_in_message(odd))
        raise ValueError(f"{format_path(parts)}: {message}".removeprefix(": "))
    return value


def to_line(result: dict[str, Any]) -> str:
    """An answer as one line of JSON in ASCII, without its line end."""
    if (
        "decision" in result
        and "trace" not in result
        and isinstance(result["id"], str | int | None)
    ):
        # All of it are texts, switches and perhaps one integer.
        with suppress(ValueError):
            text = shortest_json(result)
            if text.isascii():
                return text.decode()
    return _ENCODER.encode(result)


def _complain(name: str) -> None:
    raise DuplicateKeyError(
        f"`{input_in_message(name)}` appears twice in one object: keep one of them"
    )


# Made once: making them takes as long as reading a line.
_DECODER = json_decoder(_complain)
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def answer_lines(
    file: IO[bytes], with_trace: bool = False, replay: bool = False
) -> Iterator[dict[str, Any]]:
    """One answer or error for each line, in order; blank lines are passed over.

    With `replay` an answer says when it changed, over all versions of the managed policies.
    """
    now = cache(catalogue_now)
    for line in read_lines(RecodedLines(file)):
        found = answer_line(line, with_trace, now, replay)
        if found is not None:
            yield found


def read_lines(lines: RecodedLines) -> Iterator[bytes]:
    """The lines of a file; of one that is too long its beginning, which is too long itself."""
    while line := lines.readline(LONGEST_LINE + 1):
        yield line
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = lines.readline(LONGEST_LINE)


def answer_line(
    line: bytes,
    with_trace: bool,
    now: Now,
    replay: bool = False,
    *,
    since: date | None = None,
    budget: Budget = NO_LIMIT,
) -> dict[str, Any] | None:
    """The answer to a line, or what is wrong with it; None for a blank line.

    `since` and `budget` are those of a replay, which raises `SpentError`.
    """
    if len(line) > LONGEST_LINE:
        return _error(None, "too-long", f"a line can have at most {LONGEST_LINE:,} bytes")
    if not line.strip():
        return None
    try:
        value = read_json(line)
    except RecursionError:
        return _error(None, "not-json", "nested too deep")
    except DuplicateKeyError as error:
        return _error(None, "duplicate-key", str(error))
    except ValueError as error:
        return _error(None, "not-json", f"not JSON: {error}")
    name = value.get("id") if isinstance(value, dict) else None
    try:
        if replay:
            return replayed(value, since, budget, now)
        find = find_managed_for(value, now)
        if is_invariant(value):
            return answer_invariant(value, find)
        if is_invariant(value, NEVER_ALL):
            return answer_path_invariant(value, find)
        documents, facts = Documents(shortest_json), get_service_facts()
        simulation = read_simulation(value, find, documents=documents, facts=facts)
        return answer(simulation, with_trace)
    except InvalidSimulationError as error:
        problems = [each.to_dict() for each in error.complaints]
        return _error(name, problems[0]["code"], str(error), problems)
    except RecursionError:
        return _error(name, "too-deep", "nested too deep")


def _error(
    name: Any, code: str, message: str, problems: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    return {
        "id": name,
        "error": {
            "code": code,
            **former_code(code),
            "message": message,
            "problems": problems or [],
        },
    }
