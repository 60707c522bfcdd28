"""Files, folders and standard input, as a person names them on the command line."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from policyhub.catalog.sources import files
from policyhub.catalog.sources.files import gather
from policyhub.catalog.sources.items import Rejection, Skipped, SourcePolicy
from tests.catalog.given_sources import document

DOCUMENT = document("s3:GetObject")


def names(*sources: Path) -> list[str]:
    items = gather([str(source) for source in sources])
    return [each.name for each in items if isinstance(each, SourcePolicy)]


def rejections(*sources: Path | str) -> dict[str, str]:
    items = gather([str(source) for source in sources])
    return {each.place: each.reason for each in items if isinstance(each, Rejection)}


def write(path: Path, text: str = DOCUMENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_whatever_its_ending(tmp_path: Path) -> None:
    assert names(write(tmp_path / "Reader.txt")) == ["Reader"]


def test_the_day_of_a_file_does_not_pass_for_the_day_of_its_data(tmp_path: Path) -> None:
    path = write(tmp_path / "Reader.json")
    os.utime(path, (0, 86_400 * 366))
    (policy,) = gather([str(path)])
    assert isinstance(policy, SourcePolicy)
    assert policy.retrieved_on is None


def test_a_folder_a_policy_and_a_folder_a_version_are_read_as_such(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write(tmp_path / f"team.deploy/v{number}/policy.json")
    found = [each for each in gather([str(tmp_path)]) if isinstance(each, SourcePolicy)]
    assert [(each.name, each.versions[0].version_id) for each in found] == [
        ("team.deploy", "v1"), ("team.deploy", "v2"), ("team.deploy", "v10")
    ]  # fmt: skip


def test_a_folder_is_read_to_its_last_folder_in_the_order_of_paths(tmp_path: Path) -> None:
    for name in ("b/Second.json", "a/First.JSON", "b/c/Third.jsonl", "Zeroth.ndjson"):
        write(tmp_path / name)
    assert names(tmp_path) == ["Zeroth", "First", "Second", "Third"]


def test_files_without_an_ending_are_read_where_they_look_like_json(tmp_path: Path) -> None:
    write(tmp_path / "Reader", "\n " + DOCUMENT)
    write(tmp_path / "LICENSE", "You may")
    assert names(tmp_path) == ["Reader"]
    assert rejections(tmp_path) == {}


def test_a_file_is_named_after_its_policy_with_or_without_an_ending(tmp_path: Path) -> None:
    for name in ("First.json", "Second.v2", "Third.JSONL", "Fourth.txt", "Fifth"):
        write(tmp_path / name)
    given = [tmp_path / name for name in ("First.json", "Second.v2", "Third.JSONL", "Fourth.txt")]
    assert names(*given) == ["First", "Second.v2", "Third", "Fourth"]
    assert names(tmp_path) == ["Fifth", "First", "Fourth", "Third"]


def test_hidden_files_are_passed_over_and_other_ones_are_left_out_by_name(tmp_path: Path) -> None:
    for name in ("README.md", "below/notes.txt", ".git/index.json", ".hidden.json", "a.json.bak"):
        write(tmp_path / name, "no policy")
    write(tmp_path / "Reader.json")
    assert names(tmp_path) == ["Reader"]
    assert rejections(tmp_path) == {}
    assert [item for item in gather([str(tmp_path)]) if isinstance(item, Skipped)] == [
        Skipped(
            str(tmp_path),
            "3 files are not JSON by name or content: README.md, a.json.bak, below/notes.txt",
        )
    ]


def test_of_many_other_files_ten_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    write(tmp_path / "Reader.json")
    for number in range(10, 35):
        write(tmp_path / f"{number}.py", "no policy")
    (skipped,) = (item for item in gather([str(tmp_path)]) if isinstance(item, Skipped))
    assert skipped.reason.startswith("25 files are not JSON by name or content: 10.py, 11.py, ")
    assert skipped.reason.endswith(", 19.py and 15 more")


def test_every_bad_file_of_a_folder_is_named_and_the_good_ones_are_read(tmp_path: Path) -> None:
    write(tmp_path / "Good.json")
    write(tmp_path / "empty.json", "")
    write(tmp_path / "cut.json", DOCUMENT[:30])
    write(tmp_path / "package.json", '{"name": "x"}')
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\0")
    (tmp_path / "lost.json").symlink_to(tmp_path / "nowhere.json")
    assert names(tmp_path) == ["Good"]
    assert {Path(place).name for place in rejections(tmp_path)} == {
        "empty.json",
        "cut.json",
        "package.json",
        "binary.json",
        "lost.json",
    }


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "Reader.json")
    assert names(tmp_path) == ["Reader"]


def test_a_link_to_a_folder_above_is_not_followed_round_and_round(tmp_path: Path) -> None:
    write(tmp_path / "Reader.json")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["Reader"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    assert "check the path" in rejections(missing)[str(missing)]


def test_a_folder_without_json_files_is_told(tmp_path: Path) -> None:
    write(tmp_path / "README.md", "hello")
    assert "without JSON files" in rejections(tmp_path)[str(tmp_path)]


def test_a_folder_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "Reader.json")
    locked = tmp_path / "locked"
    locked.mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path) == str(locked):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    # The superuser may read every folder, so a refusal has to be played.
    monkeypatch.setattr(os, "scandir", refuse)
    assert "Permission denied" in rejections(tmp_path)[str(locked)]
    assert names(tmp_path) == ["Reader"]


def test_a_file_beyond_all_size_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "Reader.json")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", len(DOCUMENT) - 1)
    assert "split it into smaller files" in rejections(path)[str(path)]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT.encode())))
    assert "split it into smaller files" in rejections("-")["standard input"]


def test_a_file_without_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1024)
    assert "split it into smaller files" in rejections("/dev/zero")["/dev/zero"]


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT.encode())))
    assert "without a name" in rejections("-")["standard input"]


def test_sources_are_read_in_the_order_they_are_named(tmp_path: Path) -> None:
    second, first = write(tmp_path / "Second.json"), write(tmp_path / "First.json")
    assert names(second, first) == ["Second", "First"]
