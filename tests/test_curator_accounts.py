"""`manage.py createcurator`: an account that can curate, or a sentence that says why not."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

pytestmark = pytest.mark.django_db
PASSWORD = "seven green hills"


def create(monkeypatch: pytest.MonkeyPatch, name: str, *typed: str, **options: object) -> str:
    answers, out = iter(typed), StringIO()
    target = "policyhub.logins.management.commands.createcurator.getpass"
    monkeypatch.setattr(target, lambda prompt: next(answers))
    call_command("createcurator", name, stdout=out, **options)
    return out.getvalue()


def test_a_curator_logs_in_and_edits_policies_but_no_accounts(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    said = create(monkeypatch, "ines", PASSWORD, PASSWORD, email="ines@example.com")
    assert said == "ines can log in at /admin/ and edit prose.\n"
    sent = {"username": "ines", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/", sent).status_code == 302
    assert client.get("/admin/catalog/policy/").status_code == 200
    assert client.get("/admin/auth/user/").status_code == 403
    account = User.objects.get(username="ines")
    assert (account.is_staff, account.is_superuser) == (True, False)
    assert account.has_perm("catalog.add_changelogentry")
    assert not account.has_perm("catalog.change_policyversion")


def test_a_script_gives_the_password_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\nwhat follows\n"))
    create(monkeypatch, "ines", password_stdin=True)
    assert User.objects.get(username="ines").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("ines", (PASSWORD, "seven green hill"), "the two passwords differ"),
        ("ines", ("short", "short"), "too short"),
        ("ines", ("", ""), "too short"),
        ("ines", ("12345678901", "12345678901"), "entirely numeric"),
        ("seven green", ("seven green", "seven green"), "Enter a valid username"),
        ("sevengreenhills", ("sevengreenhills", "sevengreenhills"), "too similar"),
        ("", (PASSWORD, PASSWORD), "cannot be blank"),
        ("taken", (PASSWORD, PASSWORD), "already exists"),
    ],
)
def test_what_makes_no_account_is_said_and_creates_none(
    monkeypatch: pytest.MonkeyPatch, name: str, typed: tuple[str, ...], said: str
) -> None:
    User.objects.create_user("taken", password=PASSWORD)
    with pytest.raises(CommandError, match=said):
        create(monkeypatch, name, *typed)
    assert [each.username for each in User.objects.all()] == ["taken"]


def test_an_email_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="valid email"):
        create(monkeypatch, "ines", PASSWORD, PASSWORD, email="ines at home")
    assert not User.objects.exists()
