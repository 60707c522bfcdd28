"""The engine: it decides as the rules say, and as the naive reference does."""

from __future__ import annotations

import random
from typing import Any

import pytest

from policyhub.iam.deciding import statements
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from tests.iam.deciding.test_reference import read_cases
from tests.iam.generation import random_simulation
from tests.iam.reference import decide

SEED = 20261123
GENERATED = 1_000


def engine_says(simulation: dict[str, Any]) -> dict[str, Any]:
    read = read_simulation(simulation)
    decision = evaluate(read.request, read.policies)
    return {
        "decision": decision.name,
        "complete": decision.complete,
        "missingContext": sorted(decision.missing_context),
        "blockedBy": sorted(map(str, decision.blocked_by)),
    }


@pytest.mark.parametrize("case", read_cases())
def test_the_engine_decides_as_the_rule_says(case: dict[str, Any]) -> None:
    expected = {"complete": True, **case}
    if case["decision"] == "allowed":
        expected["blockedBy"] = []
    answer = engine_says(case["request"])
    assert answer == {key: expected.get(key, answer[key]) for key in answer}


@pytest.mark.drawn
@pytest.mark.parametrize(
    "count", [GENERATED, pytest.param(3 * GENERATED, marks=pytest.mark.endurance)]
)
def test_the_engine_agrees_with_the_naive_reference(count: int) -> None:
    generator = random.Random(SEED)
    for _ in range(count):
        simulation = random_simulation(generator)
        assert engine_says(simulation) == decide(simulation), simulation


def test_an_action_is_found_again_when_no_more_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_CACHED", 1)
    document = {"Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}}
    for action in ("ecs:RunTask", "ecs:StopTask", "s3:GetObject", "ecs:StopTask"):
        simulation = {"action": action, "identityPolicies": [document]}
        expected = "allowed" if action.startswith("ecs") else "implicitDeny"
        assert engine_says(simulation)["decision"] == expected
