"""`manage.py template`: prints the copy in every format and says by its status whether it fits."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policyhub.simulate.lines import answer_lines
from policyhub.workbench.outputs.all_outputs import OUTPUTS
from tests.workbench.templates import ROLE, RUN_TASK, allow, policy

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NAME = "AmazonECS_FullAccess"


def run(*arguments: str) -> tuple[str, str, int]:
    out, errors, status = StringIO(), StringIO(), 0
    try:
        call_command("template", *arguments, stdout=out, stderr=errors)
    except SystemExit as end:
        status = int(end.code or 0)
    except CommandError as error:
        return "", str(error), error.returncode
    return out.getvalue(), errors.getvalue(), status


def written(folder: Path, name: str, value: Any) -> str:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


@pytest.fixture
def document(tmp_path: Path) -> str:
    return written(tmp_path, "policy.json", policy(allow(["ecs:*", "iam:PassRole"])))


def test_a_copy_is_printed_with_what_is_known_of_it(tmp_path: Path, document: str) -> None:
    keep = written(tmp_path, "keep.json", RUN_TASK)
    out, errors, status = run(document, "--keep", keep)
    assert (status, errors) == (0, "")
    told = [line for line in out.splitlines() if line.startswith("#")]
    rest = "\n".join(line for line in out.splitlines() if not line.startswith("#"))
    assert json.loads(rest)["Statement"][1]["Resource"] == ROLE
    assert "proved for any request in any context" in told[0]
    assert any("required requests decided as expected: 2 of 2" in line for line in told)
    assert any("proposed condition on iam:PassRole" in line for line in told)
    as_json = json.loads(run(document, "--keep", keep, "--format", "json")[0])
    assert as_json["document"] == json.loads(rest)
    assert (as_json["fits"], as_json["choices"]) == (True, RUN_TASK)
    assert [each["quota"] for each in as_json["quotas"]] == ["user", "group", "role", "managed"]
    assert "```json" in run(document, "--keep", keep, "--format", "markdown")[0]


def test_a_policy_of_the_catalogue_is_a_source(tmp_path: Path) -> None:
    keep = written(tmp_path, "keep.json", RUN_TASK)
    out, _, status = run(NAME, "--keep", keep, "--format", "json")
    made = json.loads(out)
    assert status == 0
    assert made["policy"].startswith(f"{NAME}@v")
    assert "ecs:CreateCluster" in made["leftOut"]


def test_statements_are_numbered_as_on_every_page(tmp_path: Path) -> None:
    keep = written(tmp_path, "keep.json", RUN_TASK)
    out, _, _ = run(NAME, "--keep", keep)
    assert "# statement 2 (SSMPolicy) left out: none of its actions is chosen" in out


def test_a_request_that_is_lost_makes_it_exit_1(tmp_path: Path, document: str) -> None:
    keep = written(tmp_path, "keep.json", {"actions": ["ecs:RunTask"]})
    lost = {"id": "clusters", "action": "ecs:ListClusters"}
    requests = written(tmp_path, "r.jsonl", json.dumps(lost))
    out, errors, status = run(document, "--keep", keep, "--requests", requests)
    assert status == 1
    assert "request clusters (ecs:ListClusters): implicitDeny: no statement" in out
    assert "request clusters: implicitDeny" in errors
    found = json.loads(run(document, "--keep", keep, "--requests", requests, "--format", "json")[0])
    assert found["requests"][0]["original"] == "allowed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"account": "1", "levels": ["x"]}, "levels: `x` is not a level"),
        ({"services": ["s3"]}, "nothing is left"),
        ("{", "is not JSON"),
    ],
)
def test_choices_that_can_not_be_used_make_it_exit_2(
    tmp_path: Path, document: str, given: Any, said: str
) -> None:
    _, errors, status = run(document, "--keep", written(tmp_path, "keep.json", given))
    assert status == 2
    assert said in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["NoSuchPolicy"], "no managed policy is named `NoSuchPolicy`"),
        (["missing.json"], "can't be read"),
        (["{document}", "--keep", "missing.json"], "missing.json can't be read"),
        (["{document}", "--requests", "missing.jsonl"], "missing.jsonl can't be read"),
        (["{document}", "--name", "a b"], "IAM takes letters, digits"),
        (["{broken}"], "broken.json: "),
        (["{bytes}"], "bytes.json: "),
        (["{folder}"], "documents: give a source with one"),
    ],
)
def test_sources_that_can_not_be_used_make_it_exit_2(
    tmp_path: Path, document: str, arguments: list[str], said: str
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("a.json", "b.json"):
        written(folder, name, policy(allow("s3:*")))
    broken = written(tmp_path, "broken.json", '{"Statement": 1}')
    (tmp_path / "bytes.json").write_bytes(b'{"\xff": 1}')
    places = {"document": document, "broken": broken, "folder": str(folder),
              "bytes": str(tmp_path / "bytes.json")}  # fmt: skip
    _, errors, status = run(*(each.format(**places) for each in arguments))
    assert status == 2
    assert said in errors


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_format_names_the_action(tmp_path: Path, document: str, name: str) -> None:
    keep = written(tmp_path, "keep.json", RUN_TASK)
    out, _, status = run(document, "--keep", keep, "--format", name, "--name", "run-web")
    assert status == 0
    assert "ecs:RunTask" in out
    assert ("run-web" in out) is (name not in ("json", "scenarios"))


def test_scenarios_pin_what_is_allowed_and_what_is_not(tmp_path: Path, document: str) -> None:
    keep = written(tmp_path, "keep.json", RUN_TASK)
    out, _, _ = run(document, "--keep", keep, "--format", "scenarios")
    path = tmp_path / "scenarios.jsonl"
    path.write_text(out)
    with path.open("rb") as file:
        answers = list(answer_lines(file))
    assert all(each["passed"] for each in answers)
    expected = [each["expect"] for each in answers]
    assert expected.count("allowed") == 4
    assert expected.count("denied") > 1
    wide = [json.loads(line) for line in out.splitlines()]
    for line in wide:
        line["identityPolicies"] = [policy(allow("*"))]
    path.write_text("\n".join(map(json.dumps, wide)))
    with path.open("rb") as file:
        assert not all(each["passed"] for each in answer_lines(file))
