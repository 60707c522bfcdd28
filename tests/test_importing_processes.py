"""Imports in processes of their own: a whole sync, and what remains when one is killed."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.given_history import Clone, answer
from tests.catalog.given_sources import detail, document
from tests.catalog.stub_iam import CREDENTIALS, stub_iam
from tests.servers import ROOT, environment, free_port, manage, manage_in_turn, moto

CORPUS = ROOT / "fixtures" / "corpus.jsonl"
TABLES = ("policy", "policyversion", "statement", "pattern", "servicegrant", "conditionuse")

# Runs a command and kills its own process at the given write to the database, or says how
# many writes there were.
RUN_AND_DIE = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
left = first = int(sys.argv[1])
def count_down(execute, sql, params, many, context):
    global left
    if sql.startswith(("INSERT", "UPDATE", "DELETE")):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    return execute(sql, params, many, context)
with connection.execute_wrapper(count_down):
    call_command(*sys.argv[2:])
print(first - left)
"""
NEVER = 1_000_000


@pytest.mark.parametrize("each", [16, pytest.param(1, marks=pytest.mark.endurance)])
def test_a_sync_into_a_fresh_installation_gives_what_the_corpus_has(
    tmp_path: Path, each: int
) -> None:
    head, *policies = CORPUS.read_text("utf-8").splitlines()
    about, policies = json.loads(head)["Corpus"], policies[::each]
    names = tmp_path / "names.json"
    names.write_text(json.dumps([json.loads(line)["PolicyName"] for line in policies]), "utf-8")
    with moto(names) as url:
        synced = manage(tmp_path, "sync_policies", "--endpoint-url", url, **CREDENTIALS)
    assert (synced.returncode, synced.stderr) == (0, "")
    assert synced.stdout.startswith(f"{len(policies):,} created, 0 updated, 0 unchanged, 0 reject")
    file = tmp_path / "dump.jsonl"
    origin = ["--origin", about["origin"], "--retrieved-on", about["retrievedOn"]]
    dumped = manage(tmp_path, "dump_policies", str(file), *origin)
    assert dumped.stdout == f"{len(policies):,} policies written to {file}\n"
    head = json.dumps({"Corpus": about | {"policies": len(policies)}})
    assert file.read_text("utf-8").splitlines() == [head, *policies]


def test_trouble_ends_the_process_with_1_and_one_sentence(tables: Path, tmp_path: Path) -> None:
    shutil.copytree(tables, data_dir := tmp_path / "data")
    url = f"http://127.0.0.1:{free_port()}"
    ended = manage(data_dir, "sync_policies", "--endpoint-url", url, **CREDENTIALS)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr


