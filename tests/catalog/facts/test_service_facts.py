"""What AWS can be asked: the rules as cases, decided by the engine and by the naive reference."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import ManagedDocument, read_simulation
from policyhub.iam.language.elements import Usage
from tests.catalog.corpus import corpus, documents_by_name
from tests.iam.corpus_generation import corpus_simulation, usable_documents
from tests.iam.generation import Choices, random_simulation
from tests.iam.reference import decide
from tests.iam.reference_services import Services

CASES = Path(__file__).parents[2] / "iam" / "cases" / "services"
KEYS = {
    *("name", "request", "decision", "possible", "complete", "blockedBy", "problems", "says"),
}
SEED = 20261129
GENERATED, OF_CORPUS, LONG = 400, 120, 100_000


@cache
def services() -> Services:
    return Services()


def read_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{file.stem}::{case['name']}")
        for file in sorted(CASES.glob("*.json"))
        for case in json.loads(file.read_text(encoding="utf-8"))
    ]


def of_corpus(name: str, version: str | None, usage: Usage) -> ManagedDocument:
    return ManagedDocument(documents_by_name()[name], name == "AmazonECSServiceRolePolicy")


def with_documents(simulation: dict[str, Any]) -> dict[str, Any]:
    """The simulation with the documents of its managed policies."""

    def whole(value: Any) -> Any:
        if isinstance(value, dict) and "managed" in value:
            return json.loads(of_corpus(value["managed"], None, Usage.IDENTITY).text)
        return [whole(each) for each in value] if isinstance(value, list) else value

    return {key: whole(value) for key, value in simulation.items()}


def engine_says(simulation: dict[str, Any]) -> dict[str, Any]:
    read = read_simulation(simulation, of_corpus, facts=get_service_facts())
    decision = evaluate(read.request, read.policies)
    return {
        "decision": decision.name,
        "possible": decision.possible,
        "complete": decision.complete,
        "missingContext": sorted(decision.missing_context),
        "blockedBy": sorted(map(str, decision.blocked_by)),
    }


@pytest.mark.parametrize("case", read_cases())
def test_a_request_is_decided_as_the_rule_says(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS, f"unknown keys: {case.keys() - KEYS}"
    said = engine_says(case["request"])
    expected = {"complete": True, "blockedBy": [], **case}
    assert said == {key: expected.get(key, said[key]) for key in said}
    assert decide(with_documents(case["request"]), services()) == said


@pytest.mark.parametrize("case", read_cases())
def test_what_is_odd_is_said(case: dict[str, Any]) -> None:
    read = read_simulation(case["request"], of_corpus, facts=get_service_facts())
    problems = [each.to_dict() for each in evaluate(read.request, read.policies).problems]
    assert sorted(each["code"] for each in problems) == sorted(case.get("problems", []))
    told = " ".join(each["message"] for each in problems)
    for words in case.get("says", []):
        assert words in told


@pytest.mark.parametrize("case", read_cases())
def test_without_the_reference_no_request_is_ruled_out(case: dict[str, Any]) -> None:
    request = {**case["request"], "reference": False}
    said = engine_says(request)
    assert said["possible"] is None
    assert "reference" not in said["blockedBy"]
    if get_service_facts().tells_owner(request["action"]):
        bare = with_documents(case["request"])
        assert {**decide(bare), "possible": None} == said


def drawn(action: str, pattern: str) -> str:
    """A resource of the pattern that the action works on, else any that the pattern matches."""
    example = get_service_facts().example(action, pattern)
    return example or re.sub(r"\$\{[^}]*\}|[*?]", "x", pattern)


@cache
def named_by_policies() -> list[tuple[str, str]]:
    """Every known action that a statement of the corpus names exactly, with each resource there."""
    facts, named = get_service_facts(), set()
    for policy in corpus().values():
        for statement in policy.statements:
            if not (statement.not_action or statement.not_resource):
                named |= set(product(statement.actions, statement.resources))
    return sorted(each for each in named if facts.reference.action(each[0]) is not None)


@pytest.mark.parametrize("every", [25, pytest.param(1, marks=pytest.mark.endurance)])
def test_what_policies_name_is_possible_as_the_reference_says(every: int) -> None:
    facts, reached = get_service_facts(), Counter[bool | None]()
    for action, pattern in named_by_policies()[::every]:
        resource = drawn(action, pattern)
        possible = facts.possibility(action, resource).possible
        assert possible is services().ask(action, resource).possible, (action, resource)
        reached[possible] += 1
    assert reached.keys() == {True, False, None}
    assert reached.total() > 20_000 / every


def agree(count: int, seed: int, corpus: bool) -> set[Any]:
    """Decide generated requests twice; return what was reached of `possible`."""
    source = random.Random(seed)
    choices = Choices(lambda below: int(source.random() * below))
    texts = usable_documents() if corpus else []
    reached = set()
    for _ in range(count):
        simulation = corpus_simulation(choices, texts) if corpus else random_simulation(source)
        said = engine_says(simulation)
        assert said == decide(simulation, services()), simulation
        reached.add(said["possible"])
    return reached


@pytest.mark.parametrize(("count", "corpus"), [(GENERATED, False), (OF_CORPUS, True)])
def test_engine_and_naive_reference_agree_on_what_aws_can_be_asked(
    count: int, corpus: bool
) -> None:
    assert agree(count, SEED, corpus) == {True, False, None}


@pytest.mark.endurance
@pytest.mark.parametrize("corpus", [False, True])
def test_they_agree_on_a_hundred_thousand_requests_each(corpus: bool) -> None:
    assert agree(LONG, SEED + 1, corpus) == {True, False, None}
