"""A git clone's history as a source: every version once, whatever the commits did to the files."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from policyhub.catalog.models import ChangelogEntry, Policy, PolicyVersion
from policyhub.catalog.sources.files import gather_history
from policyhub.catalog.sources.items import SourcePolicy
from tests.catalog.given_history import GIT, Clone, answer
from tests.catalog.given_sources import detail, document

pytestmark = pytest.mark.django_db


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A history with every trap that real ones set."""
    made = Clone(tmp_path / "clone")
    made.commit("2024-01-01", Grown=answer("v1", "2024-01-01T00:00:00Z", "s3:GetObject"),
                Gone=answer("v1", "2024-01-01T00:00:00Z", "s3:ListBucket"))  # fmt: skip
    # The same version, formatted again, with the other way of writing the moment.
    again = answer("v1", "2024-01-01T00:00:00+00:00", "s3:GetObject", indent=4)
    made.commit("2024-01-02", Grown=again)
    made.commit("2024-01-03", Grown="")
    made.commit("2024-02-01", Grown=answer("v3", "2024-02-01T00:00:00Z", "s3:Get*"))
    made.commit("2024-03-01", Gone=None)
    made.commit("2024-04-01", Gone=answer("v1", "2024-04-01T00:00:00Z", "s3:PutObject"))
    made.commit("2024-05-01", Grown=None)
    moved = answer("v4", "2024-05-01T00:00:00Z", "s3:Get*", "s3:List*")
    made.commit("2024-05-02", renamed__Grown=moved)
    made.commit("2024-05-03", README="What this is.")
    return made


