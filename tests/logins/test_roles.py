"""The three roles, and what each may do."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from policyhub.catalog.models import Policy

pytestmark = pytest.mark.django_db
PAGES = {
    "/admin/catalog/policy/": ("curator", "administrator"),
    "/edits/": ("curator", "administrator"),
    "/desk/import/": ("curator", "administrator"),
    "/admin/auth/user/": ("administrator",),
    "/admin/auth/user/add/": ("administrator",),
    "/policies/": ("reviewer", "curator", "administrator"),
    "/account/tokens/": ("reviewer", "curator", "administrator"),
}


def browser_of(role: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("sys.stdin", StringIO("seven green hills"))
    call_command("createcurator", role, role=role, password_stdin=True, stdout=StringIO())
    client = Client()
    client.force_login(User.objects.get(username=role))
    return client


@pytest.mark.parametrize("role", ["reviewer", "curator", "administrator"])
def test_a_role_opens_its_pages_and_no_others(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser_of(role, monkeypatch)
    opened = {path for path in PAGES if client.get(path).status_code == 200}
    assert opened == {path for path, roles in PAGES.items() if role in roles}


def test_a_reviewer_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser_of("reviewer", monkeypatch)
    policy = Policy.objects.all()[0]
    for path in (
        f"/desk/edit/policy/{policy.pk}/",
        "/edits/put-back/",
        "/desk/import/",
    ):
        assert client.post(path, {"summary": "Mine."}).status_code == 403
    assert not Policy.history.exists()


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("createcurator", "ines", "--role", "king")


def test_an_administrator_makes_curators_but_no_superuser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = browser_of("administrator", monkeypatch)
    made = User.objects.create_user("new")
    curators = Group.objects.get(name="Curators")
    sent: dict[str, Any] = {
        "username": "new", "is_active": "on", "is_staff": "on", "is_superuser": "on",
        "groups": [str(curators.pk)], "user_permissions": ["1"],
        "date_joined_0": "2026-01-01", "date_joined_1": "10:00:00",
    }  # fmt: skip
    page = client.get(f"/admin/auth/user/{made.pk}/change/")
    sent["form_state"] = page.context["form_state"]
    answer = client.post(f"/admin/auth/user/{made.pk}/change/", sent)
    assert answer.status_code == 302, answer.context["errors"]
    made.refresh_from_db()
    assert (made.is_superuser, made.user_permissions.count()) == (False, 0)
    assert list(made.groups.all()) == [curators]


@pytest.mark.parametrize("path", ["change/", "password/", "delete/"])
def test_an_administrator_leaves_superusers_alone(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of("administrator", monkeypatch)
    root = User.objects.create_superuser("root", password="seven green hills")
    sent = {"password1": "other green hills", "password2": "other green hills", "post": "yes"}
    answer = client.post(f"/admin/auth/user/{root.pk}/{path}", sent)
    assert answer.status_code in (302, 403, 404)
    root.refresh_from_db()
    assert root.check_password("seven green hills")
    assert "root" not in client.get("/admin/auth/user/").content.decode().split("result_list")[1]
