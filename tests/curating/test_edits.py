"""Every edit is recorded with its author, shown with what it changed, and can be put back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policyhub.catalog.editing.edits import RecordedEdit, edit_called, edits_of
from policyhub.catalog.models import CatalogState, ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.models.edit_history import edited_by
from tests.curating.conftest import NAME, edit, logged_in
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = f"/edits/{NAME}/"


def newest(policy: Policy) -> RecordedEdit:
    return edits_of(policy)[0]


def put_back_form(client: Client, of: RecordedEdit, kind: str = "put-back") -> dict[str, list[str]]:
    return form_of(client.get(PAGE).content.decode(), f"{kind}-{of.key}")


def send(client: Client, form: dict[str, list[str]]) -> Any:
    return client.post(reverse("curating:put_back"), form)


def test_an_edit_says_who_when_and_which_words(curator: Client, policy: Policy) -> None:
    before = policy.summary
    edit(curator, policy, summary=f"{before} Today.")
    (made,) = edits_of(policy)
    assert (made.author, made.verb, made.kind.noun) == ("ines", "changed", "texts of the policy")
    assert (timezone.now() - made.moment).total_seconds() < 60
    (change,) = made.changes()
    assert (change.field, change.before, change.after) == ("summary", before, f"{before} Today.")
    page = markup_of(curator.get(PAGE))
    assert re.search(r"<ins>[^<]*Today", page)
    assert "<del>" not in page


def test_saving_a_form_untouched_is_no_edit(curator: Client, policy: Policy) -> None:
    edit(curator, policy)
    assert not edits_of(policy)
    assert "Nobody has edited this policy yet." in markup_of(curator.get(PAGE))


def test_loading_fixtures_and_importing_is_no_edit(curator: Client, policy: Policy) -> None:
    edit(curator, policy, summary="Mine.")
    CatalogState.objects.update(fixture_digests={})
    call_command("load_fixtures")
    assert len(edits_of(policy)) == 1
    assert not ChangelogEntry.history.exists()
    assert not PermissionDescription.history.exists()
    assert set(Policy.history.values_list("id", flat=True)) == {policy.pk}


def test_what_others_changed_between_two_edits_is_no_part_of_either(
    curator: Client, policy: Policy
) -> None:
    edit(curator, policy, summary="First.")
    Policy.objects.filter(pk=policy.pk).update(considerations="From elsewhere.")
    edit(curator, policy, summary="Second.")
    assert [[one.field for one in each.changes()] for each in edits_of(policy)] == [
        ["summary"],
        ["summary"],
    ]


@pytest.mark.parametrize(
    ("values", "verb", "noun"),
    [
        ({"descriptions-0-text": "Makes volumes."}, "changed", "description"),
        ({"descriptions-0-pattern": "ec2:CreateVolumes"}, "changed", "description"),
        ({"descriptions-0-DELETE": "on"}, "changed", "description"),
        ({"changelog-0-title": "Another title"}, "changed", "change-log entry"),
        ({"considerations": "Think first."}, "changed", "texts of the policy"),
        ({"described_version": ""}, "changed", "texts of the policy"),
        ({"trusted_services": "ec2.amazonaws.com"}, "changed", "texts of the policy"),
    ],
)
def test_each_kind_of_edit_is_put_back_and_that_is_an_edit_too(
    curator: Client, policy: Policy, values: dict[str, str], verb: str, noun: str
) -> None:
    before = rows_of(policy)
    edit(curator, policy, **values)
    made = newest(policy)
    assert (made.verb, made.kind.noun) == (verb, noun)
    assert rows_of(policy) != before
    assert send(logged_in("jo"), put_back_form(curator, made)).status_code == 302
    assert rows_of(policy) == before
    again = newest(policy)
    assert (again.author, again.reason) == ("jo", f"Put back edit {made.key}")
    assert send(curator, put_back_form(curator, again)).status_code == 302
    assert rows_of(policy) != before


def rows_of(policy: Policy) -> list[Any]:
    """Everything that is edited of a policy."""
    found: list[Any] = [Policy.objects.filter(pk=policy.pk).values().get()]
    found += PermissionDescription.objects.filter(policy=policy).order_by("pk").values()
    found += ChangelogEntry.objects.filter(policy=policy).order_by("pk").values()
    return [{name: each[name] for name in each if name != "curated_at"} for each in found]


def test_an_added_row_goes_when_it_is_put_back(curator: Client, policy: Policy) -> None:
    url = reverse("admin:catalog_changelogentry_add")
    form = form_of(curator.get(url).content.decode(), "changelogentry_form")
    sent = {"policy": policy.pk, "date": "2026-01-02", "title": "T", "description": "D"}
    assert curator.post(url, {**form, **sent}).status_code == 302
    made = newest(policy)
    assert (made.verb, made.subject) == ("added", "T")
    send(curator, put_back_form(curator, made))
    assert not ChangelogEntry.objects.filter(title="T").exists()
    assert newest(policy).verb == "deleted"


def test_all_edits_since_one_are_put_back_together(curator: Client, policy: Policy) -> None:
    edit(curator, policy, summary="Kept.")
    before = rows_of(policy)
    edit(curator, policy, **{"descriptions-0-text": "One.", "considerations": "Two."})
    first = edits_of(policy)[1]
    edit(curator, policy, **{"descriptions-1-DELETE": "on", "changelog-0-title": "Three"})
    edit(curator, policy, **{"descriptions-0-text": "Four.", "summary": "Five."})
    assert send(curator, put_back_form(curator, first, "put-back-since")).status_code == 302
    assert rows_of(policy) == before


@pytest.mark.parametrize("kind", ["put-back", "put-back-since"])
def test_nothing_is_put_back_over_what_was_not_seen(
    curator: Client, policy: Policy, kind: str
) -> None:
    edit(curator, policy, summary="First.")
    form = put_back_form(curator, newest(policy), kind)
    edit(logged_in("jo"), policy, summary="Second.")
    answer = send(curator, form)
    assert answer.status_code == 409
    page = markup_of(answer)
    assert "Not put back: it was edited again after this page was shown." in page
    assert "<strong>jo</strong>" in page
    policy.refresh_from_db()
    assert policy.summary == "Second."
    assert send(curator, form_of(answer.content.decode(), form_id(form, kind))).status_code == 302


def form_id(form: dict[str, list[str]], kind: str) -> str:
    return f"{kind}-{form['edit'][0]}"


def test_an_edit_of_a_row_that_was_deleted_since_is_not_put_back(
    curator: Client, policy: Policy
) -> None:
    policy.descriptions.update(claim=None)
    edit(curator, policy, **{"descriptions-0-text": "One."})
    made = newest(policy)
    edit(curator, policy, **{"descriptions-0-DELETE": "on"})
    assert newest(policy).verb == "deleted"
    answer = send(curator, put_back_form(curator, made))
    assert answer.status_code == 409
    assert "the description was deleted since" in markup_of(answer)


def test_a_version_that_is_gone_is_left_empty(curator: Client, policy: Policy) -> None:
    version = policy.described_version
    assert version is not None
    edit(curator, policy, described_version="", summary="Of none.")
    policy.descriptions.update(version=None)
    version.delete()
    send(curator, put_back_form(curator, newest(policy)))
    policy.refresh_from_db()
    assert policy.summary != "Of none."
    assert policy.described_version is None


@pytest.mark.parametrize("key", ["", "policy-", "policy-x", "nosuch-1", "policy-99999999999", "²"])
def test_a_key_of_no_edit_is_refused(curator: Client, key: str) -> None:
    assert edit_called(key) is None
    assert send(curator, {"edit": [key], "seen": [""]}).status_code == 400


def test_the_json_has_the_same(curator: Client, policy: Policy) -> None:
    edit(curator, policy, summary="Mine.")
    for path in (f"/edits/{NAME}.json", "/edits.json"):
        (made,) = curator.get(path).json()["results"]
        assert (made["policy"], made["by"], made["did"]) == (NAME, "ines", "changed")
        assert [each["after"] for each in made["changes"]] == ["Mine."]


@pytest.mark.parametrize("path", ["/edits/", PAGE, f"/edits/{NAME}.json", "/edits.json"])
def test_only_curators_see_edits(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == (403 if path.endswith("json") else 302)
    client.force_login(User.objects.create_user("reader"))
    assert client.get(path).status_code == 403
    assert client.post("/edits/put-back/", {"edit": "policy-1"}).status_code == 403


def test_curators_are_led_to_the_edits_and_others_not(
    client: Client, curator: Client, policy: Policy
) -> None:
    path = reverse("browse:policy_changes", args=[NAME])
    assert PAGE in markup_of(curator.get(path))
    assert PAGE not in markup_of(client.get(path))
    history = reverse("admin:catalog_policy_history", args=[policy.pk])
    assert curator.get(history)["Location"] == PAGE


def test_an_unknown_policy_has_no_edits(curator: Client) -> None:
    assert curator.get("/edits/NoSuchPolicy/").status_code == 404


def test_a_deleted_account_leaves_its_edits(curator: Client, policy: Policy) -> None:
    edit(curator, policy, summary="Mine.")
    User.objects.get(username="ines").delete()
    assert newest(policy).author == "a deleted account"


def test_nothing_outside_of_an_edit_is_recorded(policy: Policy) -> None:
    policy.summary = "By a command."
    policy.save()
    assert not Policy.history.exists()
    with edited_by(User.objects.create_user("ines")):
        policy.save()
    assert not edits_of(policy)
