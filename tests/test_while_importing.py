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
from pathlib import Path
from statistics import quantiles

import pytest

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


def in_threads(works: list[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for each in threads:
        each.start()
    return threads


def import_beside_curators(
    data_dir: Path, clone: Clone, curators: int, saves: int, **extra: str
) -> tuple[Counter[int], list[float]]:
    """The statuses of the saves, and how long readers waited while the import ran."""
    statuses: Counter[int] = Counter()
    waited: list[float] = []
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
            for number in range(saves):
                before = len(curator.recorded)
                curator.edit(path, number)
                statuses[302 if len(curator.recorded) > before else 503] += 1

        def read() -> None:
            while importing.poll() is None:
                for path in READ:
                    seconds, status = seconds_of(server.url, path=path)
                    waited.append(seconds)
                    if status != 200:
                        unread.append((path, status))
                    time.sleep(0.05)

        works = [lambda c=c, p=p: save(c, p) for c, p in zip(people, paths, strict=True)]
        for thread in in_threads([*works, read]):
            thread.join()
        said, _ = importing.communicate(timeout=600)
        assert importing.returncode == 0, said
        assert not unread
        require_found_soon(server.url, "Made000")
        again = manage(data_dir, "reindex", "--check", **extra)
        assert again.returncode == 0, again.stdout
    return statuses, waited


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


def require_nothing_lost(statuses: Counter[int], waited: list[float], saves: int) -> None:
    slow = quantiles(waited, n=100)[98]
    print(f"\n{dict(statuses)}; {len(waited)} reads", end=", ")
    print(f"99th percentile {slow:.3f} s, worst {max(waited):.3f} s")
    assert sum(statuses.values()) == saves
    assert set(statuses) <= {302, 503}
    assert statuses[302] >= saves * 0.9


def test_saves_and_reads_go_on_during_a_small_import(installation: Path, tmp_path: Path) -> None:
    shutil.copytree(installation, tmp_path / "data")
    clone = history(tmp_path / "clone", 20)
    statuses, waited = import_beside_curators(tmp_path / "data", clone, curators=2, saves=3)
    require_nothing_lost(statuses, waited, 6)


@pytest.mark.endurance
def test_two_hundred_saves_during_an_import_of_three_hundred_on_sqlite(tmp_path: Path) -> None:
    clone = history(tmp_path / "clone", 300)
    statuses, waited = import_beside_curators(tmp_path / "data", clone, curators=4, saves=50)
    require_nothing_lost(statuses, waited, 200)


@pytest.mark.endurance
@pytest.mark.postgresql
def test_two_hundred_saves_during_an_import_of_three_hundred_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    clone = history(tmp_path / "clone", 300)
    statuses, waited = import_beside_curators(
        tmp_path / "data", clone, curators=4, saves=50, DATABASE_URL=database_url
    )
    require_nothing_lost(statuses, waited, 200)
