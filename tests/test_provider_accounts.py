"""Log in by OpenID Connect: a real provider, whom its answers make, and what can go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings

from policyhub.logins import provider as of_provider
from policyhub.logins.checks import check_provider
from policyhub.logins.models import ProviderAccount
from tests.servers import free_port, openid_provider

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CLIENT = {"OIDC_CLIENT_ID": "policyhub", "OIDC_CLIENT_SECRET": "not told"}
ROLES = {"curator": "editors", "administrator": "security"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with openid_provider() as url:
        yield url


@pytest.fixture(autouse=True)
def configured(issuer: str) -> Iterator[None]:
    of_provider.provider.cache_clear()
    with override_settings(OIDC_ISSUER=issuer, **CLIENT):
        yield
    of_provider.provider.cache_clear()


def is_known_as(issuer: str, subject: str, **claims: Any) -> None:
    """Tell the provider who somebody is."""
    requests.put(f"{issuer}/users/{subject}", json=claims, timeout=10).raise_for_status()


def sent_to_provider(client: Client, **query: str) -> str:
    answer = client.get("/login/provider/", query)
    assert answer.status_code == 302
    return str(answer["Location"])


def sent_back(address: str, **form: str) -> str:
    """What a person does at the provider; the path and query they come back to."""
    answer = requests.post(address, data=form, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def log_in(client: Client, subject: str, **query: str) -> Any:
    return client.get(sent_back(sent_to_provider(client, **query), sub=subject))


def user_of(subject: str) -> User:
    return ProviderAccount.objects.get(subject=subject).user


def role_of(user: User) -> tuple[list[str], bool]:
    return list(user.groups.values_list("name", flat=True)), user.is_staff


def test_the_log_in_page_leads_to_the_provider_and_back(client: Client, issuer: str) -> None:
    page = client.get("/login/?next=/desk/").content.decode()
    assert "Log in with 127." in page
    assert 'href="/login/provider/?next=%2Fdesk%2F"' in page
    is_known_as(issuer, "u-1", preferred_username="rosa", email="rosa@example.com")
    answer = log_in(client, "u-1", next="/services/ecs/")
    assert (answer.status_code, answer["Location"]) == (302, "/services/ecs/")
    user = user_of("u-1")
    assert (user.username, user.email, user.has_usable_password()) == (
        "rosa",
        "rosa@example.com",
        False,
    )
    assert role_of(user) == (["Reviewers"], False)
    assert client.session["_auth_user_id"] == str(user.pk)


def test_the_request_has_a_state_a_nonce_and_a_challenge(client: Client) -> None:
    address = sent_to_provider(client)
    for part in ("state=", "nonce=", "code_challenge=", "code_challenge_method=S256"):
        assert part in address


def test_a_second_log_in_is_of_the_same_account(client: Client, issuer: str) -> None:
    is_known_as(issuer, "u-2", preferred_username="sam")
    log_in(client, "u-2")
    first = user_of("u-2")
    is_known_as(issuer, "u-2", preferred_username="sam.renamed")
    log_in(Client(), "u-2")
    assert User.objects.filter(username__startswith="sam").get() == first


def test_a_name_or_address_that_somebody_has_gives_nobodys_account_away(
    client: Client, issuer: str
) -> None:
    boss = User.objects.create_superuser("Boss", "boss@example.com", "a long enough word")
    is_known_as(issuer, "u-3", preferred_username="boss", email="boss@example.com")
    log_in(client, "u-3")
    assert user_of("u-3") != boss
    assert user_of("u-3").username == "boss-2"
    assert not user_of("u-3").is_superuser


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "kim@example.com"}, "kim@example.com"),
        ({"preferred_username": "Ann Lee / ops"}, "Ann-Lee-ops"),
        ({"preferred_username": "///"}, "account"),
        ({"preferred_username": "n" * 300}, "n" * 140),
        ({}, "u-4"),
    ],
)
def test_the_name_of_an_account_is_what_the_provider_prefers(
    client: Client, issuer: str, claims: dict[str, str], name: str
) -> None:
    is_known_as(issuer, "u-4", **claims)
    log_in(client, "u-4")
    assert user_of("u-4").username == name


@override_settings(OIDC_ROLES=ROLES)
def test_the_role_is_that_of_the_groups_at_each_log_in(client: Client, issuer: str) -> None:
    for groups, role in (
        (["editors"], (["Curators"], True)),
        (["security", "editors"], (["Administrators"], True)),
        ("editors", (["Curators"], True)),
        (["others"], (["Reviewers"], False)),
        (7, (["Reviewers"], False)),
        (None, (["Reviewers"], False)),
    ):
        is_known_as(issuer, "u-5", preferred_username="li", groups=groups)
        log_in(Client(), "u-5")
        assert role_of(user_of("u-5")) == role, groups


def test_without_roles_by_group_an_administrator_gives_them_and_they_stay(
    client: Client, issuer: str
) -> None:
    is_known_as(issuer, "u-6", groups=["security"])
    log_in(client, "u-6")
    user = user_of("u-6")
    user.groups.set([Group.objects.get(name="Curators")])
    log_in(Client(), "u-6")
    assert role_of(user_of("u-6"))[0] == ["Curators"]


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_nobody_is_led_to_another_site(client: Client, wanted: str) -> None:
    assert log_in(client, "u-7", next=wanted)["Location"] == "/"


def test_who_refuses_at_the_provider_is_not_logged_in(client: Client) -> None:
    answer = client.get(sent_back(sent_to_provider(client), action="deny"))
    assert answer.status_code == 403
    assert "did not confirm who you are (access_denied)" in answer.content.decode()
    assert not ProviderAccount.objects.exists()


def test_an_answer_that_belongs_to_another_browser_logs_nobody_in(client: Client) -> None:
    back = sent_back(sent_to_provider(client), sub="u-8")
    answer = Client().get(back)
    assert answer.status_code == 403
    assert "mismatching_state" in answer.content.decode()
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 403


def test_an_account_that_is_switched_off_is_not_logged_in(client: Client) -> None:
    log_in(client, "u-9")
    User.objects.filter(pk=user_of("u-9").pk).update(is_active=False)
    other = Client()
    answer = log_in(other, "u-9")
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()
    assert "_auth_user_id" not in other.session


def test_a_provider_that_does_not_answer_is_said(client: Client) -> None:
    of_provider.provider.cache_clear()
    with override_settings(OIDC_ISSUER=f"http://127.0.0.1:{free_port()}"):
        answer = client.get("/login/provider/")
    assert answer.status_code == 503
    assert "does not answer: nobody was logged in" in answer.content.decode()


def test_a_provider_without_the_addresses_of_one_is_said(client: Client, issuer: str) -> None:
    of_provider.provider().server_metadata.update(_loaded_at=1, issuer=issuer)
    answer = client.get("/login/provider/")
    assert answer.status_code == 403
    assert "did not confirm who you are (RuntimeError)" in answer.content.decode()


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    client: Client, issuer: str
) -> None:
    spelled = issuer.replace("127.0.0.1", "localhost")
    back = sent_back(sent_to_provider(client), sub="u-10")
    with override_settings(OIDC_ISSUER=spelled):
        answer = client.get(back)
    assert answer.status_code == 403
    assert "calls itself" in answer.content.decode()


def test_two_answers_about_different_accounts_are_not_believed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = sent_back(sent_to_provider(client), sub="u-11")
    monkeypatch.setattr(of_provider.provider(), "userinfo", lambda token: {"sub": "u-12"})
    answer = client.get(back)
    assert answer.status_code == 403
    assert "about different accounts" in answer.content.decode()


def test_without_a_provider_there_is_no_such_log_in(client: Client) -> None:
    with override_settings(OIDC_ISSUER=""):
        assert client.get("/login/provider/").status_code == 404
        assert client.get("/login/provider/done/").status_code == 404
        assert "Log in with" not in client.get("/login/").content.decode()
        assert check_provider() == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, []),
        ({"OIDC_ISSUER": "https://login.example.com/realm"}, []),
        ({"OIDC_ISSUER": "http://login.example.com"}, ["logins.E001"]),
        ({"OIDC_ISSUER": "login.example.com"}, ["logins.E001"]),
        ({"OIDC_CLIENT_ID": ""}, ["logins.E002"]),
        ({"OIDC_SCOPES": "profile"}, ["logins.E003"]),
        ({"OIDC_ROLES": {"editor": "x", "curator": "y"}}, ["logins.E004"]),
    ],
)
def test_settings_that_can_not_work_are_named(changed: dict[str, Any], code: list[str]) -> None:
    with override_settings(**changed):
        assert [each.id for each in check_provider()] == code


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyhub.logins.checks.find_spec", lambda name: None)
    (found,) = check_provider()
    assert (found.id, "--extra oidc" in str(found.hint)) == ("logins.E005", True)
