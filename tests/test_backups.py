"""`backup` and `restore`: every row comes back, on either database, or nothing changes at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from policyhub.backups.contents import newest_migrations
from policyhub.backups.reading import UnusableBackupError, read_head, restore
from policyhub.catalog.models import CatalogState, Policy, PolicyVersion
from tests.postgresql import PostgreSQL
from tests.servers import manage, manage_in_turn

POLICY = {
    "PolicyName": "Kept",
    "Arn": "arn:aws:iam::123456789012:policy/Kept",
    "DefaultVersionId": "v1",
    "PolicyVersionList": [
        {
            "VersionId": "v1",
            "IsDefaultVersion": True,
            "Document": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "ecs:Run*", "Resource": "*"}],
            },
        }
    ],
}
# An account, an edit that it made, a withdrawn description, and a file of any bytes.
EDIT = """
from django.contrib.auth.models import User
from policyhub.catalog.models import PermissionDescription, Policy
from policyhub.catalog.models.edit_history import edited_by
from policyhub.curating.models import BroughtFile
BroughtFile.objects.create(name="x", data=bytes(range(256)))
policy = Policy.objects.get(name="Kept")
policy.summary = "Reads clusters."
with edited_by(User.objects.create_user("ines")):
    policy.save()
said = {"text": "Runs it.", "claim": {"text": "Runs it."}}
PermissionDescription.objects.create(policy=policy, pattern="ecs", is_withdrawn=True, **said)
"""
USER = {
    "model": "auth.user",
    "pk": 7,
    "fields": {"username": "ines", "password": "x", "groups": [], "user_permissions": []},
}


def written(path: Path, rows: Iterable[Any], **head: Any) -> Path:
    """A backup of these rows, as `backup` writes it."""
    lines = [json.dumps(row) + "\n" for row in rows]
    first = {"format": "policyhub-backup", "version": 1, "rows": {}, "release": {}} | head
    end = {"end": len(lines), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
    text = "".join([json.dumps(first) + "\n", *lines, json.dumps(end) + "\n"])
    path.write_bytes(gzip.compress(text.encode()))
    return path


def rows_of(path: Path) -> list[str]:
    """The rows of a backup; the state has generations, which move with each restore."""
    with gzip.open(path, "rt", encoding="utf-8") as text:
        return [line for line in text.readlines()[1:-1] if "catalog.catalogstate" not in line]


@pytest.fixture(scope="module")
def backup(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a database with a policy and its reference."""
    folder = tmp_path_factory.mktemp("backup")
    shutil.copytree(tables, folder / "data")
    source, made = folder / "policies.json", folder / "all.backup"
    source.write_text(json.dumps([POLICY]))
    done = manage_in_turn(
        folder / "data",
        ["import_policies", str(source)],
        ["shell", "--no-imports", "-c", EDIT],
        ["backup", str(made)],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_a_backup_is_for_its_owner_alone_and_counts_its_rows(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    head = read_head(backup)
    assert sum(head["rows"].values()) == len(rows_of(backup)) + 1
    assert head["rows"]["catalog.policyversion"] == 1
    assert head["rows"]["catalog.historicalpolicy"] == 2
    assert head["rows"]["catalog.permissiondescription"] == 1
    assert not list(backup.parent.glob("*.partial"))


# Somebody else adds an account while the backup is written, after its first row.
WHILE_OTHERS_WRITE = """
import sqlite3
from pathlib import Path
from django.conf import settings
from django.contrib.auth.models import User
from policyhub.backups.writing import write_backup

written = []

def add_an_account(rows):
    if not written:
        with sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=5) as other:
            other.execute(
                "INSERT INTO auth_user (username, password, email, first_name, last_name, "
                "is_superuser, is_staff, is_active, date_joined) "
                "VALUES ('later', 'x', '', '', '', 0, 0, 1, '2026-01-01')"
            )
    written.append(rows)

write_backup(Path({path!r}), add_an_account)
print(User.objects.filter(username="later").exists())
"""


def test_a_backup_is_of_one_moment_and_keeps_nobody_from_writing(
    backup: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    code = WHILE_OTHERS_WRITE.replace("{path!r}", repr(str(path)))
    done = manage(backup.parent / "data", "shell", "--no-imports", "-c", code)
    assert done.stdout.strip() == "True", done.stderr
    assert not any('"later"' in row for row in rows_of(path))


def restored(backup: Path, data: Path, **environment: str) -> Path:
    """A backup of the database, whose tables are there, into which another one was restored."""
    again = data.parent / f"{data.name}.backup"
    done = manage_in_turn(data, ["restore", str(backup)], ["backup", str(again)], **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return again


def test_every_row_comes_back(backup: Path, tables: Path, tmp_path: Path) -> None:
    shutil.copytree(tables, tmp_path / "data")
    assert rows_of(restored(backup, tmp_path / "data")) == rows_of(backup)
    found = manage(tmp_path / "data", "compare", "Kept", "Kept")
    assert found.returncode == 0, found.stderr


@pytest.mark.postgresql
def test_a_backup_moves_from_sqlite_to_postgresql_and_back(
    backup: Path, tables: Path, tmp_path: Path, database_server: PostgreSQL
) -> None:
    url = database_server.url
    moved = restored(backup, tmp_path / "there", DATABASE_URL=url)
    assert sorted(rows_of(moved)) == sorted(rows_of(backup))
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps(
            [POLICY | {"PolicyName": "More", "Arn": "arn:aws:iam::123456789012:policy/More"}]
        )
    )
    done = manage(tmp_path / "there", "import_policies", str(other), DATABASE_URL=url)
    assert done.returncode == 0, "new rows are numbered after the restored ones: " + done.stderr
    shutil.copytree(tables, tmp_path / "back")
    assert sorted(rows_of(restored(moved, tmp_path / "back"))) == sorted(rows_of(backup))


@pytest.mark.django_db
def test_a_database_that_holds_something_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "x", [USER], release=newest_migrations())
    with pytest.raises(UnusableBackupError, match="--replace"):
        restore(path, replace=False)
    assert Policy.objects.filter(name="AmazonECS_FullAccess").exists()
    before = CatalogState.current()
    assert restore(path, replace=True) == 1
    assert [user.username for user in User.objects.all()] == ["ines"]
    assert not Policy.objects.exists()
    assert not PolicyVersion.objects.exists()
    assert CatalogState.current().generation > before.generation


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        {"model": "auth.user", "pk": 8, "fields": {"nosuchfield": 1}},
        {"model": "no.such", "pk": 1, "fields": {}},
        {"model": "auth.user", "pk": "eight", "fields": {"username": "b"}},
        "no row",
    ],
)
def test_a_row_that_cannot_be_read_leaves_everything_as_it_was(tmp_path: Path, row: Any) -> None:
    path = written(tmp_path / "x", [USER, row], release=newest_migrations())
    with pytest.raises(UnusableBackupError, match="can't be read"):
        restore(path, replace=True)
    assert not User.objects.exists()
    assert Policy.objects.filter(name="AmazonECS_FullAccess").exists()


