"""The formats of a report: each says what was found, and other programs can read it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyhub.judge.reporting.formats import sarif
from policyhub.judge.reporting.formats.all_formats import FORMATS
from policyhub.judge.reporting.report import JudgedSource, Report
from tests.judge.reporting.samples import (
    ACCEPTED,
    EFFECT,
    FINE,
    LISTED,
    TEXT,
    report,
    result,
)
from tests.judge.reporting.sarif_schema import SARIF

VALIDATOR = jsonschema.Draft202012Validator(
    SARIF, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
WHOLE = report(
    result(EFFECT, LISTED, FINE, accepted=(ACCEPTED,)),
    result(source="Named@v2", file="", findings=(LISTED,)),
    result(source="clean.json", file="clean.json"),
    notes=("a note",),
)


def as_sarif(of: Report) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(FORMATS["sarif"](of))
    VALIDATOR.validate(read)
    run: dict[str, Any] = read["runs"][0]
    return run


def as_junit(of: Report) -> ElementTree.Element:
    return ElementTree.fromstring(FORMATS["junit"](of))  # noqa: S314


def test_the_schema_refuses_what_the_standard_does_not_take() -> None:
    jsonschema.Draft202012Validator.check_schema(SARIF)
    whole = json.loads(FORMATS["sarif"](WHOLE))
    changes: list[dict[str, Any]] = [
        {"message": {}},
        {"level": "fatal"},
        {"kind": "informational"},
        {"locations": []},
        {"ruleIndex": -1},
        {"unknown": 1},
    ]
    for change in changes:
        broken = json.loads(json.dumps(whole))
        broken["runs"][0]["results"][0].update(change)
        assert not VALIDATOR.is_valid(broken), change


def test_sarif_names_rules_places_and_the_most_serious_first() -> None:
    run = as_sarif(WHOLE)
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == [
        "BAD_EFFECT", "RULED_OUT", "TWICE",
    ]  # fmt: skip
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%20b/policy.json", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 2, "startColumn": 4}
    assert [each["level"] for each in run["results"]] == [
        "error", "warning", "warning", "warning", "none",
    ]  # fmt: skip
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [each["message"]["text"] for each in notes] == ["a note"]


def test_an_accepted_finding_is_suppressed_in_sarif_with_its_reason() -> None:
    run = as_sarif(report(result(accepted=(ACCEPTED,))))
    assert run["results"][0]["suppressions"] == [
        {"kind": "external", "justification": "known since the audit"}
    ]


def test_a_fix_in_sarif_makes_the_text_right_when_it_is_carried_out() -> None:
    replacement = as_sarif(WHOLE)["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    region, lines = replacement["deletedRegion"], TEXT.splitlines()
    assert region["startLine"] == region["endLine"] == 2
    line = lines[1]
    made = (
        line[: region["startColumn"] - 1]
        + replacement["insertedContent"]["text"]
        + line[region["endColumn"] - 1 :]
    )
    assert made == '  {"Effect": "Allow", "Action": ["a:B", "a:C"]}'


@pytest.mark.parametrize("change", [{"is_document": False}, {"text": ""}, {"text": "{}"}])
def test_a_fix_is_left_out_of_sarif_where_the_text_is_not_the_document(
    change: dict[str, Any],
) -> None:
    assert "fixes" not in as_sarif(report(result(EFFECT, **change)))["results"][0]


def test_sarif_keeps_to_the_most_results_that_services_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    run = as_sarif(report(result(LISTED, FINE, EFFECT)))
    assert [each["ruleId"] for each in run["results"]] == ["BAD_EFFECT", "TWICE"]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert notes[0]["message"]["text"] == "left out, since services take no more: 1 findings"


def test_junit_counts_failures_from_the_threshold_on() -> None:
    suites = as_junit(WHOLE)
    assert (suites.get("tests"), suites.get("failures")) == ("6", "1")
    first = suites[0]
    assert first.get("skipped") == "1"
    assert [case[0].tag if len(case) else "passed" for case in first] == [
        "failure", "system-out", "system-out", "skipped",
    ]  # fmt: skip
    assert first[0].get("line") == "2"
    assert suites[2][0].get("name") == "nothing found"
    lower = as_junit(replace(WHOLE, threshold="security-warning"))
    assert lower.get("failures") == "3"


def test_plain_text_has_a_finding_per_line_with_its_fix_and_the_counts_last() -> None:
    lines = FORMATS["text"](WHOLE).splitlines()
    assert lines[0] == (
        "a b/policy.json:2:4 Statement[0].Effect: error BAD_EFFECT: "
        "`allow` is not an effect | really"
    )
    assert lines[1] == "    fix: write `Allow`"
    assert lines[-2:] == [
        "a note",
        "1 error, 2 security-warnings, 1 fine in 3 documents; 1 accepted",
    ]


def test_a_report_without_findings_says_so() -> None:
    assert FORMATS["text"](report(result())) == "nothing found in 1 document\n"


def test_markdown_keeps_bars_and_signs_of_a_message_from_being_read_as_markup() -> None:
    text = FORMATS["markdown"](WHOLE)
    assert "`allow` is not an effect \\| really. Fix: write `Allow`." in text
    assert "[BAD\\_EFFECT](https://example.com/rules#effect)" in text
    rows = [line for line in text.splitlines() if line.startswith("| error")]
    assert [each.replace("\\|", "").count("|") for each in rows] == [5]


def test_json_has_one_object_per_document_and_a_finding_has_all_members() -> None:
    read = json.loads(FORMATS["json"](WHOLE))
    assert [each["source"] for each in read["results"]] == [
        "a b/policy.json", "Named@v2", "clean.json",
    ]  # fmt: skip
    assert read["results"][2]["findings"] == []
    assert read["results"][0]["findings"][0] == {
        "code": "BAD_EFFECT",
        "type": "error",
        "message": "`allow` is not an effect | really",
        "path": "Statement[0].Effect",
        "line": 2,
        "column": 4,
        "evidence": {"found": "allow"},
        "fix": {
            "description": "write `Allow`",
            "edits": [{"op": "replace", "path": "Statement[0].Effect", "value": "Allow"}],
        },
        "reference": "https://example.com/rules#effect",
    }
    assert read["results"][0]["accepted"][0]["reason"] == "known since the audit"


def test_a_report_may_have_a_form_of_its_own_in_json() -> None:
    kind = replace(report().kind, item="risks")
    own = Report(kind, [result(LISTED, json=[{"id": "x"}])], "error")
    assert json.loads(FORMATS["json"](own))["results"][0]["risks"] == [{"id": "x"}]


ODD = st.text(max_size=20)


@given(ODD, ODD, ODD)
def test_whatever_is_in_a_finding_each_format_can_be_read(
    message: str, path: str, source: str
) -> None:
    odd = replace(EFFECT, message=message or "m", path=path)
    judged = JudgedSource(source or "s", source.replace("\0", ""), TEXT, (odd,))
    whole = report(judged)
    as_sarif(whole)
    as_junit(whole)
    json.loads(FORMATS["json"](whole))
    assert len(FORMATS["text"](whole).splitlines()) == 3
    assert FORMATS["markdown"](whole).count("\n| error") == 1
