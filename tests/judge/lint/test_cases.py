"""Planted defects, each with the code and the place that name it, and traps that look like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyhub.judge.lint.linting import KINDS, findings_of
from policyhub.judge.reporting.finding import ReportedFinding

CASES = Path(__file__).resolve().parent / "cases"
Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    read: list[Case] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))[name]
    return read


def found_in(case: Case) -> tuple[ReportedFinding, ...]:
    return findings_of(json.dumps(case["document"], indent=1), KINDS[case["kind"]])


@pytest.mark.parametrize("case", cases("defects"), ids=lambda case: case["name"])
def test_a_planted_defect_is_named_at_its_place(case: Case) -> None:
    found = [(each.code, each.path.replace('["', ".").replace('"]', "")) for each in found_in(case)]
    assert (case["code"], case["path"]) in found


@pytest.mark.parametrize("case", cases("traps"), ids=lambda case: case["name"])
def test_a_trap_raises_no_alarm(case: Case) -> None:
    found = {text for each in found_in(case) for text in (each.code, f"{each.code} {each.type}")}
    assert found.isdisjoint(case["without"])


def test_a_finding_has_the_line_and_column_of_its_place() -> None:
    for case in cases("defects"):
        lines = json.dumps(case["document"], indent=1).splitlines()
        for each in found_in(case):
            if each.path:
                assert each.line is not None, (case["name"], each)
                assert each.column is not None
                assert lines[each.line - 1][each.column - 1] in '"{[', (case["name"], each)


def test_one_cause_is_one_finding() -> None:
    """A defect draws few findings besides the one that names it."""
    counts = {case["name"]: len(found_in(case)) for case in cases("defects")}
    assert {name: count for name, count in counts.items() if count > 2} == {}