def test_a_sync_that_is_killed_goes_on_with_the_rest(ready: Path, tmp_path: Path) -> None:
    shutil.copytree(ready, data_dir := tmp_path / "data")
    command = [sys.executable, "manage.py", "sync_policies", "--endpoint-url"]
    with stub_iam(250) as stub:
        process: list[subprocess.Popen[bytes]] = []

        def kill(action: str, times: int) -> None:
            # In the third batch of a hundred policies, of two versions each.
            if action == "GetPolicyVersion" and times == 450:
                process[0].send_signal(signal.SIGKILL)

        stub.fault = kill
        environ = environment(data_dir, **CREDENTIALS)
        process.append(
            subprocess.Popen([*command, stub.url], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        )
        assert process[0].wait(timeout=120) == -signal.SIGKILL
        stub.fault = lambda action, times: None
        stub.asked.clear()
        said = goes_on(data_dir, "sync_policies", "--endpoint-url", stub.url, **CREDENTIALS)
        assert "\n50 created, 0 updated, 200 unchanged, 0 rejected" in said
        assert stub.asked["GetPolicyVersion"] == 100


def run_and_die(data_dir: Path, write: int, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that is killed at its nth write, counted from 0."""
    environ = environment(data_dir, DJANGO_SETTINGS_MODULE="policyhub.settings")
    return subprocess.run(
        [sys.executable, "-c", RUN_AND_DIE, str(write), *command],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def state(data_dir: Path) -> dict[str, Any]:
    """What the database contains: rows a table, the generation, the fixtures, the defaults."""
    with closing(sqlite3.connect(data_dir / "policyhub.sqlite3")) as database:
        counts = {
            table: database.execute(f"select count(*) from catalog_{table}").fetchone()[0]  # noqa: S608
            for table in TABLES
        }
        state = database.execute("select generation, fixture_digests from catalog_catalogstate")
        defaults = database.execute(
            "select policy_id, version_id from catalog_policyversion where is_default order by 1"
        )
        return {**counts, "state": state.fetchall(), "defaults": defaults.fetchall()}


def require_no_drift(data_dir: Path) -> None:
    checked = manage(data_dir, "reindex", "--check")
    # Linting comes in behind.
    assert checked.stdout.startswith("Nothing drifted.\n")
    assert checked.returncode == 0


def goes_on(data_dir: Path, *command: str, **extra: str) -> str:
    """What a command says that goes on where another one was ended; nothing drifted by either."""
    check = ("reindex", "--check")
    done = manage_in_turn(data_dir, check, command, check, **extra)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Nothing drifted.\n") == 2
    return done.stdout


@pytest.fixture(scope="module")
def ready(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the tables and the reference, and no policy."""
    data_dir = tmp_path_factory.mktemp("ready") / "data"
    shutil.copytree(tables, data_dir)
    (data_dir.parent / "nothing.json").write_text("{}", encoding="utf-8")
    assert (
        manage(data_dir, "import_policies", str(data_dir.parent / "nothing.json")).returncode == 2
    )
    return data_dir


def newer(name: str) -> dict[str, Any]:
    """The policy with a second version, which is its default."""
    old = detail(name)
    (first,) = old["PolicyVersionList"]
    second = {
        "VersionId": "v2",
        "IsDefaultVersion": True,
        "CreateDate": "2025-05-05T05:05:05Z",
        "Document": json.loads(document("s3:PutObject", "ec2:Run*")),
    }
    versions = [{**first, "IsDefaultVersion": False}, second]
    return {**old, "DefaultVersionId": "v2", "PolicyVersionList": versions}


def written(path: Path, details: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(each) + "\n" for each in details), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def with_old_policies(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("old") / "data"
    shutil.copytree(ready, data_dir)
    old = written(data_dir.parent / "old.jsonl", [detail(f"Old{index}") for index in range(20)])
    assert manage(data_dir, "import_policies", old).returncode == 0
    return data_dir


def test_an_import_killed_at_any_write_leaves_the_old_state_whole(
    with_old_policies: Path, tmp_path: Path
) -> None:
    updated = [newer(f"Old{index}") for index in range(20)]
    added = [detail(f"New{index}") for index in range(20)]
    command = ("import_policies", written(tmp_path / "new.jsonl", [*updated, *added]))
    before = state(with_old_policies)
    shutil.copytree(with_old_policies, whole := tmp_path / "whole")
    finished = run_and_die(whole, NEVER, *command)
    assert finished.returncode == 0, finished.stderr
    assert state(whole)["policy"] == 40
    writes = int(finished.stdout.splitlines()[-1])
    for write in (0, 1, writes // 2, writes - 1):
        shutil.copytree(with_old_policies, data_dir := tmp_path / f"killed-{write}")
        assert run_and_die(data_dir, write, *command).returncode == -signal.SIGKILL
        assert state(data_dir) == before, f"killed at write {write} of {writes}"
    assert "\n20 created, 20 updated, 0 unchanged" in goes_on(data_dir, *command)


def test_loading_the_fixtures_is_all_or_nothing(ready: Path, tmp_path: Path) -> None:
    shutil.copytree(ready, data_dir := tmp_path / "data")
    before = state(data_dir)
    # The page takes some two hundred writes; by then the corpus is being written.
    assert run_and_die(data_dir, 300, "load_fixtures").returncode == -signal.SIGKILL
    assert state(data_dir) == before
    assert before["policy"] == 0
    require_no_drift(data_dir)


def history(folder: Path, policies: int) -> Clone:
    """A clone with two versions of so many policies, one of which is an empty file at times."""
    clone = Clone(folder)
    for day, version, action in (
        ("2024-01-01", "v1", "s3:GetObject"),
        ("2024-02-01", "v2", "s3:*"),
    ):
        clone.commit(
            day,
            **{
                f"Made{number:03}": answer(version, f"{day}T00:00:00Z", action)
                for number in range(policies)
            },
        )
        clone.commit(day, Made000="")
    return clone


def test_a_history_import_that_is_killed_goes_on_and_ends_the_same(
    ready: Path, tmp_path: Path
) -> None:
    clone = history(tmp_path / "clone", 250)
    for name in ("whole", "killed"):
        shutil.copytree(ready, tmp_path / name)
    command = ("import_policies", str(clone.folder))
    whole = run_and_die(tmp_path / "whole", NEVER, *command)
    writes = int(whole.stdout.splitlines()[-1])
    assert run_and_die(tmp_path / "killed", writes * 3 // 4, *command).returncode == -signal.SIGKILL
    left = state(tmp_path / "killed")
    # What was imported is complete: each policy with both of its versions.
    assert 0 < left["policy"] < 250
    assert left["policyversion"] == 2 * left["policy"]
    created = 250 - left["policy"]
    words = f"\n{created} created, 0 updated, {left['policy']} unchanged"
    assert words in goes_on(tmp_path / "killed", *command)
    expected, found = (state(tmp_path / name) for name in ("whole", "killed"))
    assert {**found, "state": None} == {**expected, "state": None}


def require_both_come_in(data_dir: Path, tmp_path: Path, **extra: str) -> None:
    """Two programs import at once, and a third of the policies are in both of their files."""
    names = [f"Made{number:03}" for number in range(90)]
    files = [
        written(tmp_path / f"{at}.jsonl", [newer(name) for name in part])
        for at, part in enumerate((names[:60], names[30:]))
    ]
    importing = [
        subprocess.Popen(
            [sys.executable, "manage.py", "import_policies", file],
            cwd=ROOT,
            env=environment(data_dir, **extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for file in files
    ]
    said = [process.communicate(timeout=120)[0] for process in importing]
    assert [process.returncode for process in importing] == [0, 0], said
    counts = [[int(each) for each in re.findall(r"\d+", report)[:4]] for report in said]
    # Created, updated, unchanged and rejected.
    assert [sum(each) for each in zip(*counts, strict=True)] == [90, 0, 30, 0], said
    assert "\n0 created, 0 updated, " in goes_on(data_dir, "import_policies", *files, **extra)


def test_two_imports_at_once_both_come_in_on_sqlite(ready: Path, tmp_path: Path) -> None:
    shutil.copytree(ready, data_dir := tmp_path / "data")
    require_both_come_in(data_dir, tmp_path)


@pytest.mark.postgresql
def test_two_imports_at_once_from_two_machines_both_come_in_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    require_both_come_in(tmp_path, tmp_path, DATABASE_URL=database_url)
