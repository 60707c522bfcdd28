"""Every failure has the shape of what was asked for, and none needs the database."""

from __future__ import annotations

import errno
import gzip
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import Client, override_settings
from django.urls import include, path, re_path

from policyhub.failures import FailedRequestError
from policyhub.urls import handler400, handler403, handler404, handler500

Ask = Callable[..., Any]

# What the next request raises or answers.
_next: list[Exception | HttpResponse] = []


def fail(request: HttpRequest, **_: str) -> HttpResponse:
    outcome = _next[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


__all__ = ["handler400", "handler403", "handler404", "handler500"]
urlpatterns = [re_path(r"^(?P<rest>.*fails.*)$", fail), path("", include("policyhub.urls"))]


@pytest.fixture
def failing() -> Iterator[Ask]:
    """Ask a view that fails as configured, by a client to which no database answers."""
    client = Client(raise_request_exception=False)

    def ask(outcome: Exception | HttpResponse, path: str = "/fails", **headers: str) -> Any:
        _next[:] = [outcome]
        return client.get(path, headers=headers)

    # No test here has the mark of the database: pytest-django raises at any query.
    with override_settings(ROOT_URLCONF=__name__):
        yield ask


FAILURES: list[tuple[Exception | HttpResponse, int, str]] = [
    (SuspiciousOperation("odd"), 400, "bad-request"),
    (PermissionDenied(), 403, "forbidden"),
    (Http404(), 404, "not-found"),
    (HttpResponseNotAllowed(["GET", "HEAD"]), 405, "method"),
    (HttpResponse("no", status=409), 409, "refused"),
    (RequestDataTooBig(), 413, "too-large"),
    (ValueError("a fault of ours"), 500, "server-error"),
    (IntegrityError("UNIQUE constraint failed"), 500, "server-error"),
    (OperationalError("database is locked"), 503, "database-busy"),
    (OperationalError("deadlock detected"), 503, "database-busy"),
    (OperationalError("database or disk is full"), 503, "disk-full"),
    (OSError(errno.ENOSPC, "No space left on device"), 503, "disk-full"),
    (OperationalError("attempt to write a readonly database"), 503, "database-read-only"),
    (OperationalError("disk I/O error"), 503, "database-unavailable"),
    (OperationalError("no such table: catalog_policy"), 503, "database-unavailable"),
    (OperationalError("unable to open database file"), 503, "database-unavailable"),
    (DatabaseError("database disk image is malformed"), 503, "database-unavailable"),
    (InterfaceError("connection already closed"), 503, "database-unavailable"),
    (ProgrammingError('relation "x" does not exist'), 503, "database-unavailable"),
    (FailedRequestError(503, "busy", "Ask again.", retry_after=7), 503, "busy"),
]
each_failure = pytest.mark.parametrize(("outcome", "status", "code"), FAILURES)


@each_failure
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/fails.json", {}),
        ("/fails.json", {"Accept": "text/html"}),
        ("/fails", {"Accept": "application/json"}),
        ("/fails", {"Content-Type": "application/json"}),
        ("/fails.csv", {"Accept": "*/*"}),
    ],
)
def test_a_program_gets_a_problem_as_json(
    failing: Ask,
    outcome: Exception | HttpResponse,
    status: int,
    code: str,
    path: str,
    headers: dict[str, str],
) -> None:
    answer = failing(outcome, path, **headers)
    assert answer.status_code == status
    [problem] = json.loads(answer.content)["problems"]
    assert (problem["code"], problem["path"]) == (code, "")
    assert problem["message"]
    assert "Traceback" not in answer.content.decode()


@each_failure
@pytest.mark.parametrize("path", ["/fails", "/fails.csv"])
def test_a_person_gets_a_page_of_ours(
    failing: Ask,
    outcome: Exception | HttpResponse,
    status: int,
    code: str,
    path: str,
) -> None:
    answer = failing(outcome, path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    html = answer.content.decode()
    assert answer.status_code == status
    assert html.startswith("<!DOCTYPE html>")
    assert 'class="site-header"' in html
    assert "Traceback" not in html
    assert "no-store" in answer["Cache-Control"]


@each_failure
def test_htmx_gets_a_notice_that_it_can_show(
    failing: Ask, outcome: Exception | HttpResponse, status: int, code: str
) -> None:
    answer = failing(outcome, **{"HX-Request": "true"})
    html = answer.content.decode()
    assert answer.status_code == status
    assert html.strip().startswith('<div class="notice tone-bad" id="failure" role="alert"')
    assert f'data-failure="{code}"' in html


@each_failure
def test_a_client_of_aws_gets_its_xml(
    failing: Ask, outcome: Exception | HttpResponse, status: int, code: str
) -> None:
    answer = failing(outcome, "/aws/fails")
    assert answer.status_code == status
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    error = ElementTree.fromstring(answer.content)[0]  # noqa: S314 - our own answer
    assert [each.tag.partition("}")[2] for each in error] == ["Type", "Code", "Message"]
    assert error[0].text == ("Sender" if status < 500 else "Receiver")


@each_failure
def test_only_what_may_pass_by_itself_says_when_to_try_again(
    failing: Ask, outcome: Exception | HttpResponse, status: int, code: str
) -> None:
    assert ("Retry-After" in failing(outcome)) == (status == 503)


def test_a_page_that_was_compressed_on_its_way_stays_as_it_is(failing: Ask) -> None:
    page = f"<!DOCTYPE html><p>{'Both texts, in a form. ' * 40}</p>"
    answer = failing(HttpResponse(page, status=409), "/fails", **{"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content).decode() == page


def test_a_method_that_is_not_taken_says_which_are(failing: Ask) -> None:
    answer = failing(HttpResponseNotAllowed(["GET", "HEAD"]), "/fails.json")
    assert answer["Allow"] == "GET, HEAD"
    assert "use GET, HEAD" in answer.content.decode()


@pytest.mark.parametrize("address", ["/policies/", "/policies.json", "/simulate.json"])
def test_a_method_that_no_page_takes_is_not_taken_for_a_form_without_its_token(
    address: str,
) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.put(address, "{}", content_type="application/json")
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert "token" not in answer.content.decode()


def test_a_form_without_its_token_says_how_to_send_it_again() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "someone"})
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


def test_the_log_says_what_failed_but_not_what_was_asked(
    failing: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    failing(OperationalError("database is\nlocked"), "/fails?token=secret")
    assert "503 for /fails: OperationalError: database is locked" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("path", ["/policies/", "/login/", "/", "/admin/", "/nothing", "/search/"])
@pytest.mark.django_db
def test_where_the_database_is_gone_even_a_session_does_not_break_the_answer(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("unable to open database file")

    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 32
    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "ensure_connection", refuse)
    answer = client.get(path)
    assert answer.status_code in {200, 404, 503}
    assert b"</html>" in answer.content
    if answer.status_code == 503:
        assert b"The database can" in answer.content


@pytest.mark.parametrize(
    ("name", "status", "has_trace"),
    [
        ("django.security.DisallowedHost", None, False),
        ("django.security.RequestDataTooBig", None, False),
        ("django.request", 400, False),
        ("django.request", 500, True),
        ("policyhub.health", None, True),
    ],
)
def test_the_log_has_a_trace_of_our_faults_only(
    name: str, status: int | None, has_trace: bool
) -> None:
    given = {} if status is None else {"status_code": status}
    record = logging.makeLogRecord({"name": name, "exc_info": (None, None, None), **given})
    [console] = (each for each in logging.getLogger().handlers if each.filters)
    assert console.filter(record)
    assert (record.exc_info is not None) == has_trace
