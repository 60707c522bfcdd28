"""`manage.py lint`: sources in, formats out, baseline, exit status."""

from __future__ import annotations

import io
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from policyhub.catalog.models import PolicyVersion
from policyhub.judge.reporting import sources
from tests.judge.reporting.sarif_schema import SARIF

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SOUND = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
    ],
}
TYPO = json.dumps({**SOUND, "Statement": [{**SOUND["Statement"][0], "Action": "s3:GetObjekt"}]})  # type: ignore[dict-item]


def lint(*arguments: str | Path) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("lint", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as status:
        return int(status.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def results(*arguments: str | Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(lint(*arguments, "--format", "json")[1])["results"]
    return read


def codes(*arguments: str | Path) -> list[list[str]]:
    return [[each["code"] for each in row["findings"]] for row in results(*arguments)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in it").mkdir()
    (tmp_path / "in it" / "typo.json").write_text(TYPO, encoding="utf-8")
    (tmp_path / "sound policy.json").write_text(json.dumps(SOUND), encoding="utf-8")
    (tmp_path / "readme.md").write_text("nothing", encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "app"}', encoding="utf-8")
    return tmp_path


def test_a_file_without_findings_exits_0(folder: Path) -> None:
    assert lint(folder / "sound policy.json")[:2] == (0, "nothing found in 1 document\n")


def test_an_error_exits_1_and_has_its_place(folder: Path) -> None:
    status, out, _ = lint(folder / "in it" / "typo.json")
    assert status == 1
    assert re.match(r".*typo\.json:1:\d+ Statement\[0\]\.Action: error INVALID_ACTION: ", out)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [("error", 0), ("security-warning", 0), ("warning", 0), ("suggestion", 1)],
)
def test_what_is_below_the_threshold_exits_0(threshold: str, expected: int, tmp_path: Path) -> None:
    twice = {**SOUND["Statement"][0], "Action": ["s3:Get*", "s3:GetObject"]}  # type: ignore[dict-item]
    path = tmp_path / "twice.json"
    path.write_text(json.dumps({**SOUND, "Statement": [twice]}), encoding="utf-8")
    assert lint(path, "--fail-on", threshold)[0] == expected


def test_a_folder_is_walked_and_what_is_no_policy_there_is_unusable(folder: Path) -> None:
    status, out, err = lint(folder, "--format", "json")
    assert [Path(each["source"]).name for each in json.loads(out)["results"]] == [
        "typo.json", "sound policy.json",
    ]  # fmt: skip
    assert status == 2
    assert "package.json" in err


def test_a_document_that_breaks_the_grammar_is_a_finding(tmp_path: Path) -> None:
    for name, text, expected in (
        ("cut.json", '{"Version": "2012-10-17",', "JSON_SYNTAX_ERROR"),
        ("empty.json", "", "JSON_SYNTAX_ERROR"),
        ("list.json", "[1]", "DATA_TYPE_MISMATCH"),
        ("object.json", '{"Version": "2012-10-17"}', "MISSING_STATEMENT"),
        ("other.json", '{"a": 1}', "INVALID_POLICY_ELEMENT"),
        ("twice.json", '{"Version": "x", "Version": "y", "Statement": []}', "JSON_SYNTAX_ERROR"),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert expected in codes(path)[0], name
        assert lint(path)[0] == 1


def test_bytes_that_are_no_text_are_a_finding_with_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "latin.json"
    path.write_bytes(b'{\n "Statement": "\xe9"}')
    found = results(path)[0]["findings"][0]
    assert (found["code"], found["line"], found["column"]) == ("JSON_SYNTAX_ERROR", 2, 16)


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(TYPO.encode()))
    monkeypatch.setattr("sys.stdin", stream)
    row = results("-")[0]
    assert row["source"] == "-"
    assert [each["code"] for each in row["findings"]] == ["INVALID_ACTION"]


def test_a_name_an_arn_and_a_version_are_sources() -> None:
    version = PolicyVersion.objects.filter(is_default=True).get(policy__name="AdministratorAccess")
    named = f"AdministratorAccess@{version.version_id}"
    for source in ("AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess", named):
        row = results(source)[0]
        assert row["source"] == named
        assert [each["code"] for each in row["findings"]] == ["FULL_ADMINISTRATIVE_ACCESS"]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("NoSuchPolicyAtAll", "no managed policy is named"),
        ("AdministratorAccess@v99", "no version `v99`"),
        ("no/such/file.json", "can't be read"),
        ("nosuch.json", "can't be read"),
    ],
)
def test_an_unusable_source_exits_2_and_says_why(source: str, complaint: str) -> None:
    status, out, err = lint(source)
    assert status == 2
    assert complaint in err
    assert out == "no document was checked\n"


def test_what_else_is_found_is_reported_where_one_source_is_unusable(folder: Path) -> None:
    status, out, _ = lint(folder / "in it" / "typo.json", "NoSuchPolicyAtAll")
    assert status == 2
    assert "INVALID_ACTION" in out


def test_an_export_has_policies_inline_policies_and_trust_policies(tmp_path: Path) -> None:
    typo = json.loads(TYPO)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}],
    }
    export = {
        "Policies": [
            {
                "PolicyName": "Own",
                "Arn": "arn:aws:iam::123456789012:policy/Own",
                "PolicyVersionList": [
                    {"VersionId": "v1", "IsDefaultVersion": False, "Document": SOUND},
                    {"VersionId": "v2", "IsDefaultVersion": True, "Document": typo},
                ],
            }
        ],
        "RoleDetailList": [
            {
                "RoleName": "web",
                "Arn": "arn:aws:iam::123456789012:role/web",
                "AssumeRolePolicyDocument": trust,
                "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": typo}],
            }
        ],
    }
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export, indent=1), encoding="utf-8")
    rows = results(path)
    assert [each["source"] for each in rows] == [
        "arn:aws:iam::123456789012:policy/Own",
        "arn:aws:iam::123456789012:role/web inline",
        "arn:aws:iam::123456789012:role/web",
    ]
    assert [each["findings"][0]["code"] for each in rows] == [
        "INVALID_ACTION", "INVALID_ACTION", "MISSING_PRINCIPAL",
    ]  # fmt: skip
    lines = path.read_text(encoding="utf-8").splitlines()
    assert "s3:GetObjekt" in lines[rows[0]["findings"][0]["line"] - 1]
    assert "s3:GetObjekt" in lines[rows[1]["findings"][0]["line"] - 1]


