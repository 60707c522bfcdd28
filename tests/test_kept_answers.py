"""What was made for one visitor is kept for the next: of a server's processes, whichever asks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import Client

from policyhub import kept_answers as keeping
from policyhub.kept_answers import AnswersInFiles, keep_in_files, kept_answers, largest_kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which answers are kept from now on."""
    monkeypatch.setattr(keeping, "_in_files", None)
    keep_in_files(tmp_path / "answers")
    return tmp_path / "answers"


def test_without_a_server_answers_are_kept_in_memory() -> None:
    assert kept_answers() is caches["answers"]
    assert largest_kept() == 0


@pytest.mark.django_db
def test_an_answer_is_made_once_for_all_processes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Client().get("/services/")
    monkeypatch.setattr("django.template.base.Template.render", None)
    # Another process has an object of its own for the same folder.
    monkeypatch.setattr(keeping, "_in_files", AnswersInFiles(folder))
    again = Client().get("/services/")
    assert (again.content, dict(again.items())) == (first.content, dict(first.items()))


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_answers_are_for_the_owner_alone(folder: Path) -> None:
    kept_answers().set("tag", "answer")
    modes = {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize("content", [b"", b"\x80", b"cut short"])
def test_a_file_that_can_not_be_read_is_no_answer(folder: Path, content: bytes) -> None:
    kept_answers().set("tag", "answer")
    [file] = folder.iterdir()
    file.write_bytes(file.read_bytes()[:20] + content if content else content)
    assert kept_answers().get("tag") is None
    kept_answers().set("tag", "answer")
    assert kept_answers().get("tag") == "answer"


def test_where_the_disk_takes_no_answer_a_page_is_answered_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    kept_answers().set("tag", "answer")
    assert kept_answers().get("tag") is None
    assert f"can't be kept in {folder}: No space left on device" in caplog.text


def test_a_server_begins_without_what_an_earlier_one_kept(folder: Path) -> None:
    kept_answers().set("tag", "answer")
    keep_in_files(folder)
    assert kept_answers().get("tag") is None


def test_of_more_than_there_is_room_for_the_oldest_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "WRITTEN_BETWEEN", 4)
    monkeypatch.setattr(keeping, "MOST_BYTES", 5_000)
    for number in range(8):
        kept_answers().set(f"tag{number}", os.urandom(2_000))
        for path in folder.iterdir():
            # A file of the same moment is as old as its number.
            age = path.stat().st_mtime_ns - 1_000_000_000
            os.utime(path, ns=(age, age))
    # The eighth was written after there was made room among seven.
    assert [n for n in range(8) if kept_answers().get(f"tag{n}")] == [5, 6, 7]
