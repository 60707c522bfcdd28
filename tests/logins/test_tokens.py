"""Personal tokens: made and shown once, kept as digests, good for what programs read alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from policyhub.logins.models import PersonalToken
from policyhub.logins.tokens import make_token, token_digest
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    return User.objects.create_user("reader")


@pytest.fixture
def needs_an_account() -> Iterator[None]:
    middleware = [
        *settings.MIDDLEWARE,
        "policyhub.logins.tokens.ReadWithToken",
        "policyhub.logins.required.LoginRequired",
    ]
    with override_settings(LOGIN_REQUIRED=True, MIDDLEWARE=middleware):
        yield


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def made_at(client: Client, name: str) -> str:
    """A token made by the page, as the page shows it."""
    page = client.post("/account/tokens/", {"name": name})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    html = markup_of(page)
    return html.split('aria-label="The new token">')[1].split("<")[0]


def test_a_token_is_shown_once_and_ended_on_its_page(client: Client, reader: User) -> None:
    client.force_login(reader)
    assert "You have no tokens." in markup_of(client.get("/account/tokens/"))
    token = made_at(client, "feeds")
    page = client.get("/account/tokens/")
    assert token not in markup_of(page)
    (kept,) = PersonalToken.objects.all()
    assert (kept.name, kept.digest) == ("feeds", token_digest(token))
    (listed,) = client.get("/account/tokens.json").json()["results"]
    assert listed["name"] == "feeds"
    assert token not in str(listed)
    form = form_of(page.content.decode(), f"end-{kept.pk}")
    assert client.post("/account/tokens/end/", form).status_code == 302
    assert not PersonalToken.objects.exists()


@pytest.mark.usefixtures("needs_an_account")
@pytest.mark.parametrize(
    "path",
    ["/policies.json", "/policies.csv", "/changes/feed.atom", "/changes/feed.rss", "/risks.json"],
)
def test_a_program_reads_with_a_token(client: Client, reader: User, path: str) -> None:
    assert client.get(path).status_code in (302, 403)
    token = make_token(reader, "x")
    for headers in (bearer(token), basic(f"anyone:{token}")):
        assert client.get(path, headers=headers).status_code == 200


@pytest.mark.usefixtures("needs_an_account")
def test_aws_clients_send_a_token_as_their_session_token(client: Client, reader: User) -> None:
    query = {"Action": "ListPolicies", "MaxItems": "1"}
    refused = client.get("/aws/", query)
    assert refused.status_code == 403
    assert b"AWS_SESSION_TOKEN" in refused.content
    headers = {"X-Amz-Security-Token": make_token(reader, "x")}
    assert client.get("/aws/", query, headers=headers).status_code == 200
    wrong = client.get("/aws/", query, headers={"X-Amz-Security-Token": "policyhub_wrong"})
    assert wrong.status_code == 403
    assert b"<ErrorResponse" in wrong.content
    theirs = client.get("/aws/", query, headers={"X-Amz-Security-Token": "of AWS"})
    assert b"AWS_SESSION_TOKEN" in theirs.content


@pytest.mark.usefixtures("needs_an_account")
def test_a_simulation_is_posted_with_a_token(reader: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sent = {"action": "ecs:RunTask", "identityPolicies": [{"managed": "AmazonECS_FullAccess"}]}
    headers = bearer(make_token(reader, "x"))
    answer = client.post("/simulate.json", sent, content_type="application/json", headers=headers)
    assert answer.status_code == 200


@pytest.mark.usefixtures("needs_an_account")
@pytest.mark.parametrize("path", ["/policies/", "/admin/", "/account/tokens/", "/edits/"])
def test_a_token_opens_no_page(client: Client, path: str) -> None:
    token = make_token(User.objects.create_superuser("root"), "x")
    answer = client.get(path, headers=bearer(token))
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


@pytest.mark.usefixtures("needs_an_account")
@pytest.mark.parametrize("how", ["ended", "inactive", "changed", "deleted"])
def test_a_token_that_is_over_reads_nothing(client: Client, reader: User, how: str) -> None:
    token = make_token(reader, "x")
    if how == "ended":
        PersonalToken.objects.all().delete()
    elif how == "deleted":
        reader.delete()
    elif how == "inactive":
        reader.is_active = False
        reader.save()
    else:
        token += "x"
    answer = client.get("/policies.json", headers=bearer(token))
    assert answer.status_code == 403
    assert answer.json()["problems"][0]["code"] == "unknown-token"


@pytest.mark.usefixtures("needs_an_account")
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer of-another-service"},
        {"Authorization": "Basic not-base64!"},
        {"Authorization": "Basic gICA"},
        {"Authorization": "Digest policyhub_x"},
        basic("reader:a password"),
    ],
)
def test_what_is_no_token_of_ours_is_a_request_without_one(
    client: Client, headers: dict[str, str]
) -> None:
    answer = client.get("/policies.json", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["problems"][0]["code"] == "logged-out"


@pytest.mark.parametrize("sent", [{}, {"name": " "}, {"name": "x" * 101}])
def test_a_token_needs_a_name(client: Client, reader: User, sent: dict[str, Any]) -> None:
    client.force_login(reader)
    answer = client.post("/account/tokens/", sent)
    assert answer.status_code == 400
    assert "Name the token" in markup_of(answer)
    assert not PersonalToken.objects.exists()


def test_tokens_are_not_without_number(client: Client, reader: User) -> None:
    client.force_login(reader)
    for number in range(50):
        make_token(reader, str(number))
    assert client.post("/account/tokens/", {"name": "x"}).status_code == 400


@pytest.mark.parametrize("sent", [{}, {"token": "x"}, {"token": "-1"}, {"token": "of another"}])
def test_nobody_ends_the_token_of_another(
    client: Client, reader: User, sent: dict[str, str]
) -> None:
    make_token(User.objects.create_user("other"), "x")
    if sent.get("token") == "of another":
        sent = {"token": str(PersonalToken.objects.get().pk)}
    client.force_login(reader)
    assert client.post("/account/tokens/end/", sent).status_code == 302
    assert PersonalToken.objects.count() == 1


def test_the_page_needs_an_account(client: Client, reader: User) -> None:
    assert client.get("/account/tokens/").status_code == 302
    assert "/account/tokens/" not in markup_of(client.get("/facts/"))
    client.force_login(reader)
    assert "/account/tokens/" in markup_of(client.get("/facts/"))
