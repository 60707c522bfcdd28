"""The desk: its queue, and what is done with a finding, each with what can go wrong."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from policyhub.catalog.deriving.indexing import index_policies
from policyhub.catalog.editing.edits import edits_of
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy, PolicyVersion
from policyhub.desk import sentence_forms
from policyhub.desk.models import Acceptance, DeskVisit, NewVersionFindings, TakenFinding
from policyhub.desk.new_versions import _findings_of_version
from tests.desk.conftest import VOLUMES, accept, logged_in, misspelt, only, queue
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def progress(client: Client) -> dict[str, int]:
    told: dict[str, int] = client.get("/desk.json").json()["progress"]
    return told


def undo(client: Client, **changed: str) -> Any:
    page = client.get("/desk/").content.decode()
    form = form_of(page, "undo") if 'id="undo"' in page else {"deed": ["0"]}
    return client.post(reverse("desk:undo"), dict(form) | changed)


# --- who may ---


ADDRESSES = ["/desk/", "/desk.json", "/desk.csv", "/desk/edit/0123456789abcdef/"]
DEEDS = ["/desk/accept/", "/desk/assign/", "/desk/undo/", "/desk/edit/0123456789abcdef/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_reviewer_sees_nothing_of_it(address: str) -> None:
    answer = logged_in("rae", is_curator=False).get(address)
    assert answer.status_code == 403
    assert "DescribeVolume" not in answer.content.decode()


@pytest.mark.parametrize("address", DEEDS)
@pytest.mark.parametrize("name", ["rae", ""])
def test_a_reviewer_or_nobody_can_do_nothing(curator: Client, address: str, name: str) -> None:
    row = misspelt(curator)
    client = logged_in(name, is_curator=False) if name else Client()
    sent = {"finding": row["key"], "digest": row["digest"], "reason": "mine", "pattern": "ecs"}
    assert client.post(address, sent).status_code == 403
    assert not Acceptance.objects.exists()
    assert not TakenFinding.objects.exists()


def test_whoever_is_not_logged_in_is_led_to_the_log_in(client: Client) -> None:
    answer = client.get("/desk/?kind=check")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/desk/%3Fkind%3Dcheck"
    assert client.get("/desk.json").status_code == 403


def test_the_menu_leads_curators_there_and_nobody_else(curator: Client, client: Client) -> None:
    assert 'href="/desk/"' in curator.get("/").content.decode()
    assert 'href="/desk/"' not in client.get("/").content.decode()
    assert 'href="/desk/"' not in logged_in("rae", is_curator=False).get("/").content.decode()


# --- the queue ---


def test_the_most_serious_come_first_with_sentence_statement_and_claim(curator: Client) -> None:
    rows = queue(curator, kind="check")
    ranks = [["high", "medium", "low"].index(each["severity"]) for each in rows]
    assert ranks == sorted(ranks)
    assert len(rows) >= 14
    page = markup_of(curator.get("/desk/", {"policy": VOLUMES, "severity": "medium"}))
    assert "retrieves information about Amazon EBS volumes" in page
    assert "DescribeVolumesForLifecycle" in page
    assert "statement=3#statement-3" in page


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"policy": "volumes"}, lambda each: each["policy"] == VOLUMES),
        ({"severity": "high"}, lambda each: each["severity"] == "high"),
        ({"kind": "outdated"}, lambda each: each["code"] == "prose-of-older-version"),
    ],
)
def test_the_filters_are_in_the_address(curator: Client, filters: Any, fits: Any) -> None:
    every, chosen = queue(curator), queue(curator, **filters)
    assert 0 < len(chosen) < len(every)
    assert all(map(fits, chosen))
    assert [each["key"] for each in chosen] == [each["key"] for each in every if fits(each)]


@pytest.mark.parametrize(
    "query", ["kind=nonsense", "severity=worst", "mine=no", "colour=red", "policy=%00"]
)
def test_a_filter_that_does_not_exist_is_said_to_be_so(curator: Client, query: str) -> None:
    assert curator.get(f"/desk.json?{query}").status_code == 400
    answer = curator.get(f"/desk/?{query}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert "Some of the input was not understood" in markup_of(answer)


def test_the_table_has_what_the_json_has(curator: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(curator.get("/desk.csv").content.decode())))
    assert [each["key"] for each in rows] == [each["key"] for each in queue(curator)]
    assert {"policy", "message", "remedy", "acceptedReason"} <= rows[0].keys()


@pytest.mark.usefixtures("new_versions_judged")
def test_new_versions_are_judged_once_and_kept(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = curator.get("/desk.json").json()["newVersions"]
    assert NewVersionFindings.objects.count() == told["count"] > 0
    assert told["left"] == 0
    lint = queue(curator, kind="lint")
    assert lint
    assert {each["kind"] for each in lint} == {"lint"}
    assert lint[0]["severity"] in ("high", "medium")
    monkeypatch.setattr("policyhub.desk.new_versions._findings_of_version", lambda version: 1 / 0)
    assert queue(curator, kind="lint") == lint


def test_what_is_not_judged_yet_is_counted(curator: Client) -> None:
    told = curator.get("/desk.json").json()["newVersions"]
    assert told["left"] == told["count"] > 0
    assert "are still to be judged" in markup_of(curator.get("/desk/"))


def test_a_risk_that_a_new_version_brought_is_in_the_queue() -> None:
    version = PolicyVersion.objects.in_force().get(policy__name="AmazonECS_FullAccess")
    first = PolicyVersion.objects.get(policy=version.policy, version_id="v20")
    reading = {"Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}
    first.document = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    first.save()
    gained = [each for each in _findings_of_version(version) if each["kind"] == "risk"]
    assert gained
    assert "which v20 did not allow so far" in gained[0]["message"]
    assert {each["severity"] for each in gained} <= {"high", "medium"}


def test_on_the_next_visit_only_later_versions_are_new(curator: Client) -> None:
    curator.get("/desk/")
    visit = DeskVisit.objects.get()
    visit.began_at -= timedelta(hours=9)
    visit.save()
    curator.get("/desk/")
    assert curator.get("/desk.json").json()["newVersions"] == {"count": 0, "left": 0}
    last = PolicyVersion.objects.in_force().order_by("-pk").first()
    assert last is not None
    DeskVisit.objects.update(seen_before=last.pk - 1)
    assert curator.get("/desk.json").json()["newVersions"]["count"] == 1


# --- accepting ---


def test_what_is_accepted_leaves_the_queue_until_it_is_undone(curator: Client) -> None:
    before, row = progress(curator), misspelt(curator)
    answer = accept(curator, row, back="/desk/?kind=check", next="abc123")
    assert (answer.status_code, answer["Location"]) == (303, "/desk/?kind=check#finding-abc123")
    assert row["key"] not in {each["key"] for each in queue(curator)}
    kept = misspelt(curator, accepted="yes")["accepted"]
    assert (kept["reason"], kept["by"], kept["until"]) == ("AWS is informed", "ines", None)
    assert progress(curator) == {"done": 1, "of": before["of"]}
    assert undo(curator).status_code == 303
    assert misspelt(curator)["accepted"] is None
    assert progress(curator) == before
    assert Acceptance.objects.exclude(undone_at=None).count() == 1


def test_it_comes_back_when_its_evidence_changes(curator: Client) -> None:
    row = misspelt(curator)
    accept(curator, row)
    description = PermissionDescription.objects.get(pattern="ec2:DescribeVolume")
    description.claim = {**(description.claim or {}), "text": "The page has other words now."}
    description.save()
    index_policies([description.policy_id])
    again = misspelt(curator)
    assert again["key"] == row["key"]
    assert again["accepted"]["counts"] is False
    assert "the evidence has changed since" in markup_of(curator.get("/desk/?policy=Volumes"))


def test_it_comes_back_after_the_last_day(curator: Client) -> None:
    today = timezone.localdate()
    accept(curator, misspelt(curator), until=today.isoformat())
    assert misspelt(curator, accepted="yes")["accepted"]["until"] == today.isoformat()
    Acceptance.objects.update(until=today - timedelta(days=1))
    assert misspelt(curator)["accepted"]["counts"] is False
    assert "it was accepted until" in markup_of(curator.get("/desk/?policy=Volumes"))
    accept(curator, misspelt(curator), reason="again")
    undo(curator)
    assert misspelt(curator)["accepted"]["reason"] == "AWS is informed"


BAD_ACCEPTANCES = [
    ({"reason": "  "}, 422, "give a reason"),
    ({"reason": "x" * 2_001}, 422, "give a reason"),
    ({"until": "tomorrow"}, 422, "is not a day"),
    ({"until": "2020-01-01"}, 422, "is over already"),
    ({"digest": "of something else"}, 409, "has changed since the page was shown"),
    ({"finding": "nonsense"}, 404, "no longer there"),
    ({"back": "https://example.com/"}, 400, "not an address of the desk"),
    ({"back": "//example.com/desk/"}, 400, "not an address of the desk"),
    ({"reason": "a\x00b"}, 422, "give a reason"),
]


@pytest.mark.parametrize(("changed", "status", "said"), BAD_ACCEPTANCES)
def test_what_can_not_be_accepted_is_answered_with_the_reason(
    curator: Client, changed: dict[str, str], status: int, said: str
) -> None:
    answer = accept(curator, misspelt(curator), **changed)
    assert answer.status_code == status
    assert said in markup_of(answer)
    assert not Acceptance.objects.exists()


def test_check_policies_lists_it_as_accepted(curator: Client) -> None:
    from tests.desk.test_check_policies import results

    accept(curator, misspelt(curator))
    [result] = results(VOLUMES)
    [kept] = result["accepted"]
    assert (kept["reason"], kept["evidence"]["pattern"]) == (
        "AWS is informed",
        "ec2:DescribeVolume",
    )
    assert not [each for each in result["findings"] if "suggestions" in each["evidence"]]


# --- assigning ---


def test_a_finding_is_taken_by_one_and_left_again(curator: Client) -> None:
    row, assign = misspelt(curator), reverse("desk:assign")
    assert curator.post(assign, {"finding": row["key"]}).status_code == 303
    assert [each["key"] for each in queue(curator, mine="yes")] == [row["key"]]
    other = logged_in("jo")
    assert queue(other, mine="yes") == []
    refused = other.post(assign, {"finding": row["key"]})
    assert refused.status_code == 409
    assert "ines has taken this finding" in markup_of(refused)
    other.post(assign, {"finding": row["key"], "release": "yes"})
    assert misspelt(curator)["assignedTo"] == "ines"
    curator.post(assign, {"finding": row["key"], "release": "yes"})
    assert misspelt(curator)["assignedTo"] is None
    undo(curator)
    assert misspelt(curator)["assignedTo"] == "ines"
    undo(curator)
    assert misspelt(curator)["assignedTo"] is None


# --- editing in place ---


def edit_form(client: Client, row: dict[str, Any]) -> dict[str, Any]:
    page = client.get(f"/desk/edit/{row['key']}/").content.decode()
    return dict(form_of(page, "sentence"))


def save(client: Client, row: dict[str, Any], form: dict[str, Any]) -> Any:
    return client.post(f"/desk/edit/{row['key']}/", form)


def test_the_sentence_concerned_is_edited_alone_recorded_and_undone(curator: Client) -> None:
    row = misspelt(curator)
    form = edit_form(curator, row)
    assert form["pattern"] == ["ec2:DescribeVolume"]
    answer = save(curator, row, form | {"pattern": "ec2:DescribeVolumes"})
    assert answer.status_code == 303
    assert row["key"] not in {each["key"] for each in queue(curator)}
    assert misspelt(curator, corrected="yes")["corrected"] is True
    assert progress(curator)["done"] == 1
    policy = Policy.objects.get(name=VOLUMES)
    [made] = edits_of(policy)
    assert (made.author, made.subject) == ("ines", "ec2:DescribeVolumes")
    assert made.reason == "At the desk: Described, not granted"
    assert policy.curated_at is not None
    assert undo(curator).status_code == 303
    assert policy.descriptions.filter(pattern="ec2:DescribeVolume").exists()


def test_a_save_over_a_newer_state_is_refused_with_both_texts(curator: Client) -> None:
    row, other = misspelt(curator), logged_in("jo")
    mine, theirs = edit_form(curator, row), edit_form(other, row)
    assert save(other, row, theirs | {"text": "What jo wrote."}).status_code == 303
    key = misspelt(curator)["key"]
    refused = save(curator, {"key": key}, mine | {"text": "What ines wrote."})
    assert refused.status_code == 409
    page = markup_of(refused)
    assert "saved by jo" in page
    assert "What jo wrote." in page
    assert "What ines wrote." in page
    again = dict(form_of(refused.content.decode(), "sentence"))
    assert save(curator, {"key": key}, again).status_code == 303
    assert (
        PermissionDescription.objects.get(pattern="ec2:DescribeVolume").text == "What ines wrote."
    )


def test_what_others_changed_in_another_field_is_kept(curator: Client) -> None:
    row, other = misspelt(curator), logged_in("jo")
    mine = edit_form(curator, row)
    save(other, row, edit_form(other, row) | {"text": "What jo wrote."})
    refused = save(curator, row, mine | {"pattern": "ec2:DescribeVolumes"})
    assert refused.status_code == 409
    save(curator, row, dict(form_of(refused.content.decode(), "sentence")))
    kept = PermissionDescription.objects.get(pattern="ec2:DescribeVolumes")
    assert kept.text == "What jo wrote."


def test_an_edit_is_not_undone_over_a_later_one(curator: Client) -> None:
    row = misspelt(curator)
    save(curator, row, edit_form(curator, row) | {"text": "First."})
    other = logged_in("jo")
    save(other, misspelt(other), edit_form(other, misspelt(other)) | {"text": "Second."})
    answer = undo(curator)
    assert answer.status_code == 409
    assert "it was edited again" in markup_of(answer)
    assert PermissionDescription.objects.filter(text="Second.").exists()


@pytest.mark.parametrize("pattern", ["ec2:DescribeVolumez", "ec2:DescribeVolume"])
def test_a_correction_that_is_wrong_too_settles_nothing(curator: Client, pattern: str) -> None:
    row = misspelt(curator)
    save(curator, row, edit_form(curator, row) | {"pattern": pattern, "text": "Reads."})
    assert misspelt(curator)["corrected"] is False
    assert progress(curator)["done"] == 0


@pytest.mark.parametrize("pattern", ["", "EC2:Describe", "ec2:Describe Volumes", "x" * 300])
def test_an_invalid_text_comes_back_with_the_reason(curator: Client, pattern: str) -> None:
    row = misspelt(curator)
    answer = save(curator, row, edit_form(curator, row) | {"pattern": pattern, "text": "Kept."})
    assert answer.status_code == 422
    assert "Kept." in markup_of(answer)
    assert PermissionDescription.objects.filter(pattern="ec2:DescribeVolume").exists()


def test_what_is_not_described_is_described_in_place(curator: Client) -> None:
    row = only(queue(curator, policy=VOLUMES), lambda each: each["code"].startswith("granted-"))
    form = edit_form(curator, row)
    assert form["pattern"] == ["ec2:DescribeVolumes"]
    assert save(curator, row, form | {"text": "Reads volumes."}).status_code == 303
    made = PermissionDescription.objects.get(pattern="ec2:DescribeVolumes")
    assert (made.policy.name, made.text) == (VOLUMES, "Reads volumes.")
    undo(curator)
    assert not PermissionDescription.objects.filter(pattern="ec2:DescribeVolumes").exists()


def test_an_entry_and_the_texts_of_a_policy_are_edited_too(curator: Client) -> None:
    rows = queue(curator, kind="check")
    entry = only(rows, lambda each: each["code"] == "entry-describes-another-policy")
    form = edit_form(curator, entry)
    assert save(curator, entry, form | {"title": "Another title"}).status_code == 303
    assert ChangelogEntry.objects.filter(title="Another title").exists()
    code = "documented-attachable-but-path-forbids"
    policy = only(queue(curator), lambda each: each["code"] == code)
    form = edit_form(curator, policy)
    assert save(curator, policy, form | {"documented_attachable": "false"}).status_code == 303
    assert Policy.objects.get(key=policy["policy"]).documented_attachable is False


def test_a_form_sent_untouched_is_no_edit(curator: Client) -> None:
    row = misspelt(curator)
    assert save(curator, row, edit_form(curator, row)).status_code == 303
    assert edits_of(Policy.objects.get(name=VOLUMES)) == []
    assert progress(curator)["done"] == 0


def test_while_the_database_is_busy_the_text_is_kept(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> Any:
        raise OperationalError("database is locked")

    row = misspelt(curator)
    form = edit_form(curator, row)
    monkeypatch.setattr(sentence_forms, "writing", busy)
    answer = save(curator, row, form | {"text": "Not lost."})
    assert answer.status_code == 503
    assert "Not lost." in markup_of(answer)


# --- undoing ---


def test_there_is_nothing_to_undo_at_first(curator: Client) -> None:
    answer = undo(curator)
    assert answer.status_code == 409
    assert "There is nothing to undo" in markup_of(answer)


def test_one_undoes_only_ones_own_and_only_the_last(curator: Client) -> None:
    row = misspelt(curator)
    accept(curator, row)
    assert undo(logged_in("jo")).status_code == 409
    assert undo(curator, deed="999999").status_code == 409
    assert row["key"] not in {each["key"] for each in queue(curator)}