def imported(clone: Clone, *more: str) -> dict[str, Any]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("import_policies", str(clone.folder), "--json", *more, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def versions(name: str) -> list[tuple[str, str, bool]]:
    rows = PolicyVersion.objects.filter(policy__name=name).order_by("created_at")
    return [(each.version_id, f"{each.created_at:%Y-%m-%d}", each.is_default) for each in rows]


def test_every_version_comes_in_once_and_the_last_is_the_default(clone: Clone) -> None:
    report = imported(clone)
    assert report["rejected"] == []
    assert versions("Grown") == [
        ("v1", "2024-01-01", False), ("v3", "2024-02-01", False), ("v4", "2024-05-01", True),
    ]  # fmt: skip
    assert versions("Gone") == [("v1", "2024-01-01", False), ("v1", "2024-04-01", True)]
    assert not Policy.objects.filter(name__in=("README", "renamed")).exists()


def test_each_change_is_observed(clone: Clone) -> None:
    imported(clone)
    entries = ChangelogEntry.objects.filter(policy__name="Grown").order_by("date")
    assert [(str(each.date), each.access) for each in entries] == [
        ("2024-02-01", "widened"), ("2024-05-01", "widened"),
    ]  # fmt: skip


def test_a_second_import_changes_nothing(clone: Clone) -> None:
    imported(clone)
    rows = list(PolicyVersion.objects.order_by("pk").values_list("pk", "digest", "is_default"))
    report = imported(clone)
    assert (report["created"], report["updated"]) == ([], [])
    again = list(PolicyVersion.objects.order_by("pk").values_list("pk", "digest", "is_default"))
    assert again == rows


def test_what_was_empty_or_never_json_is_named(clone: Clone) -> None:
    skipped = [each["reason"] for each in imported(clone)["skipped"]]
    assert any("an empty file" in reason for reason in skipped)
    assert any("never JSON by content: policies/README" in reason for reason in skipped)


def test_a_broken_state_is_named_with_its_commit_and_the_others_come_in(clone: Clone) -> None:
    clone.commit("2024-06-01", Grown='{"PolicyVersion": ')
    clone.commit("2024-07-01", Grown=answer("v6", "2024-07-01T00:00:00Z", "s3:*"))
    report = imported(clone)
    (rejected,) = report["rejected"]
    assert ":policies/Grown" in rejected["place"]
    assert versions("Grown")[-1] == ("v6", "2024-07-01", True)


def test_a_policy_whose_name_ends_like_its_version_keeps_its_name(clone: Clone) -> None:
    clone.commit("2024-06-01", Grown_v2=answer("v1", "2024-06-01T00:00:00Z", "s3:*"))
    clone.commit("2024-06-02", Grown_v2=answer("v2", "2024-06-02T00:00:00Z", "s3:Put*"))
    assert imported(clone)["rejected"] == []
    assert [each for each, _, _ in versions("Grown_v2")] == ["v1", "v2"]
    assert [each for each, _, _ in versions("Grown")] == ["v1", "v3", "v4"]


def test_a_merge_counts_as_what_it_brought(clone: Clone) -> None:
    clone.git("checkout", "-q", "-b", "side")
    clone.commit("2024-08-01", Grown=answer("v7", "2024-08-01T00:00:00Z", "s3:Put*"))
    clone.git("checkout", "-q", "main")
    clone.commit("2024-08-02", Gone=answer("v2", "2024-08-02T00:00:00Z", "s3:Put*"))
    clone.git("merge", "-q", "--no-ff", "-m", "merge", "side", day="2024-08-03")
    imported(clone)
    assert versions("Grown")[-1] == ("v7", "2024-08-01", True)
    assert versions("Gone")[-1] == ("v2", "2024-08-02", True)


def test_a_bare_clone_will_do(clone: Clone, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run(["git", "clone", "-q", "--bare", clone.folder, bare], check=True, env=GIT)
    clone.folder = bare
    assert imported(clone)["rejected"] == []
    assert len(versions("Grown")) == 3


def test_a_clone_without_commits_is_said(tmp_path: Path) -> None:
    report = imported(Clone(tmp_path / "empty"))
    assert "its history can't be read" in report["rejected"][0]["reason"]


def test_without_git_the_way_to_mend_it_is_said(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyhub.catalog.sources.git_history.shutil.which", lambda _: None)
    assert "git is not installed: install it" in imported(clone)["rejected"][0]["reason"]


def test_a_missing_object_is_said(clone: Clone) -> None:
    for path in (clone.folder / ".git" / "objects").glob("??/*"):
        kind = subprocess.run(
            ["git", "-C", clone.folder, "cat-file", "-t", f"{path.parent.name}{path.name}"],
            capture_output=True, check=False, env=GIT, text=True,
        ).stdout.strip()  # fmt: skip
        if kind == "blob":
            path.unlink()
    report = imported(clone)
    assert "is missing" in report["rejected"][0]["reason"]


def test_a_folder_a_policy_and_a_folder_a_version_are_one_history(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone")
    first, second = document("s3:B"), document("s3:C")
    clone.commit("2024-01-01", deploy__v10__policy=second, deploy__v9__policy=first)
    clone.commit("2024-02-01", deploy__v1__policy=first, other=document("s3:D"))
    found = [each for each in gather_history(str(clone.folder)) if isinstance(each, SourcePolicy)]
    assert {each.name for each in found} == {"deploy", "other"}
    (deploy,) = [each for each in found if each.name == "deploy"]
    assert {each.version_id: each.is_default for each in deploy.versions} == {
        "v1": False, "v9": False, "v10": True
    }  # fmt: skip


def test_a_file_of_several_policies_is_named_once_and_none_is_taken_for_another(
    clone: Clone,
) -> None:
    several = json.dumps([detail("One"), detail("Two")])
    clone.commit("2024-08-01", export=several)
    clone.commit("2024-08-02", export=f"{several} ")
    report = imported(clone)
    (rejected,) = report["rejected"]
    assert ":policies/export" in rejected["place"]
    assert "2 policies in one file (One, Two)" in rejected["reason"]
    assert not Policy.objects.filter(name__in=("export", "One", "Two")).exists()
