"""Accepted findings have a history like all that curators edit, and can be put back by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from policyhub.desk.models import Acceptance
from tests.desk.conftest import VOLUMES, accept, misspelt
from tests.html_forms import form_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PAGE = f"/edits/{VOLUMES}/"


def edits(client: Client) -> list[dict[str, Any]]:
    """The edits of accepted findings, the newest first."""
    results: list[dict[str, Any]] = client.get(f"{PAGE.rstrip('/')}.json").json()["results"]
    return [each for each in results if each["what"] == "accepted finding"]


def put_back(client: Client, edit: dict[str, Any]) -> Any:
    form = form_of(client.get(PAGE).text, f"put-back-{edit['edit']}")
    return client.post("/edits/put-back/", form)


def undo(client: Client) -> None:
    deed = form_of(client.get("/desk/").text, "undo")["deed"][0]
    assert client.post("/desk/undo/", {"deed": deed}).status_code == 303


def test_an_acceptance_is_an_edit_with_its_author_and_reason(curator: Client) -> None:
    row = misspelt(curator)
    accept(curator, row)
    (edit,) = edits(curator)
    assert (edit["by"], edit["did"], edit["subject"]) == ("ines", "added", row["code"])
    changes = {each["field"]: each["after"] for each in edit["changes"]}
    assert changes["reason"] == "AWS is informed"
    assert not {"digest", "finding"} & changes.keys()


def test_another_reason_is_an_edit_of_the_first_and_of_a_second(curator: Client) -> None:
    accept(curator, misspelt(curator))
    accept(curator, misspelt(curator, accepted="yes"), reason="They fixed it")
    assert [each["did"] for each in edits(curator)] == ["added", "changed", "added"]


def test_putting_an_acceptance_back_opens_the_finding_again(curator: Client) -> None:
    accept(curator, misspelt(curator))
    assert put_back(curator, edits(curator)[0]).status_code == 302
    assert misspelt(curator)["accepted"] is None
    assert edits(curator)[0]["did"] == "deleted"
    assert put_back(curator, edits(curator)[0]).status_code == 302
    assert misspelt(curator, accepted="yes")["accepted"]["reason"] == "AWS is informed"


def test_undoing_at_the_desk_is_an_edit_too(curator: Client) -> None:
    accept(curator, misspelt(curator))
    undo(curator)
    assert [each["did"] for each in edits(curator)] == ["changed", "added"]
    assert misspelt(curator)["accepted"] is None


def test_what_would_be_accepted_twice_is_not_put_back(curator: Client) -> None:
    accept(curator, misspelt(curator))
    accept(curator, misspelt(curator, accepted="yes"), reason="They fixed it")
    replaced = edits(curator)[1]
    answer = put_back(curator, replaced)
    assert answer.status_code == 409
    assert "another row has its place now" in answer.text
    assert Acceptance.objects.filter(undone_at=None).get().reason == "They fixed it"
