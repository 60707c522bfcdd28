"""Curators who edit one policy at once, over HTTP: every edit is recorded, or refused openly."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.html_forms import form_of
from tests.servers import ROOT, environment, free_port, manage, started, wait_for

PASSWORD = "a long enough word"
NAME = "AmazonECSInfrastructureRolePolicyForVolumes"
MAKE = f"""
from django.contrib.auth.models import Group, User
from policyhub.catalog.models import Policy
for number in range({{count}}):
    user, _ = User.objects.get_or_create(username=f"curator{{{{number}}}}", is_staff=True)
    user.set_password({PASSWORD!r})
    user.save()
    user.groups.add(Group.objects.get(name="Curators"))
for number in range({{policies}}):
    name = {NAME!r} + (str(number) if number else "")
    made = {{{{"attachable": True, "kind": Policy.Kind.AWS_MANAGED}}}}
    policy, _ = Policy.objects.get_or_create(name=name, defaults=made)
    print(policy.pk)
"""
COUNT_SAVES = "from django.contrib.admin.models import LogEntry; print(LogEntry.objects.count())"
# Of each policy, the texts of every record of its history, the oldest first.
HISTORY = """
import json
from policyhub.catalog.models import Policy
told = {}
for record in Policy.history.order_by("history_id"):
    told.setdefault(record.id, []).append([record.summary, record.considerations])
print(json.dumps(told))
"""
HOLD = """
import time
from django.db import transaction
from policyhub.catalog.models import CatalogState
with transaction.atomic():
    CatalogState.hold()
    print("held", flush=True)
    time.sleep({seconds})
"""
Prose = tuple[str, str]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Curator:
    """Somebody with a browser of their own; remembers which prose each save was made from."""

    name: str
    url: str
    recorded: list[tuple[str, Prose, Prose]] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), _NoRedirect()
        )

    def ask(self, path: str, form: dict[str, list[str]] | None = None) -> tuple[int, str]:
        """The status and the page."""
        body = None if form is None else urllib.parse.urlencode(form, doseq=True).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=body)  # noqa: S310 - our own
        request.add_header("Referer", f"{self.url}{path}")
        request.add_header("Accept-Encoding", "gzip")
        try:
            with self.browser.open(request, timeout=60) as answer:
                return answer.status, text_of(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, text_of(answer)

    def log_in(self) -> None:
        """Pass the admin's door."""
        _, page = self.ask("/admin/login/")
        form = form_of(page, "login-form") | {"username": [self.name], "password": [PASSWORD]}
        status, page = self.ask("/admin/login/", form)
        assert status == 302, page[-2_000:]

    def edit(self, path: str, number: int) -> None:
        """Open the form, write into one of two fields, save."""
        _, page = self.ask(path)
        form = form_of(page, "policy_form")
        seen = prose(form)
        text = f"Edit {number} of <{self.name}>, word for word."
        form |= {("summary", "considerations")[number % 2]: [text]}
        status, page = self.ask(path, form)
        if status == 302:
            self.recorded.append((path, seen, prose(form)))
            return
        self.refused += 1
        if status == 503:
            # On a busy machine not everybody gets a turn in time; the text is kept.
            assert "another save kept the database locked" in page
            assert text in prose(form_of(page, "policy_form"))
            return
        assert status == 409, page[-2_000:]
        self._assert_both_texts(page, text, seen)

    def _assert_both_texts(self, page: str, mine: str, seen: Prose) -> None:
        """My text is in its field, and what is stored now on the page."""
        form = form_of(page, "policy_form")
        assert mine in prose(form)
        assert "Not saved: since you opened this form, it was saved by curator" in page
        shown = {*prose(form), *map(html.unescape, re.findall(r'stored-now">([^<]*)', page))}
        assert shown - {mine, *seen}, "what others wrote is not shown"


def text_of(answer: Any) -> str:
    """The text of an answer, which comes compressed as browsers take it."""
    body: bytes = answer.read()
    is_compressed = answer.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(body) if is_compressed else body).decode()


def prose(form: dict[str, list[str]]) -> Prose:
    """The two texts that are edited, as a form has them."""
    summary, considerations = (form[name][0] for name in ("summary", "considerations"))
    return summary.replace("\r\n", "\n"), considerations.replace("\r\n", "\n")


