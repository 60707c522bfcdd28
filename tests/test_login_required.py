"""Where reading needs an account: what a request gets after its session's end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def needs_an_account() -> Iterator[None]:
    middleware = [*settings.MIDDLEWARE, "policyhub.logins.required.LoginRequired"]
    with override_settings(LOGIN_REQUIRED=True, MIDDLEWARE=middleware):
        yield


def test_a_page_leads_to_the_login_and_back(client: Client) -> None:
    answer = client.get("/policies/?q=ecs")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/policies/%3Fq%3Decs")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("page", "back_to"),
    [
        ("http://testserver/services/ecs/", "/services/ecs/"),
        ("https://elsewhere.example/services/", "/policies/%3Fq%3Decs"),
        ("", "/policies/%3Fq%3Decs"),
    ],
)
def test_htmx_goes_to_the_login_page_instead_of_swapping_it_into_a_list(
    client: Client, page: str, back_to: str
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    answer = client.get("/policies/?q=ecs", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Redirect"] == f"/login/?next={back_to}"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_form_that_is_sent_keeps_what_was_typed(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/simulate/", {"action": "s3:GetObject"}, headers=headers)
    assert answer.status_code == 403
    assert "HX-Redirect" not in answer
    html = answer.content.decode()
    assert "You are not logged in" in html
    assert "in another tab" in html


@pytest.mark.parametrize("path", ["/policies.json", "/changes/feed.atom"])
def test_a_program_gets_a_problem_and_no_page(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == 403
    assert [each["code"] for each in answer.json()["problems"]] == ["logged-out"]


def test_with_an_account_everything_is_answered(client: Client) -> None:
    client.force_login(User.objects.create_user("reader"))
    assert client.get("/policies/", headers={"HX-Request": "true"}).status_code == 200


def test_the_login_page_itself_needs_no_account(client: Client) -> None:
    assert client.get("/login/").status_code == 200