@pytest.mark.django_db
def test_a_backup_of_another_release_names_the_migration_that_differs(tmp_path: Path) -> None:
    path = written(tmp_path / "x", [], release={**newest_migrations(), "catalog": "0001_initial"})
    with pytest.raises(UnusableBackupError, match="migration of catalog is 0001_initial"):
        restore(path, replace=True)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"", "is no backup of Policyhub"),
        (lambda data: b"no gzip", "is no backup, or was cut short"),
        (lambda data: data[:-40], "cut short"),
        (lambda data: gzip.compress(b'{"format": "other"}\n'), "is no backup of Policyhub"),
        (lambda data: gzip.compress(b"[]\n"), "is no backup of Policyhub"),
        (lambda data: gzip.compress(b"\xff\xfe\n"), "is no backup, or was cut short"),
        (
            lambda data: gzip.compress(b"".join(gzip.decompress(data).splitlines(True)[:-1])),
            "incomplete or was changed",
        ),
        (
            lambda data: gzip.compress(gzip.decompress(data).replace(b'"x"', b'"y"')),
            "incomplete or was changed",
        ),
    ],
)
def test_a_file_that_is_no_whole_backup_is_refused_before_anything_changes(
    tmp_path: Path, damage: Any, said: str
) -> None:
    path = written(tmp_path / "x", [USER])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnusableBackupError, match=said):
        read_head(path)


def test_a_later_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableBackupError, match="version 2 of the format"):
        read_head(written(tmp_path / "x", [], version=2))


def test_a_backup_never_writes_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("kept")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", path)
    assert path.read_text() == "kept"
