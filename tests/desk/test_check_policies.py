"""`manage.py check_policies`: names in, findings out, exit status."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from policyhub.catalog.models import Policy
from policyhub.catalog.prose.checks import CHECKS
from policyhub.help.rendering import render
from tests.judge.reporting.sarif_schema import SARIF

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

VOLUMES = "AmazonECSInfrastructureRolePolicyForVolumes"
CLEAN = "AmazonECSTaskExecutionRolePolicy"
HELP = Path(__file__).resolve().parents[2] / "policyhub" / "help" / "checking.md"


def check(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("check_policies", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as status:
        return int(status.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def results(*arguments: str | Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(check(*arguments, "--format", "json")[1])["results"]
    return read


def test_a_misspelt_action_comes_with_its_sentence_and_the_real_ones() -> None:
    [result] = results(VOLUMES)
    assert result["source"] == VOLUMES
    [row] = (each for each in result["findings"] if "suggestions" in each["evidence"])
    assert (row["code"], row["type"]) == ("described-action-not-granted", "medium")
    assert row["evidence"]["suggestions"][0] == "ec2:DescribeVolumes"
    assert "retrieves information about Amazon EBS volumes" in row["evidence"]["sentence"]
    assert row["fix"]["description"].startswith("describe `ec2:DescribeVolumes`")
    assert row["reference"].startswith("https://docs.aws.amazon.com/")


def test_an_arn_is_a_name_and_the_place_is_the_first_statement() -> None:
    [result] = results(f"arn:aws:iam::aws:policy/service-role/{VOLUMES}")
    [row] = (each for each in result["findings"] if each["code"] == "granted-action-not-described")
    assert row["path"] == "Statement[2]"
    assert result["findings"][0] == row


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([CLEAN], 0),
        ([VOLUMES], 1),
        (["AWSCodeDeployRoleForECS", "--fail-on", "high"], 0),
        (["AWSCodeDeployRoleForECS", "--fail-on", "medium"], 1),
        ([CLEAN, "NoSuchPolicy"], 2),
        ([VOLUMES, "\x00"], 2),
        ([CLEAN, "--baseline", "/nonexistent"], 2),
    ],
)
def test_the_exit_status_says_what_was_found(arguments: list[str], status: int) -> None:
    assert check(*arguments)[0] == status


def test_an_unknown_name_is_answered_with_near_ones_and_the_rest_is_checked() -> None:
    status, out, err = check("AmazonECS_FullAcess", VOLUMES)
    assert status == 2
    assert "near: AmazonECS_FullAccess" in err
    assert "ec2:DescribeVolume" in out


def test_every_policy_is_checked_without_a_name() -> None:
    told = results()
    assert len(told) == Policy.objects.count()
    assert sum(len(each["findings"]) for each in told) >= 14
    assert next(each["findings"] for each in told if each["source"] == CLEAN) == []


def test_the_report_is_written_in_every_format() -> None:
    sarif = json.loads(check(VOLUMES, "--format", "sarif")[1])
    jsonschema.validate(sarif, SARIF)
    assert {each["ruleId"] for each in sarif["runs"][0]["results"]} <= set(CHECKS)
    suites = ElementTree.fromstring(check(VOLUMES, "--format", "junit")[1])  # noqa: S314
    assert len(suites.findall(".//failure")) == len(results(VOLUMES)[0]["findings"])
    assert "`ec2:DescribeVolumes`" in check(VOLUMES, "--format", "markdown")[1]


def test_a_baseline_accepts_what_was_found_for_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    written = ("--baseline", file, "--write-baseline", "AWS is informed")
    assert check(VOLUMES, *written)[0] == 0
    status, out, _ = check(VOLUMES, "--baseline", file)
    assert status == 0
    assert out.rstrip().endswith("accepted")


def test_the_help_lists_every_check_with_its_severity() -> None:
    text = HELP.read_text(encoding="utf-8")
    assert render(text)
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    listed = {row[1].strip(" `"): row[2].strip() for row in rows}
    assert listed == {code: check.severity for code, check in CHECKS.items()}
