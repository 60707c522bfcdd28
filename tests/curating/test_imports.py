"""Imports by the browser: a preview that writes nothing, decisions one by one, undoing them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from policyhub.catalog.models import (
    CatalogState,
    ChangelogEntry,
    Policy,
    PolicyService,
    PolicyVersion,
    ServiceGrant,
    Statement,
)
from policyhub.curating.models import BroughtFile, BroughtPolicy
from tests.curating.conftest import NAME, edit
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NEW = "arn:aws:iam::123456789012:policy/Deploy"


def document(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def exported(name: str, arn: str, *versions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A policy as an export has it; the last version is the default."""
    return {
        "PolicyName": name,
        "Arn": arn,
        "DefaultVersionId": versions[-1][0],
        "PolicyVersionList": [
            {"VersionId": key, "IsDefaultVersion": key == versions[-1][0], "Document": body}
            for key, body in versions
        ],
    }


def of_aws(policy: Policy, *versions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    assert policy.arn is not None
    return exported(policy.name, policy.arn, *versions)


def bring(client: Client, *policies: dict[str, Any], **given: str) -> str:
    """Paste policies; the address of the preview."""
    today = timezone.localdate().isoformat()
    sent = {"text": json.dumps(policies), "name": "export.json", "retrieved_on": today} | given
    answer = client.post("/desk/import/", sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return str(answer["Location"])


def decide(client: Client, address: str, number: int, decision: str = "accept") -> Any:
    form = form_of(client.get(address).content.decode(), f"decide-{number}")
    return client.post(f"{address}decide/", {**form, "decision": decision})


def undo(client: Client, address: str, number: int) -> Any:
    form = form_of(client.get(address).content.decode(), f"undo-{number}")
    return client.post(f"{address}undo/", form)


def rows() -> dict[str, list[Any]]:
    """Every row that an import may touch; what is derived again without its key."""
    kept: dict[str, list[Any]] = {}
    for model in (Policy, PolicyVersion):
        kept[model.__name__] = list(model._base_manager.order_by("pk").values())
    kept["entries"] = list(ChangelogEntry.objects.filter(source="documentation").values())
    observed = ChangelogEntry.objects.filter(source="observed")
    kept["observed"] = sorted(observed.values_list("policy", "key", "title", "description"))
    statements = Statement.objects.values_list("version", "position", "actions", "resources")
    kept["statements"] = sorted(map(repr, statements))
    grants = ServiceGrant.objects.values_list("version", "service", "write_count", "read_count")
    kept["grants"] = sorted(grants)
    kept["services"] = sorted(PolicyService.objects.values_list("policy", "service"))
    return kept


def test_a_preview_says_what_would_change_and_changes_nothing(
    curator: Client, policy: Policy
) -> None:
    before = rows()
    new = exported("Deploy", NEW, ("v1", document("ecs:RunTask")))
    changed = of_aws(policy, ("v9", document("ec2:*", "iam:PassRole", "lambda:CreateFunction")))
    broken = exported("Broken", NEW + "2", ("v1", {"Statement": "none"}))
    default = policy.versions.get(is_default=True)
    same = of_aws(policy, (default.version_id, json.loads(default.document)))
    address = bring(curator, new, changed, broken, same, origin="a ticket")
    assert rows() == before
    results = curator.get(f"{address.removesuffix('/')}.json").json()["results"]
    assert [each["outcome"] for each in results] == ["new", "changed", "rejected", "same"]
    assert results[1]["newVersions"] == ["v9"]
    assert results[1]["access"] in ("widened", "both")
    assert results[1]["risksGained"]
    assert results[2]["reasons"]
    page = markup_of(curator.get(address))
    assert "From a ticket." in page
    assert "Compared with the default version that is here: wider" in page
    assert "Risks gained:" in page
    assert "Nothing of it is new." in page
    assert rows() == before


@pytest.mark.parametrize("is_new", [True, False])
def test_undoing_an_import_brings_every_row_back(
    curator: Client, policy: Policy, is_new: bool
) -> None:
    edit(curator, policy, summary="Ours.")
    before = rows()
    brought = (
        exported("Deploy", NEW, ("v1", document("ecs:RunTask")), ("v2", document("ecs:*")))
        if is_new
        else of_aws(policy, ("v8", document("ecs:*")), ("v9", document("ec2:*", "s3:Get*")))
    )
    address = bring(curator, brought)
    generation = CatalogState.current().generation
    assert decide(curator, address, 1).status_code == 302
    assert CatalogState.current().generation > generation
    assert rows() != before
    (decision,) = BroughtPolicy.objects.all()
    assert str(decision.decided_by) == "ines"
    assert undo(curator, address, 1).status_code == 302
    assert rows() == before
    decision.refresh_from_db()
    assert str(decision.undone_by) == "ines"
    assert decide(curator, address, 1).status_code == 302


def test_what_is_rejected_stays_out_and_can_be_decided_again(curator: Client) -> None:
    before = rows()
    address = bring(curator, exported("Deploy", NEW, ("v1", document("ecs:RunTask"))))
    assert decide(curator, address, 1, "reject").status_code == 302
    assert rows() == before
    assert "Rejected" in markup_of(curator.get(address))
    undo(curator, address, 1)
    decide(curator, address, 1)
    assert Policy.objects.filter(arn=NEW).exists()


def test_a_decision_about_what_was_not_seen_is_refused(curator: Client, policy: Policy) -> None:
    address = bring(curator, of_aws(policy, ("v9", document("ec2:*"))))
    form = form_of(curator.get(address).content.decode(), "decide-1")
    other = bring(curator, of_aws(policy, ("v8", document("ecs:*"))))
    decide(curator, other, 1)
    answer = curator.post(f"{address}decide/", {**form, "decision": "accept"})
    assert answer.status_code == 409
    assert "Nothing was decided" in markup_of(answer)
    assert not policy.versions.filter(version_id="v9").exists()
    assert decide(curator, address, 1).status_code == 302
    again = curator.post(f"{address}decide/", {**form, "decision": "accept"})
    assert again.status_code == 409


def test_an_import_that_later_ones_or_edits_need_is_not_undone(
    curator: Client, policy: Policy
) -> None:
    first = bring(curator, of_aws(policy, ("v8", document("ecs:*"))))
    decide(curator, first, 1)
    second = bring(curator, of_aws(policy, ("v9", document("ec2:*"))))
    decide(curator, second, 1)
    answer = undo(curator, first, 1)
    assert answer.status_code == 409
    assert "Undo the later import first" in markup_of(answer)
    described = policy.versions.get(version_id="v9")
    edit(curator, policy, described_version=str(described.pk))
    answer = undo(curator, second, 1)
    assert answer.status_code == 409
    assert "Put their edits back first" in markup_of(answer)
    assert policy.versions.filter(version_id="v9").exists()


def test_a_new_policy_that_was_edited_is_not_taken_away(curator: Client) -> None:
    address = bring(curator, exported("Deploy", NEW, ("v1", document("ecs:RunTask"))))
    decide(curator, address, 1)
    edit(curator, Policy.objects.get(arn=NEW), summary="Ours.")
    assert undo(curator, address, 1).status_code == 409
    assert Policy.objects.filter(arn=NEW).exists()


def test_a_file_is_taken_as_a_text_is_and_names_its_policy(curator: Client) -> None:
    body = json.dumps(document("ecs:RunTask")).encode()
    file = SimpleUploadedFile("FromAFile.json", body)
    answer = curator.post("/desk/import/", {"file": file, "origin": "my machine"})
    address = answer["Location"]
    (found,) = curator.get(f"{address.removesuffix('/')}.json").json()["results"]
    assert (found["policy"], found["outcome"]) == ("FromAFile", "new")
    (listed,) = curator.get("/desk/import.json").json()["results"]
    assert (listed["name"], listed["origin"], listed["by"]) == (
        "FromAFile.json",
        "my machine",
        "ines",
    )


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "one of the two"),
        ({"text": "  \n"}, "one of the two"),
        ({"text": "{}", "file": SimpleUploadedFile("a", b"{}")}, "one of the two"),
        ({"text": "{}", "retrieved_on": "2999-01-01"}, "is in the future"),
        ({"text": "{}", "retrieved_on": "tomorrow"}, "Enter a valid date"),
        ({"file": SimpleUploadedFile("a", b" " * 8_000_001)}, "More than 8 MB"),
    ],
)
def test_what_can_be_no_import_is_refused_and_the_text_kept(
    curator: Client, sent: dict[str, Any], said: str
) -> None:
    answer = curator.post("/desk/import/", sent)
    assert answer.status_code == 400
    page = markup_of(answer)
    assert said in page
    assert str(sent.get("text", "")).strip() in page
    assert not BroughtFile.objects.exists()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\xfd", b"[1, 2]", b"{", b'{"a": 1}', b"\0"])
def test_a_file_of_no_policies_says_why(curator: Client, data: bytes) -> None:
    file = BroughtFile.objects.create(name="odd.json", data=data)
    results = curator.get(f"/desk/import/{file.pk}.json").json()["results"]
    assert all(each["outcome"] == "rejected" and each["reasons"] for each in results)
    page = markup_of(curator.get(f"/desk/import/{file.pk}/"))
    assert "Accept" not in page


@pytest.mark.parametrize(
    "sent", [{}, {"place": "-1"}, {"place": "x"}, {"place": "7"}, {"place": "99999999999"}]
)
def test_a_place_that_is_not_in_the_file_is_refused(curator: Client, sent: dict[str, str]) -> None:
    address = bring(curator, exported("Deploy", NEW, ("v1", document("ecs:RunTask"))))
    assert curator.post(f"{address}decide/", sent).status_code == 400
    assert curator.post(f"{address}undo/", {"decision": "99"}).status_code == 400


def test_only_curators_import(client: Client) -> None:
    file = BroughtFile.objects.create(name="a.json", data=b"[]")
    for path in ("/desk/import/", f"/desk/import/{file.pk}/"):
        assert client.get(path)["Location"].startswith("/login/")
    assert client.post("/desk/import/", {"text": "{}"}).status_code == 403
    assert client.get(f"/desk/import/{file.pk}.json").status_code == 403
    assert BroughtFile.objects.count() == 1


def test_the_files_that_were_brought_are_listed(curator: Client) -> None:
    address = bring(curator, of_aws(Policy.objects.get(name=NAME), ("v9", document("ec2:*"))))
    page = markup_of(curator.get("/desk/import/"))
    assert address in page
    assert curator.get("/desk/import/99/").status_code == 404


def test_the_desk_lists_the_files_that_are_not_decided_about(curator: Client) -> None:
    first = exported("Deploy", NEW, ("v1", document("ecs:RunTask")))
    second = exported("Deploy2", f"{NEW}2", ("v1", document("ecs:RunTask")))
    address = bring(curator, first, second)
    for number, left in ((1, 2), (2, 1)):
        assert curator.get("/desk.json").json()["imports"] == [
            {"name": "export.json", "url": address, "left": left, "of": 2}
        ]
        assert f"{left} of 2 policies not decided" in flat(curator, "/desk/")
        decide(curator, address, number, "accept" if number == 1 else "reject")
    assert curator.get("/desk.json").json()["imports"] == []
    assert "Imports to decide about" not in flat(curator, "/desk/")
    undo(curator, address, 1)
    (again,) = curator.get("/desk.json").json()["imports"]
    assert again["left"] == 1


def flat(client: Client, address: str) -> str:
    """The markup of a page without its line breaks."""
    return " ".join(markup_of(client.get(address)).split())


def test_a_file_is_closed_where_the_rest_needs_no_decision_and_opened_again(
    curator: Client,
) -> None:
    address = bring(curator, exported("Broken", NEW, ("v1", {"Statement": "none"})))
    for is_closed in (True, False):
        form = form_of(curator.get(address).content.decode(), "close")
        assert curator.post(f"{address}close/", form).status_code == 302
        told = curator.get(f"{address.removesuffix('/')}.json").json()
        assert (told["isClosed"], told["policies"]) == (is_closed, 1)
        assert (curator.get("/desk.json").json()["imports"] == []) is is_closed


def test_only_curators_close_a_file(client: Client) -> None:
    file = BroughtFile.objects.create(name="a.json", data=b"[]")
    assert client.post(f"/desk/import/{file.pk}/close/").status_code == 403
    file.refresh_from_db()
    assert not file.is_closed
