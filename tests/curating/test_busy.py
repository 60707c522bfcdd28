"""While others keep the database, nothing is saved and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from policyhub.catalog.editing.edits import edits_of
from policyhub.catalog.models import Policy
from policyhub.curating.models import BroughtFile, BroughtPolicy
from policyhub.logins.models import PersonalToken
from tests.curating.conftest import NAME, edit
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
SAID = "an import or another save kept the database locked for too long"
MODULES = (
    "policyhub.curating.row_page",
    "policyhub.curating.import_page",
    "policyhub.curating.bringing",
    "policyhub.catalog.editing.putting_back",
    "policyhub.logins.tokens_page",
)


def keep_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no save get its turn."""

    def refuse() -> Any:
        raise OperationalError("database is locked")

    for module in MODULES:
        monkeypatch.setattr(f"{module}.writing", refuse)


def test_a_text_is_kept_with_its_state(
    curator: Client, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/desk/edit/policy/{policy.pk}/"
    form: dict[str, Any] = dict(form_of(curator.get(path).content.decode(), "row-form"))
    with monkeypatch.context() as patch:
        keep_the_database(patch)
        answer = curator.post(path, form | {"summary": "Typed for an hour."})
    assert answer.status_code == 503
    assert SAID in markup_of(answer)
    kept = form_of(answer.content.decode(), "row-form")
    assert kept["summary"] == ["Typed for an hour."]
    assert curator.post(path, kept).status_code == 302
    policy.refresh_from_db()
    assert policy.summary == "Typed for an hour."


def test_an_edit_is_not_put_back(
    curator: Client, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(curator, policy, summary="Mine.")
    (made,) = edits_of(policy)
    page = curator.get(f"/edits/{NAME}/").content.decode()
    keep_the_database(monkeypatch)
    for kind in ("put-back", "put-back-since"):
        answer = curator.post("/edits/put-back/", form_of(page, f"{kind}-{made.key}"))
        assert answer.status_code == 503
        assert SAID in markup_of(answer)
    assert len(edits_of(policy)) == 1


def test_an_import_is_neither_brought_nor_decided_nor_undone(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '{"Version": "2012-10-17", "Statement": []}'
    file = BroughtFile.objects.create(name="New.json", data=text.encode())
    decision = BroughtPolicy.objects.create(file=file, place=7, key="x", is_accepted=False)
    keep_the_database(monkeypatch)
    brought = curator.post("/desk/import/", {"text": text})
    assert text in markup_of(brought).replace("&quot;", '"')
    decided = curator.post(f"/desk/import/{file.pk}/decide/", {"place": "0", "decision": "accept"})
    undone = curator.post(f"/desk/import/{file.pk}/undo/", {"decision": str(decision.pk)})
    for answer in (brought, decided, undone):
        assert answer.status_code == 503
        assert SAID in markup_of(answer)
    assert (BroughtFile.objects.count(), BroughtPolicy.objects.count()) == (1, 1)


def test_a_token_is_neither_made_nor_ended(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    curator.post("/account/tokens/", {"name": "kept"})
    keep_the_database(monkeypatch)
    made = curator.post("/account/tokens/", {"name": "new"})
    ended = curator.post("/account/tokens/end/", {"token": str(PersonalToken.objects.get().pk)})
    assert (made.status_code, ended.status_code) == (503, 503)
    assert [each.name for each in PersonalToken.objects.all()] == ["kept"]
