"""Rows prepared by several processes are those that one writes, whatever happens to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from policyhub.search.finding.in_database.side_by_side import made_in_processes
from tests.servers import ROOT, environment

pytestmark = pytest.mark.django_db


def squared(number: int) -> tuple[int, int]:
    return number**2, os.getpid()


def raise_at_four(number: int) -> int:
    if number == 4:
        raise ValueError
    return number**2


def die_at_four(number: int) -> int:
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_parts_come_in_order_from_every_process(count: int) -> None:
    made = [each for each in made_in_processes(squared, range(count), 3) if each]
    assert [number for number, _ in made] == [each**2 for each in range(count)]
    assert len({process for _, process in made} - {os.getpid()}) == min(count, 3)


@pytest.mark.parametrize("make", [raise_at_four, die_at_four])
def test_parts_of_a_process_that_ended_are_none(make: Callable[[int], int]) -> None:
    made = list(made_in_processes(make, range(12), 3))
    assert made == [0, 1, 4, 9, None, 25, 36, None, 64, 81, None, 121]


def test_whoever_takes_no_more_leaves_no_process() -> None:
    taken = made_in_processes(squared, range(1_000), 2)
    found = next(taken)
    assert found is not None
    taken.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(found[1], 0)


WRITE = """
import json, os, signal, sys
import django
django.setup()
from django.core.management import call_command
from policyhub.catalog.access.current import stored_catalogue
from policyhub.catalog.deriving import indexing
from policyhub.catalog.importing.run import import_policies
from policyhub.search.finding.in_database import preparing, trigrams, writing
from policyhub.search.models import FoundText, LetterCount, TagSet, WrittenPolicy
from tests.catalog.given_sources import policy, version

processes, act = int(sys.argv[1]), sys.argv[2]
if act != "go on":
    call_command("migrate", verbosity=0)
    import_policies(
        policy(version("v1", f"s3:Get{each % 9}*"), name=f"P{each:02}") for each in range(40)
    )
writing._POLICIES_AT_ONCE = 3
write, of_policies, ours = writing._write, preparing.Preparer.of_policies, os.getpid()
count = 0

def die_at_fifth(prepared):
    global count
    count += 1
    if count == 5:
        os.kill(ours, signal.SIGKILL)
    write(prepared)

def only_elsewhere(self, keys, generations):
    assert os.getpid() != ours or act == "edit"
    return of_policies(self, keys, generations)

def edit_at_fifth(prepared):
    global count
    count += 1
    write(prepared)
    if count == 5:
        from policyhub.catalog.models import Policy
        last = Policy.objects.get(name="P39")
        last.considerations = "Weigh the zebrafinch."
        last.save()

if act == "die":
    writing._write = die_at_fifth
if act == "edit":
    writing._write = edit_at_fifth
if processes > 1:
    preparing.Preparer.of_policies = only_elsewhere
written = writing.write_missing(stored_catalogue(), processes)
texts = dict(TagSet.objects.values_list("pk", "text"))
fields = [each.attname for each in FoundText._meta.fields if each.attname != "id"]
rows = [
    [texts[value] if name in preparing.SETS else value for name, value in zip(fields, row)]
    for row in FoundText.objects.values_list(*fields)
]
counts = LetterCount.objects.exclude(count=0).values_list("word", "group", "count")
assert not trigrams._missing()
print(json.dumps([written, sorted(rows, key=str), sorted(counts)]))
"""


def run(folder: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WRITE, *arguments],
        env=environment(folder, DJANGO_SETTINGS_MODULE="policyhub.settings", **extra),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def written(folder: Path, *arguments: str, **extra: str) -> Sequence[Any]:
    folder.mkdir(exist_ok=True)
    done = run(folder, *arguments, **extra)
    assert done.returncode == 0, done.stderr
    found: Sequence[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def is_killed(command_line: Path) -> bool:
    """Whether a process is of the run that was killed."""
    try:
        return command_line.read_bytes().endswith(b"\x002\0die\0")
    except OSError:
        return False


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be split in two here")
def test_two_processes_write_what_one_writes_and_go_on_after_a_kill(tmp_path: Path) -> None:
    alone = written(tmp_path / "alone", "1", "write")
    assert alone[0] == 40
    assert len(alone[1]) == 80
    assert written(tmp_path / "two", "2", "write") == alone
    killed = tmp_path / "killed"
    killed.mkdir()
    assert run(killed, "2", "die").returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while left := [each for each in Path("/proc").glob("[0-9]*/cmdline") if is_killed(each)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert written(killed, "2", "go on") == [40 - 4 * 3, *alone[1:]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes can't be split in two here")
def test_what_is_edited_meanwhile_is_written_as_it_is(tmp_path: Path) -> None:
    _, rows, _ = written(tmp_path, "2", "edit")
    assert any("zebrafinch" in str(row) for row in rows)


@pytest.mark.postgresql
def test_two_processes_write_rows_and_make_indexes_in_postgresql_as_one_does_in_sqlite(
    tmp_path: Path, database_url: str
) -> None:
    alone = written(tmp_path / "alone", "1", "write")
    assert written(tmp_path / "two", "2", "write", DATABASE_URL=database_url) == alone
