"""Risks of small documents, as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyhub.judge.risks.attached import JudgedDocument, read_judged
from policyhub.judge.risks.judging import risks_of
from tests.judge.risks.replaying import replayed

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{path.stem}::{case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]
KEYS = {"name", "documents", "risks", "absent", "whole", "ruledOutBy"}


def documents_of(case: dict[str, Any]) -> list[JudgedDocument]:
    read = [
        read_judged(json.dumps(each), f"document {n}") for n, each in enumerate(case["documents"])
    ]
    return [each for each in read if each is not None]


@pytest.mark.parametrize("case", CASES)
def test_each_path_has_the_expected_answer(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS
    risks = {each.id: each for each in risks_of(*documents_of(case))}
    answers = {name: risk.answer for name, risk in risks.items()}
    assert answers | case.get("risks", {}) == answers
    assert not answers.keys() & set(case.get("absent", ()))
    assert all(risks[each].is_whole for each in case.get("whole", ()))
    for name, expected in case.get("ruledOutBy", {}).items():
        found = [(each.statement.position, each.element) for each in risks[name].ruled_out_by]
        assert sorted(set(found)) == sorted(map(tuple, expected))


@pytest.mark.parametrize("case", CASES)
def test_each_claim_has_a_proof_that_replays_and_nothing_else_has_one(case: dict[str, Any]) -> None:
    for risk in risks_of(*documents_of(case)):
        assert [each.name for each in replayed(risk)] == ["allowed"] * len(risk.path.steps) * (
            risk.is_claimed
        )
        assert bool(risk.bounds) == (risk.answer == "bounded")
        assert bool(risk.ruled_out_by) == (risk.answer == "ruled-out")
        assert risk.answer != "undecided"
