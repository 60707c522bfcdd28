"""The rules, as cases: what the reference evaluator makes of each."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.iam.generation import random_simulation, simulations
from tests.iam.reference import decide

CASES = Path(__file__).parents[1] / "cases" / "evaluation"
CASE_KEYS = {"name", "request", "decision", "complete", "missingContext", "blockedBy"}
REQUEST_KEYS = {
    *("id", "action", "resource", "resourceAccount", "principal", "context"),
    *("identityPolicies", "permissionBoundaries", "sessionPolicies", "resourcePolicy"),
    *("serviceControlPolicies", "resourceControlPolicies", "endpointPolicies"),
    "managementAccount",
}
RULES = (*range(1, 41), 44, 50)
LAYERS = {
    *("identity", "resource", "permissionsBoundary", "session"),
    *("serviceControl", "resourceControl", "endpoint"),
}


def read_cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{file.stem}::{case['name']}")
        for file in sorted(CASES.glob("*.json"))
        for case in json.loads(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", read_cases())
def test_the_reference_decides_as_the_rule_says(case: dict[str, Any]) -> None:
    assert case.keys() <= CASE_KEYS, f"unknown keys: {case.keys() - CASE_KEYS}"
    assert case["request"].keys() <= REQUEST_KEYS, "unknown keys in the request"
    expected = {"complete": True, **case}
    if case["decision"] == "allowed":
        expected["blockedBy"] = []
    answer = decide(case["request"])
    assert answer == {key: expected.get(key, answer[key]) for key in answer}


def test_every_rule_has_its_cases() -> None:
    numbers = sorted(int(file.stem.split("-")[1]) for file in CASES.glob("rule-*.json"))
    assert numbers == [*RULES]


def test_no_two_cases_of_a_rule_have_one_name() -> None:
    for file in CASES.glob("*.json"):
        names = [case["name"] for case in json.loads(file.read_text(encoding="utf-8"))]
        assert len(names) == len(set(names)), file.name


def test_generated_simulations_reach_every_decision_and_every_layer() -> None:
    source = random.Random(2026)
    answers = [decide(random_simulation(source)) for _ in range(1500)]
    reached = {(answer["decision"], layer) for answer in answers for layer in answer["blockedBy"]}
    assert reached == {
        *(("explicitDeny", layer) for layer in LAYERS),
        *(("implicitDeny", layer) for layer in LAYERS),
    }
    assert {answer["complete"] for answer in answers} == {True, False}
    assert "allowed" in {answer["decision"] for answer in answers}


def test_a_seed_gives_the_same_simulation_again() -> None:
    assert random_simulation(random.Random(7)) == random_simulation(random.Random(7))


@settings(max_examples=50, deadline=None)
@given(simulations())
def test_the_order_of_a_layers_documents_does_not_matter(simulated: dict[str, Any]) -> None:
    turned = {
        key: value[::-1] if isinstance(value, list) else value for key, value in simulated.items()
    }
    assert decide(turned) == decide(simulated)
