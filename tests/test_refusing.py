"""What every answer contains, and what is refused before any page sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client, override_settings

from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    ["/policies/a%00/", "/actions/a%00.json", "/services/%00.csv", "/condition-keys/%00/", "/%00"],
)
def test_a_path_with_a_nul_is_refused(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("cookie", [settings.SESSION_COOKIE_NAME, "other"])
def test_a_cookie_with_a_nul_is_refused(client: Client, cookie: str) -> None:
    client.cookies[cookie] = "\0eight letters"
    assert client.get("/admin/").status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/policies.json", 200),
        ("/policies.csv", 200),
        ("/nothing", 404),
        ("/policies/nothing.json", 404),
        ("/%00", 400),
        ("/admin/login/", 200),
        ("/logout/", 405),
        ("/healthz", 200),
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(
    client: Client, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    isolated(answer)


def isolated(answer: HttpResponseBase) -> None:
    """No other site may use the answer, and its page no device."""
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    allowed = [each for each in answer["Permissions-Policy"].split(", ") if "=()" not in each]
    assert not allowed
    assert "camera=()" in answer["Permissions-Policy"]
    assert not answer.has_header("Access-Control-Allow-Origin")


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60)
def test_what_is_refused_before_any_page_is_isolated_too(client: Client) -> None:
    isolated(client.get("/", headers={"Host": "other.example"}))
    isolated(client.get("/"))


@pytest.mark.parametrize(
    ("path", "kind"), [("/robots.txt", "text/plain"), ("/favicon.ico", "image/")]
)
def test_what_is_looked_for_at_the_root_is_there(client: Client, path: str, kind: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert answer.getvalue()
    isolated(answer)
    known = client.get(path, headers={"If-None-Match": answer["ETag"]})
    assert known.status_code == 304


def test_a_static_file_says_it_too(client: Client, tmp_path: Path) -> None:
    (tmp_path / "picture.svg").write_text("<svg/>", encoding="utf-8")
    with override_settings(STATIC_ROOT=tmp_path, WHITENOISE_AUTOREFRESH=False):
        answer = client.get("/static/picture.svg")
    assert answer.getvalue() == b"<svg/>"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    isolated(answer)


def test_where_reading_needs_an_account_a_stranger_learns_nothing_of_the_catalogue(
    client: Client,
) -> None:
    assert "1,582 policies, data as of" in markup_of(client.get("/login/"))
    with override_settings(LOGIN_REQUIRED=True):
        for path in ("/login/", "/nothing"):
            html = client.get(path).content.decode()
            assert "1,58" not in html
            assert "authorization reference" not in html


@pytest.mark.parametrize("path", ["/login/", "/admin/login/", "/policies/"])
def test_a_form_without_its_token_is_answered_by_a_page_of_ours(path: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(path, {"username": "x", "password": "y"})
    assert answer.status_code == 403
    html = answer.content.decode()
    assert "The form was not accepted" in html
    assert "<style" not in html


@pytest.mark.parametrize(("path", "host"), [("/", "evil.example"), ("/%00", "localhost")])
def test_what_is_refused_is_answered_by_a_page_of_ours(
    client: Client, path: str, host: str
) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 400
    html = answer.content.decode()
    assert "The request was not understood" in html
    assert host not in html
