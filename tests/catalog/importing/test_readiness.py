"""What commands do first: a database without tables gets them, one in trouble is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder

from policyhub.catalog.importing.readiness import ready_database
from policyhub.catalog.models import CatalogState
from tests.servers import manage


@pytest.mark.django_db
def test_a_database_of_an_older_release_is_not_written_to() -> None:
    MigrationRecorder.Migration.objects.filter(app="catalog").delete()
    with pytest.raises(CommandError, match=r"run `uv run manage\.py migrate`$"), ready_database():
        pytest.fail("the database was taken for ready")


@pytest.mark.django_db
def test_the_reference_is_loaded_where_none_is(monkeypatch: pytest.MonkeyPatch) -> None:
    CatalogState.objects.update(reference_version="")
    loaded: list[bool] = []
    monkeypatch.setattr(
        "policyhub.catalog.importing.readiness.indexing.load_reference", lambda: loaded.append(True)
    )
    with ready_database():
        assert loaded == [True]
    CatalogState.objects.update(reference_version="a version")
    with ready_database():
        assert loaded == [True]


@pytest.mark.django_db
def test_what_a_database_says_becomes_one_sentence() -> None:
    with pytest.raises(CommandError) as raised, ready_database():
        raise DatabaseError("disk is full\nLINE 1")
    assert str(raised.value).startswith("the database can't be used")
    assert "(disk is full LINE 1)" in str(raised.value)


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "policyhub.sqlite3"
    file.write_text("no database " * 100, encoding="utf-8")
    for command in (["import_policies", "fixtures/ecs.json"], ["load_fixtures"]):
        ended = manage(tmp_path, *command)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "file is not a database" in ended.stderr
        assert ended.stderr.count("\n") == 1
    assert file.read_text(encoding="utf-8").startswith("no database")
