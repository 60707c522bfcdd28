"""The baseline: what is accepted, until when, and what is wrong with a baseline itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policyhub.judge.reporting.baseline import (
    Baseline,
    UnusableBaselineError,
    baseline_of,
    read_baseline,
)
from tests.judge.reporting.samples import EFFECT, LISTED, result

TODAY = date(2026, 11, 29)
ENTRY = {"source": "a b/policy.json", "code": "TWICE", "reason": "known"}


def read(tmp_path: Path, *rows: Any) -> Baseline:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"accepted": list(rows)}), encoding="utf-8")
    return read_baseline(path, TODAY)


def accepted(baseline: Baseline) -> list[str]:
    return [each.finding.code for each in baseline.applied(result(EFFECT, LISTED)).accepted]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["TWICE"]),
        ({"source": "*/policy.json"}, ["TWICE"]),
        ({"source": "other.json"}, []),
        ({"code": "BAD_EFFECT"}, ["BAD_EFFECT"]),
        ({"path": "Statement[0].Action"}, ["TWICE"]),
        ({"path": "Statement[1].Action"}, []),
        ({"fingerprint": LISTED.fingerprint("a b/policy.json")}, ["TWICE"]),
        ({"fingerprint": "0" * 32}, []),
        ({"until": "2026-11-29"}, ["TWICE"]),
        ({"until": "2026-11-28"}, []),
        ({"until": None, "path": None}, ["TWICE"]),
    ],
)
def test_an_entry_accepts_what_it_is_about_while_its_time_lasts(
    change: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    assert accepted(read(tmp_path, {**ENTRY, **change})) == expected


def test_an_entry_whose_time_is_over_is_named(tmp_path: Path) -> None:
    baseline = read(tmp_path, {**ENTRY, "until": "2026-01-31"})
    assert [each.until for each in baseline.expired] == [date(2026, 1, 31)]
    assert baseline.entries == []


def test_a_written_baseline_accepts_all_and_keeps_earlier_reasons(tmp_path: Path) -> None:
    before = read(tmp_path, ENTRY)
    rows = baseline_of([result(EFFECT, LISTED)], "legacy", date(2027, 1, 1), before)["accepted"]
    assert [(each["code"], each["reason"], each.get("until")) for each in rows] == [
        ("TWICE", "known", None),
        ("BAD_EFFECT", "legacy", "2027-01-01"),
    ]
    assert accepted(read(tmp_path, *rows)) == ["BAD_EFFECT", "TWICE"]


def test_a_finding_keeps_its_fingerprint_when_statements_and_lines_move() -> None:
    moved = replace(LISTED, path="Statement[7].Action", line=90, message="said otherwise")
    assert moved.fingerprint("x") == LISTED.fingerprint("x")
    assert LISTED.fingerprint("y") != LISTED.fingerprint("x")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "has no list `accepted`"),
        ('{"accepted": {}}', "has no list `accepted`"),
        ('{"accepted": ["x"]}', "entry 1 is not an object"),
        ('{"accepted": [{"source": "a", "code": "B"}]}', "entry 1 has no `reason`"),
        ('{"accepted": [{"source": "a", "code": "B", "reason": " "}]}', "has no `reason`"),
        ('{"accepted": [{"source": 1, "code": "B", "reason": "c"}]}', "`source` is not a string"),
        (
            '{"accepted": [{"source": "a", "code": "B", "reason": "c", "till": "x"}]}',
            "unknown member `till`",
        ),
        (
            '{"accepted": [{"source": "a", "code": "B", "reason": "c", "until": "soon"}]}',
            "write it as 2026-12-31",
        ),
        (
            '{"accepted": [{"source": "a", "code": "B", "reason": "c", "until": 5}]}',
            "`until` is not a day",
        ),
    ],
)
def test_an_unusable_baseline_says_why(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableBaselineError, match=complaint.replace("[", r"\[")):
        read_baseline(path, TODAY)


def test_a_baseline_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableBaselineError, match=r"no\.json can't be read"):
        read_baseline(tmp_path / "no.json", TODAY)