def test_a_document_in_quotes_or_encoded_for_a_url_is_read(tmp_path: Path) -> None:
    for name, text in (("quoted.json", json.dumps(TYPO)), ("encoded.json", quote(TYPO))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert codes(path) == [["INVALID_ACTION"]], name


def test_a_baseline_is_written_and_then_accepts(folder: Path, tmp_path: Path) -> None:
    file, baseline = folder / "in it" / "typo.json", tmp_path / "accepted.json"
    status, out, _ = lint(file, "--baseline", baseline, "--write-baseline", "legacy")
    assert (status, out) == (0, "nothing found in 1 document; 1 accepted\n")
    assert lint(file, "--baseline", baseline)[0] == 0
    row = results(file, "--baseline", baseline)[0]
    assert row["findings"] == []
    assert [each["reason"] for each in row["accepted"]] == ["legacy"]


def test_a_finding_comes_back_when_the_last_day_is_over(folder: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "accepted.json"
    entry = {"source": "*", "code": "INVALID_ACTION", "reason": "soon", "until": "2020-01-01"}
    baseline.write_text(json.dumps({"accepted": [entry]}), encoding="utf-8")
    status, out, _ = lint(folder / "in it" / "typo.json", "--baseline", baseline)
    assert status == 1
    assert "no longer accepted since 2020-01-01: INVALID_ACTION in * (soon)" in out


@pytest.mark.parametrize(
    "arguments",
    [("--baseline", "no-such-baseline.json"), ("--write-baseline", "reason")],
)
def test_an_unusable_baseline_exits_2(arguments: tuple[str, ...], folder: Path) -> None:
    assert lint(folder / "in it" / "typo.json", *arguments)[0] == 2


def test_a_kind_that_is_not_known_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError):
        call_command("lint", str(folder), "--kind", "nonsense")


def test_without_a_database_a_name_is_unusable_and_files_are_linted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: str) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr(sources, "find_policy", fail)
    status, out, err = lint(folder / "in it" / "typo.json", "AdministratorAccess")
    assert status == 2
    assert "INVALID_ACTION" in out
    assert "AdministratorAccess: no such file, and there is no catalogue" in err


def test_sarif_of_real_findings_has_places_rules_and_fixes(folder: Path) -> None:
    status, out, _ = lint(folder / "in it" / "typo.json", "--format", "sarif")
    read = json.loads(out)
    jsonschema.Draft202012Validator(SARIF).validate(read)
    (result,) = read["runs"][0]["results"]
    assert status == 1
    assert result["ruleId"] == "INVALID_ACTION"
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.endswith("in%20it/typo.json")