def edit_at_once(
    data_dir: Path, url: str, curators: int, edits: int, policies: int = 1, **extra: str
) -> None:
    """Have everybody edit, then compare what was recorded with what is stored."""
    code = MAKE.format(count=curators, policies=policies)
    made = manage(data_dir, "shell", "-v", "0", "-c", code, **extra)
    assert made.returncode == 0, made.stderr
    paths = [f"/admin/catalog/policy/{int(each)}/change/" for each in made.stdout.split()]
    people = [Curator(f"curator{number}", url) for number in range(curators)]
    begin = threading.Barrier(curators)

    def work(curator: Curator) -> None:
        curator.log_in()
        begin.wait(timeout=120)
        for number in range(edits):
            curator.edit(paths[number % policies], number)

    with ThreadPoolExecutor(curators) as pool:
        list(pool.map(work, people))

    recorded = [each for curator in people for each in curator.recorded]
    assert len(recorded) + sum(each.refused for each in people) == curators * edits
    counted = manage(data_dir, "shell", "-v", "0", "-c", COUNT_SAVES, **extra)
    assert int(counted.stdout) == len(recorded)
    told = manage(data_dir, "shell", "-v", "0", "-c", HISTORY, **extra)
    history = {
        int(key): [tuple(row) for row in rows] for key, rows in json.loads(told.stdout).items()
    }
    for path in paths:
        saves = [(seen, saved) for at, seen, saved in recorded if at == path]
        assert saves
        states = in_order(saves)
        assert states[-1] == prose(form_of(people[0].ask(path)[1], "policy_form"))
        # Every save is an edit of the history, and the state before the first is there too.
        assert history[int(path.split("/")[4])] == states


def in_order(saves: list[tuple[Prose, Prose]]) -> list[Prose]:
    """The states of a policy from the first to the last.

    Each was written over by one save at most, and that one had seen it.
    """
    follower = dict(saves)
    assert len(follower) == len(saves)
    states = [(set(follower) - set(follower.values())).pop()]
    for _ in saves:
        states.append(follower[states[-1]])
    return states


@contextmanager
def server_on_what_is_there(data_dir: Path, **extra: str) -> Iterator[str]:
    """Django's own server with tables that were made before: real requests without the wait."""
    extra = {**extra, "DEBUG": "on"}
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", address],
        cwd=ROOT,
        env=environment(data_dir, **extra),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://{address}/healthz", process)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_four_curators_at_once_lose_nothing_on_sqlite(tables: Path, tmp_path: Path) -> None:
    shutil.copytree(tables, data_dir := tmp_path / "data")
    with server_on_what_is_there(data_dir) as url:
        edit_at_once(data_dir, url, curators=4, edits=4, policies=2)


@pytest.mark.postgresql
def test_four_curators_at_once_lose_nothing_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    with server_on_what_is_there(tmp_path, DATABASE_URL=database_url) as url:
        edit_at_once(tmp_path, url, curators=4, edits=4, policies=2, DATABASE_URL=database_url)


@pytest.mark.endurance
def test_eight_hundred_edits_of_sixteen_curators_lose_nothing_on_sqlite(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        edit_at_once(tmp_path, server.url, curators=16, edits=50, policies=10)


@pytest.mark.endurance
@pytest.mark.postgresql
def test_eight_hundred_edits_of_sixteen_curators_lose_nothing_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    with started(tmp_path, DATABASE_URL=database_url) as server:
        edit_at_once(
            tmp_path, server.url, curators=16, edits=50, policies=10, DATABASE_URL=database_url
        )


@contextmanager
def held(data_dir: Path, seconds: int, **extra: str) -> Iterator[None]:
    """Have another process lock the database, as an import does, for so long."""
    holder = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", HOLD.format(seconds=seconds)],
        cwd=ROOT,
        env=environment(data_dir, **extra),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert "held" in holder.stdout.readline()
    try:
        yield
    finally:
        holder.stdout.close()
        holder.wait(timeout=60)


def save_while_held(data_dir: Path, **extra: str) -> None:
    """A save waits for an import, though not for ever; then it keeps what was typed."""
    with started(data_dir, **extra) as server:
        made = manage(data_dir, "shell", "-v", "0", "-c", MAKE.format(count=1, policies=1), **extra)
        assert made.returncode == 0, made.stderr
        path = f"/admin/catalog/policy/{int(made.stdout)}/change/"
        curator = Curator("curator0", server.url)
        curator.log_in()
        form = form_of(curator.ask(path)[1], "policy_form") | {"summary": ["Waits its turn."]}
        with held(data_dir, seconds=10, **extra):
            assert curator.ask(path, form)[0] == 302
        stored = form_of(curator.ask(path)[1], "policy_form")
        assert stored["summary"] == ["Waits its turn."]
        with held(data_dir, seconds=30, **extra):
            status, page = curator.ask(path, stored | {"summary": ["Typed for an hour."]})
        assert status == 503
        assert "an import or another save kept the database" in page
        kept = form_of(page, "policy_form")
        assert kept["summary"] == ["Typed for an hour."]
        assert curator.ask(path, kept)[0] == 302


@pytest.mark.endurance
def test_a_save_waits_for_an_import_and_keeps_its_text_on_sqlite(tmp_path: Path) -> None:
    save_while_held(tmp_path)


@pytest.mark.endurance
@pytest.mark.postgresql
def test_a_save_waits_for_an_import_and_keeps_its_text_on_postgresql(
    tmp_path: Path, database_url: str
) -> None:
    save_while_held(tmp_path, DATABASE_URL=database_url)
