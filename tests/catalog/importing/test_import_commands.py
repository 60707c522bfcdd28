"""`import_policies` and `dump_policies` as a person types them: output, files, exit status."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from policyhub.catalog.management.commands import import_policies
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from tests.catalog.given_sources import NAME, detail, document

pytestmark = pytest.mark.django_db
CORPUS = settings.FIXTURES_DIR / "corpus.jsonl"


def run(*arguments: object) -> tuple[int, str]:
    """Run `import_policies`; return the exit status and what is on standard output."""
    out = io.StringIO()
    try:
        call_command("import_policies", *map(str, arguments), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def run_json(*arguments: object) -> tuple[int, dict[str, Any]]:
    status, out = run(*arguments, "--json")
    report: dict[str, Any] = json.loads(out)
    return status, report


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / f"{NAME}.json"
    file.write_text(document("s3:Get*"), encoding="utf-8")
    return file


def test_a_good_file_comes_in_and_the_exit_status_is_0(good: Path) -> None:
    assert run(good) == (0, "1 created, 0 updated, 0 unchanged, 0 rejected, 0 left out\n")
    assert Policy.objects.filter(name=NAME).exists()
    assert run(good) == (0, "0 created, 0 updated, 1 unchanged, 0 rejected, 0 left out\n")


def test_some_rejected_is_1_and_each_is_told_on_a_line(good: Path, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.json"
    broken.write_text('{\n "Statement": [}', encoding="utf-8")
    status, out = run(good, broken, tmp_path / "absent.json")
    lines = out.splitlines()
    assert (status, len(lines)) == (1, 3)
    assert lines[0] == "1 created, 0 updated, 0 unchanged, 2 rejected, 0 left out"
    assert lines[1].startswith(f"rejected: {broken}: line 2, column 16: ")
    assert lines[2].startswith(f"rejected: {tmp_path / 'absent.json'}: ")


def test_nothing_usable_is_2(tmp_path: Path) -> None:
    empty = tmp_path / "Empty.json"
    empty.write_text("", encoding="utf-8")
    status, out = run(empty)
    assert status == 2
    assert out.splitlines()[1].startswith(f"rejected: {empty}: an empty text")


def test_the_report_as_json_is_all_there_is_on_standard_output(good: Path, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.json"
    broken.write_text("[1]", encoding="utf-8")
    status, report = run_json(good, broken)
    assert status == 1
    assert report.keys() == {
        "created",
        "updated",
        "unchanged",
        "customerManaged",
        "rejected",
        "skipped",
    }
    assert (report["created"], report["updated"], report["unchanged"]) == ([NAME], [], [])
    assert [each["place"].split("[")[0] for each in report["rejected"]] == [str(broken)]
    assert report["rejected"][0]["reason"]


def test_a_dry_run_says_so_and_changes_nothing(good: Path) -> None:
    generation = CatalogState.current().generation
    status, out = run(good, "--dry-run")
    assert status == 0
    assert out.startswith("1 would be created, 0 would be updated, 0 unchanged")
    assert not Policy.objects.filter(name=NAME).exists()
    assert CatalogState.current().generation == generation
    dry = run_json(good, "--dry-run")
    assert dry == run_json(good)


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(detail()).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert run_json("-")[1]["created"] == [NAME]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document("s3:*").encode())))
    status, report = run_json("-")
    assert status == 2
    assert report["rejected"][0]["place"] == "standard input"


def test_standard_input_is_read_before_the_database_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []

    def gather(sources: list[str]) -> list[object]:
        order.append("read")
        return []

    monkeypatch.setattr(import_policies, "gather", gather)
    monkeypatch.setattr(CatalogState, "current", lambda: order.append("database"))
    with pytest.raises(AttributeError):
        run("-")
    assert order == ["read", "database"]


HOSTILE = "[bold]x[/] \x1b[31mred\x07 :smile: [link=http://example.com]"


def test_a_hostile_name_is_shown_as_it_is_written_and_steers_nothing(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    inline = {"RoleName": HOSTILE, "RolePolicyList": [{"PolicyName": HOSTILE}]}
    export = {"Policies": [detail(HOSTILE)], "RoleDetailList": [inline]}
    file.write_text(json.dumps(export), encoding="utf-8")
    _, out = run(file)
    shown = r"[bold]x[/] \x1b[31mred\x07 :smile: [link=http://example.com]"
    assert len(out.splitlines()) == 3
    assert all(shown in line for line in out.splitlines()[1:])
    assert "\x1b" not in out
    assert HOSTILE in run_json(file)[1]["rejected"][0]["reason"]


def test_a_file_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\nnew line.json")
    (tmp_path / name).write_text("{}", encoding="utf-8")
    status, out = run(tmp_path)
    assert status == 2
    assert r"caf\udce9\nnew line.json" in out
    assert len(out.splitlines()) == 2
    out.encode()
    assert run_json(tmp_path)[0] == 2


def test_the_corpus_itself_is_a_source_in_which_nothing_is_new() -> None:
    before = PolicyVersion.objects.count()
    status, report = run_json(CORPUS)
    assert (status, report["rejected"], report["skipped"]) == (0, [], [])
    assert len(report["unchanged"]) == 1582
    assert PolicyVersion.objects.count() == before


def test_a_customer_managed_policy_of_an_export_comes_in_beside_aws_own(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    with CORPUS.open(encoding="utf-8") as lines:
        aws_own = json.loads(next(line for line in lines if '"AmazonECS_FullAccess"' in line))
    role = {"RoleName": "web", "RolePolicyList": [{"PolicyName": "inside", "PolicyDocument": {}}]}
    export = {"Policies": [detail(), aws_own], "RoleDetailList": [role]}
    file.write_text(json.dumps(export, indent=2), encoding="utf-8")
    status, report = run_json(file)
    assert status == 0
    assert (report["created"], report["unchanged"]) == ([NAME], ["AmazonECS_FullAccess"])
    assert "inside" in report["skipped"][0]["reason"]
    assert Policy.objects.get(name=NAME).kind == Policy.Kind.CUSTOMER_MANAGED


def test_the_default_version_is_exported_as_one_line_and_read_again(tmp_path: Path) -> None:
    file, out = tmp_path / "dump.jsonl", io.StringIO()
    call_command("dump_policies", str(file), stdout=out)
    assert out.getvalue() == f"1,582 policies written to {file}\n"
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(header) == {
        "Corpus": {"origin": "the IAM API", "retrievedOn": "2026-09-30", "policies": 1582}
    }
    names = [json.loads(line)["PolicyName"] for line in lines]
    assert names == sorted(names)
    status, report = run_json(file)
    assert (status, len(report["unchanged"])) == (0, 1582)


def test_a_dump_holds_no_policy_of_an_account(good: Path, tmp_path: Path) -> None:
    run(good)
    call_command("dump_policies", str(tmp_path / "dump.jsonl"), stdout=io.StringIO())
    assert NAME not in (tmp_path / "dump.jsonl").read_text(encoding="utf-8")


def test_a_dump_that_can_not_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "dump.jsonl"
    folder.mkdir()
    with pytest.raises(CommandError, match="can't be written: "):
        call_command("dump_policies", str(folder), stdout=io.StringIO())
    with pytest.raises(CommandError, match="can't be written: No such file"):
        call_command("dump_policies", str(tmp_path / "no" / "dump"), stdout=io.StringIO())
    assert list(tmp_path.iterdir()) == [folder]


def test_an_empty_catalogue_has_nothing_to_dump(tmp_path: Path) -> None:
    PolicyVersion.objects.update(is_default=False)
    with pytest.raises(CommandError, match="no AWS managed policies"):
        call_command("dump_policies", str(tmp_path / "dump.jsonl"), stdout=io.StringIO())


def test_a_database_in_trouble_is_told_in_one_sentence(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*args: object, **options: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(import_policies, "import_policies", locked)
    with pytest.raises(CommandError) as raised:
        run(good)
    assert "nothing was changed (database is locked)" in str(raised.value)
    assert "\n" not in str(raised.value)
