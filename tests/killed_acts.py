"""What curators do, killed at many of its writes:

    python -m tests.killed_acts FOLDER KILLS SEED [ACT...]

The settings' data folder holds a whole installation. Each act is done in a copy of it by a child
process that kills itself; a line of JSON says for each kill whether the rows are then those from
before the act, those from after it, or neither. FOLDER is for the copies.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - models need the settings
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from policyhub.backups.contents import newest_migrations  # noqa: E402
from policyhub.catalog.editing.edits import edits_of  # noqa: E402
from policyhub.catalog.models import Policy  # noqa: E402
from tests.curating import test_edits, test_imports, test_rows  # noqa: E402
from tests.curating.conftest import NAME, edit, logged_in  # noqa: E402
from tests.desk import test_desk  # noqa: E402
from tests.desk.conftest import accept, misspelt  # noqa: E402
from tests.test_backups import USER, written  # noqa: E402

WRITES = ("INSERT", "UPDATE", "DELETE")
# What comes in behind, is derived again when it is missing, or belongs to a browser.
ALSO_DERIVED = (
    "search_",
    "judge_",
    "desk_newversionfindings",
    "desk_deskvisit",
    "django_session",
    "axes_",
)
NEVER = 1_000_000

Prepared = Any
DATABASE = Path(settings.DATABASES["default"]["NAME"])


def policy() -> Policy:
    """The policy that everything is done to."""
    return Policy.objects.get(name=NAME)


def save_in_the_admin(curator: Client, prepared: Prepared) -> None:
    """Save the texts, a description and an entry together."""
    changed = {"descriptions-0-text": "Makes volumes.", "changelog-0-title": "Another title"}
    edit(curator, policy(), summary="Ours.", **changed)


def save_a_row(curator: Client, prepared: Prepared) -> None:
    """Save a description behind its pencil."""
    row = policy().descriptions.get(pattern=test_rows.WRONG)
    form = test_rows.opened(curator, row)
    assert test_rows.send(curator, row, form, text="Sees volumes.").status_code == 302


def prepare_put_back(curator: Client) -> Prepared:
    """Save, so that there is something to put back."""
    save_in_the_admin(curator, None)


def put_back(curator: Client, prepared: Prepared) -> None:
    """Put everything back since the first edit."""
    first = edits_of(policy())[-1]
    form = test_edits.put_back_form(curator, first, "put-back-since")
    assert test_edits.send(curator, form).status_code == 302


def prepare_import(curator: Client) -> Prepared:
    """Bring a file in that changes a policy; the address of its preview."""
    versions = [("v8", test_imports.document("ecs:*")), ("v9", test_imports.document("s3:Get*"))]
    return test_imports.bring(curator, test_imports.of_aws(policy(), *versions))


def accept_import(curator: Client, prepared: Prepared) -> None:
    """Accept what the file changes."""
    assert test_imports.decide(curator, prepared, 1).status_code == 302


def prepare_undo_of_import(curator: Client) -> Prepared:
    """Accept it, so that there is something to undo."""
    address = prepare_import(curator)
    accept_import(curator, address)
    return address


def undo_import(curator: Client, prepared: Prepared) -> None:
    """Undo the import."""
    assert test_imports.undo(curator, prepared, 1).status_code == 302


def accept_a_finding(curator: Client, prepared: Prepared) -> None:
    """Accept a finding at the desk."""
    assert accept(curator, misspelt(curator)).status_code == 303


def prepare_undo(curator: Client) -> Prepared:
    """Accept one, so that there is something to undo."""
    accept_a_finding(curator, None)


def undo_at_the_desk(curator: Client, prepared: Prepared) -> None:
    """Undo it."""
    assert test_desk.undo(curator).status_code == 303


def prepare_restore(curator: Client) -> Prepared:
    """Write a backup with an account and nothing else."""
    file = DATABASE.parent / "small.backup"
    return str(written(file, [USER], release=newest_migrations(), madeAt="2026-11-30T00:00:00"))


def restore(curator: Client, prepared: Prepared) -> None:
    """Put the backup in place of everything."""
    call_command("restore", prepared, "--replace")


Prepare = Callable[[Client], Prepared]
Act = Callable[[Client, Prepared], None]
ACTS: dict[str, tuple[Prepare, Act]] = {
    "save in the admin": (lambda _: None, save_in_the_admin),
    "save a row": (lambda _: None, save_a_row),
    "put back": (prepare_put_back, put_back),
    "accept an import": (prepare_import, accept_import),
    "undo an import": (prepare_undo_of_import, undo_import),
    "accept a finding": (lambda _: None, accept_a_finding),
    "undo at the desk": (prepare_undo, undo_at_the_desk),
    "restore": (prepare_restore, restore),
}


def in_a_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do it in a process of its own: the signal that ended it, and what it returned."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            os.write(writing, json.dumps(work()).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(pid, 0)
    return (os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0), json.loads(text or "null")


def act_and_die(act: Act, prepared: Prepared, at: int) -> int:
    """Act, and be killed before a write, counted from 0; how many writes there were."""
    curator, done = logged_in("ines"), 0

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal done
        if sql.startswith(WRITES):
            if done == at:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        act(curator, prepared)
    return done


def rows(file: Path) -> str:
    """A digest of all rows but derived ones, without the moments at which they were written."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("select name from sqlite_master where type = 'table' order by 1")
        names = [name for (name,) in found if not name.startswith((*ALSO_DERIVED, "sqlite_"))]
        for name in names:
            columns = database.execute(f"pragma table_info({name})").fetchall()
            kept = [each[1] for each in columns if each[2] != "datetime"]
            digest.update(name.encode())
            listed = ", ".join(f'"{each}"' for each in kept)
            for row in database.execute(f"select {listed} from {name} order by 1"):  # noqa: S608
                digest.update(repr(row).encode())
    return digest.hexdigest()


