"""Curators save and readers read while a history of policies is imported."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

import pytest

from policyhub.catalog.importing.history import history_path
from policyhub.catalog.sources.history_file import read_history_file
from policyhub.catalog.sources.items import SourceVersion
from tests.catalog.given_history import Clone, answer
from tests.servers import ROOT, environment, manage, started
from tests.test_curators_at_once import MAKE, Curator
from tests.test_worst_inputs import seconds_of

READ = (
    "/policies/?q=ecs", "/policies/AmazonECS_FullAccess/", "/search/?q=passrole",
    "/actions/ecs:RunTask/", "/who-can/?action=iam:PassRole", "/changes/",
)  # fmt: skip


def history(folder: Path, policies: int) -> Clone:
    """A clone with three versions of so many policies."""
    clone = Clone(folder)
    for day, version, actions in (
        ("2024-01-01", "v1", ("s3:GetObject",)),
        ("2024-02-01", "v2", ("s3:*", "ec2:Describe*")),
        ("2024-03-01", "v3", ("s3:*", "ec2:*", "iam:PassRole")),
    ):
        names = [f"Made{number:03}" for number in range(policies)]
        text = answer(version, f"{day}T00:00:00Z", *actions)
        clone.commit(day, **dict.fromkeys(names, text))
    return clone


def history_of_aws(folder: Path, policies: int) -> Clone:
    """A clone with the documents of so many of AWS's policies, all versions, under new names."""
    clone = Clone(folder)
    _, known = read_history_file(history_path())
    sources = [each.as_source("history") for each in islice(known, policies)]
    for number in range(max(len(each.versions) for each in sources)):
        texts = {
            f"Made{source.name}": policy_version(source.versions[number])
            for source in sources
            if number < len(source.versions)
        }
        clone.commit("2024-01-01", **texts)
    return clone


def policy_version(version: SourceVersion) -> str:
    """The output of `aws iam get-policy-version`."""
    created = (
        version.created_at or version.not_after or datetime(2024, 1, 1, tzinfo=UTC)
    ).isoformat()
    answered = {"VersionId": version.version_id, "CreateDate": created, "IsDefaultVersion": True}
    return json.dumps({"PolicyVersion": answered | {"Document": json.loads(version.document)}})


def in_threads(works: list[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for each in threads:
        each.start()
    return threads


@dataclass(frozen=True)
class Beside:
    """What happened beside an import.

    The statuses of saves, those that were done before it had ended, and the seconds of reads by
    their pages while it ran.
    """

    statuses: Counter[int]
    within: int
    waited: dict[str, list[float]]


def import_beside_curators(
    data_dir: Path, clone: Clone, curators: int, saves: int, every: float = 0, **extra: str
) -> Beside:
    """Curators save, each so often and once in `every` seconds, while a history is imported."""
    statuses: Counter[int] = Counter()
    within = 0
    waited: dict[str, list[float]] = {path: [] for path in READ}
    unread: list[tuple[str, int]] = []
    with started(data_dir, **extra) as server:
        code = MAKE.format(count=curators, policies=curators)
        made = manage(data_dir, "shell", "-v", "0", "-c", code, **extra)
        paths = [f"/admin/catalog/policy/{int(each)}/change/" for each in made.stdout.split()]
        people = [Curator(f"curator{number}", server.url) for number in range(curators)]
        for curator, path in zip(people, paths, strict=True):
            curator.log_in()
            curator.ask(path)
        for path in READ * 4:
            seconds_of(server.url, path=path)
        importing = subprocess.Popen(
            [sys.executable, "manage.py", "import_policies", str(clone.folder)],
            cwd=ROOT,
            env=environment(data_dir, **extra),
            stdout=subprocess.PIPE,
            text=True,
        )

        def save(curator: Curator, path: str) -> None:
            nonlocal within
            begins = time.monotonic()
            for number in range(saves):
                time.sleep(max(0, begins + number * every - time.monotonic()))
                before = len(curator.recorded)
                curator.edit(path, number)
                statuses[302 if len(curator.recorded) > before else 503] += 1
                within += importing.poll() is None

        def read() -> None:
            while importing.poll() is None:
                for path in READ:
                    seconds, status = seconds_of(server.url, path=path)
                    waited[path].append(seconds)
                    if status != 200:
                        unread.append((path, status))
                    time.sleep(0.05)

        works = [lambda c=c, p=p: save(c, p) for c, p in zip(people, paths, strict=True)]
        for thread in in_threads([*works, read]):
            thread.join()
        said, _ = importing.communicate(timeout=600)
        assert importing.returncode == 0, said
        assert not unread
        require_found_soon(server.url, min((clone.folder / "policies").iterdir()).name)
        again = manage(data_dir, "reindex", "--check", **extra)
        assert again.returncode == 0, again.stdout
    return Beside(statuses, within, waited)


def require_found_soon(url: str, name: str) -> None:
    """What was imported is found once the index is no longer behind."""
    ends = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{url}/search.json?q={name}", timeout=20) as found:  # noqa: S310
            body = json.load(found)
        if "behind" not in body:
            break
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert body["count"] > 0


def require_nothing_lost(beside: Beside, saves: int) -> None:
    waited = [seconds for each in beside.waited.values() for seconds in each]
    slow = quantiles(waited, n=100)
    print(
        f"\n{dict(beside.statuses)}, {beside.within} within the import; {len(waited)} reads",
        end=", ",
    )
    print(f"median {slow[49]:.3f} s, 99th percentile {slow[98]:.3f} s, worst {max(waited):.3f} s")
    for path, seconds in beside.waited.items():
        print(f"  {path}: median {median(seconds):.3f} s, worst {max(seconds):.3f} s")
    assert sum(beside.statuses.values()) == saves
    assert set(beside.statuses) <= {302, 503}
    assert beside.statuses[302] >= saves * 0.9


def test_saves_and_reads_go_on_during_a_small_import(installation: Path, tmp_path: Path) -> None:
    shutil.copytree(installation, tmp_path / "data")
    clone = history(tmp_path / "clone", 20)
    beside = import_beside_curators(tmp_path / "data", clone, curators=2, saves=3)
    require_nothing_lost(beside, 6)


def save_two_hundred_times(data_dir: Path, tmp_path: Path, **extra: str) -> None:
    """Four curators open and save a policy's form once in 1.2 s, which takes as long as the import.

    That is as fast as a person opens a form, changes a text and saves.
    """
    clone = history_of_aws(tmp_path / "clone", 300)
    beside = import_beside_curators(data_dir, clone, curators=4, saves=50, every=1.2, **extra)
    require_nothing_lost(beside, 200)


@pytest.mark.endurance
def test_two_hundred_saves_during_an_import_of_three_hundred_on_sqlite(tmp_path: Path) -> None:
    save_two_hundred_times(tmp_path / "data", tmp_path)


@pytest.mark.endurance
@pytest.mark.postgresql
def test_two_hundred_saves_during_an_import_of_three_hundred_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    save_two_hundred_times(tmp_path / "data", tmp_path, DATABASE_URL=database_url)
