"""`manage.py risks`: sources in, answers and proofs out, exit status, rules of one's own."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from policyhub.catalog.facts.services import get_service_facts
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import read_simulation
from policyhub.judge.risks.kinds import KINDS
from tests.judge.reporting.sarif_schema import SARIF

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PASSING = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
LAMBDA = {
    "Effect": "Allow",
    "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
    "Resource": "*",
}
ELSEWHERE = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def risks(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("risks", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as status:
        return int(status.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def results(*arguments: str | Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(risks(*arguments, "--format", "json")[1])["results"]
    return read


def written(path: Path, *statements: object) -> Path:
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), "utf-8")
    return path


def test_a_risk_has_its_answer_its_actions_its_statements_and_a_proof_that_replays(
    tmp_path: Path,
) -> None:
    (result,) = results(written(tmp_path / "split.json", PASSING, LAMBDA))
    assert result["source"] == str(tmp_path / "split.json")
    (risk,) = (each for each in result["risks"] if each["id"] == "lambda-001")
    assert risk["answer"] == "free"
    assert risk["title"] == "Runs code as any role that trusts Lambda"
    assert risk["kind"] == "passrole-to-compute"
    assert risk["actions"] == ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
    assert [each["statement"] for each in risk["statements"]] == [0, 1]
    assert (risk["bounds"], risk["ruledOutBy"]) == ([], [])
    for each in risk["proof"]:
        read = read_simulation(each, facts=get_service_facts())
        assert evaluate(read.request, read.policies).is_allowed


def test_what_is_ruled_out_says_by_which_condition_and_does_not_fail(tmp_path: Path) -> None:
    path = written(tmp_path / "trap.json", {**PASSING, "Condition": ELSEWHERE}, LAMBDA)
    assert risks(path)[0] == 0
    assert risks(path, "--fail-on", "bounded")[0] == 0
    (risk,) = results(path)[0]["risks"]
    assert (risk["answer"], risk["proof"]) == ("ruled-out", [])
    (by,) = risk["ruledOutBy"]
    assert (by["statement"], by["element"]) == (0, "Condition")
    assert by["inWords"] == (
        "iam:PassRole only when iam:PassedToService is ecs-tasks.amazonaws.com"
    )


def test_free_fails_and_bounded_only_if_it_is_asked_for(tmp_path: Path) -> None:
    free = written(tmp_path / "free.json", PASSING, LAMBDA)
    role = "arn:aws:iam::123456789012:role/web"
    bounded = written(tmp_path / "bounded.json", {**PASSING, "Resource": role}, LAMBDA)
    assert [risks(free)[0], risks(bounded)[0]] == [1, 0]
    assert risks(bounded, "--fail-on", "bounded")[0] == 1
    assert risks(bounded, "--fail-on", "ruled-out")[0] != 0, "it is no threshold"


def test_documents_are_judged_each_by_itself_or_together(tmp_path: Path) -> None:
    one, two = written(tmp_path / "a.json", PASSING), written(tmp_path / "b.json", LAMBDA)
    assert [each["risks"] for each in results(one, two)] == [[], []]
    assert risks(one, two)[0] == 0
    (result,) = results(one, two, "--together")
    assert result["source"] == f"{one} + {two}"
    assert {each["id"] for each in result["risks"]} == {"lambda-001"}
    assert [each["policy"] for each in result["risks"][0]["statements"]] == [str(one), str(two)]
    assert risks(one, two, "--together")[0] == 1


def test_a_policy_of_the_catalogue_is_named_with_its_version() -> None:
    status, out, _ = risks("AmazonECS_FullAccess@v20", "--format", "text")
    assert status == 1
    assert "AmazonECS_FullAccess@v20:" in out
    assert "Runs code as any role that trusts ECS tasks" in out
    assert results("AmazonECS_FullAccess@v20")[0]["source"] == "AmazonECS_FullAccess@v20"


def test_text_has_the_line_of_the_statement_that_decides(tmp_path: Path) -> None:
    path = tmp_path / "lines.json"
    document = {"Statement": [PASSING, LAMBDA]}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    out = risks(path)[1]
    assert out.startswith(f"{path}:3:3 Statement[0]: free lambda-001: ")
    path.write_text(
        json.dumps({"Statement": {**LAMBDA, "Action": "lambda:UpdateFunctionCode"}}), "utf-8"
    )
    assert f"{path}:1:15 Statement: free lambda-003: " in risks(path)[1]


@pytest.mark.parametrize("name", ["sarif", "junit", "markdown"])
def test_every_format_reports_the_risk(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "split.json", PASSING, LAMBDA)
    status, out, _ = risks(path, "--format", name)
    assert status == 1
    assert "lambda-001" in out
    if name == "sarif":
        jsonschema.Draft202012Validator(SARIF).validate(json.loads(out))


@pytest.mark.parametrize("text", ["", "[]", '{"Statement": 1}', '{"Version": "2012-10-17"'])
def test_a_document_that_cant_be_read_is_unusable(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    status, _, err = risks(path)
    assert status == 2
    assert "broken.json" in err


def test_a_name_that_is_not_known_is_unusable_and_the_others_are_judged(tmp_path: Path) -> None:
    path = written(tmp_path / "split.json", PASSING, LAMBDA)
    status, out, err = risks("NoSuchPolicy", path)
    assert status == 2
    assert "NoSuchPolicy" in err
    assert "lambda-001" in out


RULE = """
paths:
  - id: own-deploy
    title: Runs code as **{any} deployment role**
    gives: As powerful as the strongest deployment role
    kind: passrole-to-compute
    requests: [iam:PassRole role for lambda.amazonaws.com, lambda:UpdateFunctionCode]
"""


def test_rules_of_ones_own_are_judged_like_the_others(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE, encoding="utf-8")
    update = {**LAMBDA, "Action": "lambda:UpdateFunctionCode"}
    path = written(tmp_path / "policy.json", PASSING, update)
    (result,) = results(path, "--rules", rules)
    assert {each["id"] for each in result["risks"]} == {"own-deploy", "lambda-003"}
    assert "own-deploy" in risks(path, "--rules", rules, "--format", "sarif")[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("paths: 1", "must be a list of paths"),
        ("- 1", "must be a list of paths"),
        ("- {id: x, title: Does, kind: data-read, requests: [s3:GetObjekt 1 2]}", "not a request"),
        ("- {id: x, title: Does, kind: data-read, request: [s3:GetObject]}", "`request` is not"),
        (RULE.replace("own-deploy", "ecs-004"), "another path has this id"),
        (RULE.replace("passrole-to-compute", "danger"), "`kind` must be one of"),
    ],
)
def test_rules_that_cant_be_read_are_refused_with_the_reason(
    text: str, message: str, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(text, encoding="utf-8")
    status, _, err = risks("AdministratorAccess", "--rules", rules)
    assert status == 2
    assert message in err
    assert str(rules) in err


def test_rules_that_are_not_there_are_refused(tmp_path: Path) -> None:
    assert risks("AdministratorAccess", "--rules", tmp_path / "none.yaml")[0] == 2


def test_every_kind_is_in_the_help() -> None:
    text = Path("policyhub/help/risks.md").read_text(encoding="utf-8")
    assert [each for each in KINDS if f"| `{each}` |" not in text] == []
