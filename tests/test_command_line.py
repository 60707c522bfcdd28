"""Every command ends with a sentence, whatever the database, a pipe or a file does."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policyhub.command_line import ASKING
from tests.servers import ROOT, environment, manage, manage_in_turn

DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a"}],
    }
)
LINE = json.dumps({"action": "s3:GetObject", "identityPolicies": []})


@pytest.fixture(scope="module")
def data_dir(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database has its tables, and nothing in them."""
    folder = tmp_path_factory.mktemp("commands") / "data"
    shutil.copytree(tables, folder)
    return folder


COMMANDS = [
    ("who_can", "s3:GetObject"),
    ("simulate", "--action", "s3:GetObject", "--policy", "ReadOnlyAccess"),
    ("reindex",),
    *(
        pytest.param(command, marks=pytest.mark.endurance)
        for command in (
            ("compare", "A", "B"),
            ("dump_policies", "unwritten.jsonl"),
            ("import_policies", "pyproject.toml"),
            ("load_fixtures",),
        )
    ),
]


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_damaged_database_is_said_in_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "policyhub.sqlite3").write_bytes(b"this is no database" * 500)
    done = manage(tmp_path, *command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "file is not a database" in done.stderr


def test_a_database_without_tables_is_said_with_what_makes_them(tmp_path: Path) -> None:
    done = manage(tmp_path, "dump_policies", str(tmp_path / "unwritten.jsonl"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "manage.py start" in done.stderr


def test_documents_are_compared_and_judged_where_there_is_no_database(tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    file = tmp_path / "one.json"
    file.write_text(text, "utf-8")
    done = manage_in_turn(tmp_path / "none", ("compare", text, text), ("risks", str(file)))
    assert "document 1 and document 2 allow the same" in done.stdout, done.stderr
    # A risk is free: that is what `risks` ends with.
    assert done.returncode == 1, done.stderr
    assert "data-s3-1" in done.stdout
    assert "data-s3-1" in done.stdout


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("compare", DOCUMENT, DOCUMENT), "allow the same"),
        (("lint", "{file}"), "nothing found"),
        (("risks", "{file}"), "1 document"),
        (("simulate", "--policy-file", "{file}", "--action", "s3:ListBucket"), "Denied"),
        (("who_can", "s3:ListBucket"), "No managed policy allows it"),
    ],
    ids=ASKING,
)
def test_a_command_that_asks_begins_without_the_rooms_that_it_does_not_need(
    data_dir: Path, tmp_path: Path, command: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(DOCUMENT)
    assert command[0] in ASKING
    done = manage(data_dir, *(str(file) if each == "{file}" else each for each in command))
    assert done.stderr == ""
    assert said in done.stdout


def test_a_locked_database_is_said(data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "policyhub.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = manage(data_dir, "reindex")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "no other program is using it" in done.stderr


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(data_dir: Path) -> None:
    piped = f"yes '{LINE}' | {sys.executable} manage.py simulate --jsonl - | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f'{piped} >/dev/null; echo "${{PIPESTATUS[1]}}"'],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("141", "")


def test_control_c_ends_it_with_a_word(data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "manage.py", "simulate", "--jsonl", "-"],
        cwd=ROOT,
        env=environment(data_dir),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{LINE}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"interrupted\n")


def compiled(folder: Path, **variables: str) -> list[Path]:
    """The compiled modules that a command leaves in a cache of its own."""
    asked = [sys.executable, "manage.py", "help", "simulate"]
    own = {**environment(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache"), **variables}
    done = subprocess.run(asked, cwd=ROOT, env=own, capture_output=True, check=True)
    assert b"usage: manage.py simulate" in done.stdout
    return list((folder / "cache").rglob("*.pyc"))


def test_compiled_modules_are_kept_where_they_may_not_stand_next_to_their_sources(
    tmp_path: Path,
) -> None:
    kept = compiled(tmp_path, PYTHONDONTWRITEBYTECODE="1", PYTHONPYCACHEPREFIX="")
    assert any("policyhub/settings." in str(each) for each in kept)


@pytest.mark.parametrize("told", ["", "1"], ids=["they may stand there", "kept elsewhere"])
def test_compiled_modules_are_kept_there_in_no_other_case(tmp_path: Path, told: str) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert compiled(tmp_path, PYTHONDONTWRITEBYTECODE=told, PYTHONPYCACHEPREFIX=elsewhere) == []