def put_in_place(file: Path) -> None:
    """Make a copy the database; nothing of the one before is left beside it."""
    for ending in ("-wal", "-shm", "-journal"):
        Path(f"{DATABASE}{ending}").unlink(missing_ok=True)
    shutil.copyfile(file, DATABASE)


def kept_as(file: Path) -> Path:
    """A copy of the database with everything that was committed."""
    with closing(sqlite3.connect(DATABASE)) as database, closing(sqlite3.connect(file)) as copy:
        database.backup(copy)
    return file


def kill(name: str, folder: Path, kills: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Kill an act at so many of its writes; what is left each time."""
    prepare, act = ACTS[name]
    put_in_place(folder / "whole.sqlite3")
    _, prepared = in_a_child(lambda: prepare(logged_in("ines")))
    # The log-in writes too.
    in_a_child(lambda: bool(logged_in("ines")))
    before = kept_as(folder / "before.sqlite3")
    ended, writes = in_a_child(lambda: act_and_die(act, prepared, NEVER))
    assert (ended, bool(writes)) == (0, True), f"{name} wrote nothing"
    states = {rows(before): "before", rows(kept_as(folder / "after.sqlite3")): "after"}
    assert len(states) == 2, f"{name} changed nothing"
    for at in sorted(chance.sample(range(writes), min(kills, writes))):
        put_in_place(before)
        ended, _ = in_a_child(partial(act_and_die, act, prepared, at))
        left = states.get(rows(kept_as(folder / "left.sqlite3")), "neither")
        yield {"act": name, "at": at, "of": writes, "signal": ended, "left": left}


def main(folder: Path, kills: int, seed: int, names: Sequence[str]) -> None:
    """Kill every act, or those named, and print a line for each kill."""
    setup_test_environment()
    chance = random.Random(seed)
    in_a_child(lambda: kept_as(folder / "whole.sqlite3") and None)
    for name in names or ACTS:
        for line in kill(name, folder, kills, chance):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
