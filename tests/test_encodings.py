"""Files with a byte order mark, or in UTF-16, at every door that reads a file."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from tests.catalog.given_sources import detail, document

pytestmark = pytest.mark.django_db

DOCUMENT = document("ecs:RunTask")
SIMULATION = json.dumps({"action": "ecs:ListClusters", "resource": "*", "identityPolicies": []})


@pytest.fixture(params=["utf-8-sig", "utf-16", "utf-16-be"])
def encoding(request: pytest.FixtureRequest) -> str:
    """How the files are written."""
    return str(request.param)


def written(path: Path, text: str, encoding: str) -> str:
    """A file of that text."""
    path.write_bytes(text.encode(encoding))
    return str(path)


def printed(*command: str) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command(*command, stdout=out)
    return out.getvalue()


def test_the_commands_read_it(tmp_path: Path, encoding: str) -> None:
    file = written(tmp_path / "deploy.json", DOCUMENT, encoding)
    assert json.loads(printed("import_policies", file, "--json"))["created"] == ["deploy"]
    assert json.loads(printed("compare", file, "deploy", "--json"))["verdict"] == "equivalent"
    simulated = printed("simulate", "--policy-file", file, "--action", "s3:GetObject")
    assert simulated.startswith("Denied")
    assert "ecs:RunTask" in printed("who_can", file)


def test_a_folder_of_such_files_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "policies").mkdir()
    for name in ("one.json", "two", "three.txt"):
        written(tmp_path / "policies" / name, DOCUMENT, encoding)
    report = json.loads(printed("import_policies", str(tmp_path / "policies"), "--json"))
    assert (report["created"], report["rejected"]) == (["one", "three", "two"], [])


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    def given(text: str) -> None:
        stream = io.TextIOWrapper(io.BytesIO(text.encode(encoding)))
        monkeypatch.setattr(sys, "stdin", stream)

    given(json.dumps([detail("deploy")]))
    assert json.loads(printed("import_policies", "-", "--json"))["created"] == ["deploy"]
    given(DOCUMENT)
    assert "ecs:RunTask" in printed("who_can", "-")
    given(f"{SIMULATION}\n{SIMULATION}\n")
    assert len(printed("simulate", "--jsonl", "-").splitlines()) == 2


def test_a_posted_simulation_is_read(client: Client, encoding: str) -> None:
    posted = client.post(
        "/simulate.json", SIMULATION.encode(encoding), content_type="application/json"
    )
    assert posted.json()["decision"] == "implicitDeny"


def test_json_lines_are_read(tmp_path: Path, encoding: str) -> None:
    lines = written(tmp_path / "lines.jsonl", f"{SIMULATION}\n{SIMULATION}\n", encoding)
    answers = [json.loads(line) for line in printed("simulate", "--jsonl", lines).splitlines()]
    assert [each["decision"] for each in answers] == ["implicitDeny", "implicitDeny"]


def test_an_uploaded_scenario_is_read(client: Client, encoding: str) -> None:
    upload = SimpleUploadedFile("scenario.json", SIMULATION.encode(encoding))
    page = client.post("/simulate/", {"scenario": upload}, follow=True).content.decode()
    assert "ecs:ListClusters" in page
    assert "can&#x27;t be used" not in page
