"""`/healthz` and `/readyz`: what a load balancer learns, and what it doesn't."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test import Client

from policyhub.catalog.models import CatalogState

PARTS = ("database", "reference", "index")


def test_a_living_process_is_ok_for_any_host_without_a_database(client: Client) -> None:
    # Without the mark for it, any query fails the test.
    answer = client.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Length"] == "2"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_probes_are_answered_over_plain_http_and_without_an_account(
    client: Client, settings: LazySettings, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get(path, headers={"host": "10.0.0.7"}).status_code == 200


def test_another_method_is_refused(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_is_what_has_all_its_parts(client: Client) -> None:
    for path in ("/readyz", "/readyz?complete"):
        answer = client.get(path, headers={"host": "10.0.0.7"})
        assert answer.status_code == 200
        assert answer.json() == {**dict.fromkeys(PARTS, "ok"), "history": "complete"}


@pytest.mark.django_db
def test_an_empty_database_is_not_ready_and_each_part_says_how_to_fill_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    CatalogState.objects.all().delete()
    monkeypatch.setattr(QuerySet, "exists", lambda self: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    parts = answer.json()
    assert all(f"`uv run manage.py {command}`" in parts[part] for part, command in (
        ("database", "load_fixtures"), ("reference", "start"), ("index", "reindex")
    ))  # fmt: skip


@pytest.mark.django_db
def test_without_a_database_it_is_not_ready_and_the_address_is_kept_to_the_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise OperationalError("connection to server at db.internal, user policyhub")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert all(len(answer.json()[part]) > 10 for part in PARTS)
    assert "db.internal" not in answer.content.decode()
    assert "db.internal" in caplog.text
