"""A form made from an older state than it would overwrite is refused with both texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from policyhub.catalog import one_writer
from policyhub.catalog.admin import saving
from policyhub.catalog.models import ChangelogEntry, Policy
from tests.catalog.test_admin import NAME, change_url, sent_untouched
from tests.html_forms import form_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Data = dict[str, Any]


@pytest.fixture
def policy() -> Policy:
    return Policy.objects.get(name=NAME)


class Curator:
    """Somebody in a browser."""

    def __init__(self, name: str) -> None:
        self.client = Client()
        user = User.objects.create_user(name, password="a long enough word", is_staff=True)
        user.groups.add(Group.objects.get(name="Curators"))
        self.client.force_login(user)

    def opens(self, url: str) -> Data:
        return sent_untouched(self.client.get(url))

    def saves(self, url: str, form: Data, **changes: str) -> Any:
        return self.client.post(url, {**form, **changes})


@pytest.fixture
def anna() -> Curator:
    return Curator("anna")


@pytest.fixture
def ben() -> Curator:
    return Curator("ben")


def assert_refused(answer: Any, *texts: str) -> None:
    assert answer.status_code == 409
    for text in texts:
        assertContains(answer, text, status_code=409)


def test_the_second_save_of_one_state_is_refused_with_both_texts_and_who_saved(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    assert anna.saves(url, first, summary="Anna's text.").status_code == 302
    answer = ben.saves(url, second, summary="Ben's text.", considerations="Ben's too.")
    assert_refused(
        answer, "Anna&#x27;s text.", "Ben&#x27;s text.", "Ben&#x27;s too.", "saved by anna ("
    )
    policy.refresh_from_db()
    assert policy.summary == "Anna's text."
    seen = sent_untouched(answer)
    assert ben.saves(url, seen).status_code == 302
    policy.refresh_from_db()
    assert (policy.summary, policy.considerations) == ("Ben's text.", "Ben's too.")


def test_a_field_that_one_left_alone_takes_in_what_the_other_wrote(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    anna.saves(url, first, considerations="Anna's warning.")
    answer = ben.saves(url, second, summary="Ben's text.")
    assert_refused(answer, "Ben&#x27;s text.", "Anna&#x27;s warning.", "Updated to what is stored")
    assert ben.saves(url, sent_untouched(answer)).status_code == 302
    policy.refresh_from_db()
    assert (policy.summary, policy.considerations) == ("Ben's text.", "Anna's warning.")


def test_choices_are_compared_too_and_named_by_their_labels(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url, other = change_url(policy), Policy.objects.exclude(pk=policy.pk)[0]
    first, second = anna.opens(url), ben.opens(url)
    assert anna.saves(url, first, successor=str(other.pk)).status_code == 302
    third = Policy.objects.exclude(pk__in=[policy.pk, other.pk])[0]
    answer = ben.saves(url, second, successor=str(third.pk), documented_attachable="true")
    assert_refused(answer, f'Stored now: <span class="stored-now">{other.name}', third.name)


def test_a_row_in_line_is_refused_like_the_policy_itself(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    anna.saves(url, first, **{"descriptions-0-text": "Anna's reason."})
    answer = ben.saves(url, second, **{"descriptions-0-text": "Ben's reason."})
    assert_refused(answer, "Anna&#x27;s reason.", "Ben&#x27;s reason.")


def new_row(form: Data, **values: str) -> Data:
    count = int(form["descriptions-TOTAL_FORMS"][0])
    blank = {
        "id": "", "order": "0", "version": "", "source_url": "", "source_date": "",
        "policy": form["descriptions-0-policy"],
    }  # fmt: skip
    row = {f"descriptions-{count}-{name}": value for name, value in (blank | values).items()}
    return form | row | {"descriptions-TOTAL_FORMS": str(count + 1)}


def test_rows_that_both_add_are_both_kept(anna: Curator, ben: Curator, policy: Policy) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    anna.saves(url, new_row(first, pattern="ecs:Anna", text="Anna's row."))
    answer = ben.saves(url, new_row(second, pattern="ecs:Ben", text="Ben's row."))
    assert_refused(answer, "Anna&#x27;s row.", "Ben&#x27;s row.", "A row added by someone else")
    assert ben.saves(url, sent_untouched(answer)).status_code == 302
    assert {"Anna's row.", "Ben's row."} <= set(policy.descriptions.values_list("text", flat=True))


def test_the_same_form_sent_twice_adds_its_row_once(anna: Curator, policy: Policy) -> None:
    url = change_url(policy)
    form = new_row(anna.opens(url), pattern="ecs:Twice", text="Once.")
    assert anna.saves(url, form).status_code == 302
    answer = anna.saves(url, form)
    assert_refused(answer, "A row added by someone else")
    assert policy.descriptions.filter(pattern="ecs:Twice").count() == 1


def test_the_same_text_sent_twice_is_no_quarrel(anna: Curator, policy: Policy) -> None:
    url = change_url(policy)
    form = anna.opens(url)
    assert anna.saves(url, form, summary="Clicked twice.").status_code == 302
    assert anna.saves(url, form, summary="Clicked twice.").status_code == 302


def test_a_row_that_another_deleted_comes_back_as_a_new_one_with_its_text(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    count = policy.descriptions.count()
    anna.saves(url, first, **{"descriptions-0-DELETE": "on"})
    assert policy.descriptions.count() == count - 1
    answer = ben.saves(url, second, **{"descriptions-0-text": "Still wanted."})
    assert_refused(answer, "Still wanted.", "saving adds it again")
    assert ben.saves(url, sent_untouched(answer)).status_code == 302
    assert policy.descriptions.filter(text="Still wanted.").exists()
    assert policy.descriptions.count() == count


def test_a_row_that_another_changed_is_not_deleted_unread(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    anna.saves(url, first, **{"descriptions-0-text": "Anna's reason."})
    assert_refused(ben.saves(url, second, **{"descriptions-0-DELETE": "on"}), "Anna&#x27;s reason.")
    assert policy.descriptions.filter(text="Anna's reason.").exists()


def test_an_entry_edited_alone_meets_the_same_entry_edited_with_its_policy(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    entry = policy.changelog.filter(source="documentation")[0]
    alone = reverse("admin:catalog_changelogentry_change", args=[entry.pk])
    first, second = anna.opens(change_url(policy)), ben.opens(alone)
    anna.saves(change_url(policy), first, **{"changelog-0-title": "Anna's title"})
    answer = ben.saves(alone, second, title="Ben's title")
    assert_refused(answer, "Anna&#x27;s title", "Ben&#x27;s title", "saved by anna")


def test_what_an_import_brings_is_no_newer_state_of_the_prose(
    anna: Curator, policy: Policy
) -> None:
    form = anna.opens(change_url(policy))
    Policy.objects.filter(pk=policy.pk).update(
        updated_at="2026-01-01T00:00Z", facts_retrieved_on="2026-01-01"
    )
    policy.versions.create(version_id="v99", document="{}", digest="0" * 64, source="file")
    assert anna.saves(change_url(policy), form, summary="Mine.").status_code == 302


def test_prose_that_a_fixture_rewrote_is_shown_and_said_to_be_no_curator_s(
    anna: Curator, policy: Policy
) -> None:
    form = anna.opens(change_url(policy))
    Policy.objects.filter(pk=policy.pk).update(summary="Out of the page.")
    answer = anna.saves(change_url(policy), form, summary="Mine.")
    assert_refused(answer, "Out of the page.", "Mine.", "an import or a command changed")


@pytest.mark.parametrize("state", ["", "{}", "[1, [[]]]", "[1, [3]]", "[" * 5_000, "[null, []]"])
def test_a_form_without_a_readable_state_is_refused_and_goes_through_when_sent_again(
    anna: Curator, policy: Policy, state: str
) -> None:
    url = change_url(policy)
    answer = anna.saves(url, anna.opens(url), form_state=state, summary="Mine.")
    assert_refused(answer, "Mine.", "does not say which state")
    assert anna.saves(url, sent_untouched(answer)).status_code == 302


@pytest.mark.parametrize("count", ["", "-1", "999999999999", "x"])
def test_a_damaged_count_of_rows_is_refused(
    anna: Curator, ben: Curator, policy: Policy, count: str
) -> None:
    url = change_url(policy)
    first, second = anna.opens(url), ben.opens(url)
    anna.saves(url, first, summary="Anna's text.")
    damaged = {"descriptions-TOTAL_FORMS": count, "descriptions-INITIAL_FORMS": count}
    assert_refused(ben.saves(url, second, **damaged, summary="Ben's text."), "Ben&#x27;s text.")


def test_an_error_of_one_s_own_keeps_the_state_and_says_nothing_of_others(
    anna: Curator, policy: Policy
) -> None:
    url = change_url(policy)
    answer = anna.saves(url, anna.opens(url), summary="Kept.", documentation_url="no link")
    assertNotContains(answer, "Stored now", status_code=200)
    corrected = sent_untouched(answer) | {"documentation_url": ""}
    assert anna.saves(url, corrected).status_code == 302


def test_line_ends_of_a_browser_are_no_change(anna: Curator, policy: Policy) -> None:
    Policy.objects.filter(pk=policy.pk).update(summary="One.\n\nTwo.")
    url = change_url(policy)
    form = anna.opens(url) | {"summary": "One.\r\n\r\nTwo."}
    assert anna.saves(url, form).status_code == 302
    policy.refresh_from_db()
    assert (policy.summary, policy.curated_at) == ("One.\n\nTwo.", None)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("database is locked", "an import or another save kept the database"),
        ("canceling statement due to lock timeout", "an import or another save kept"),
        ("database or disk is full", "can&#x27;t be written (database or disk is full)"),
    ],
)
def test_where_the_database_takes_no_save_the_form_comes_back_with_503(
    anna: Curator, policy: Policy, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    url = change_url(policy)
    form = anna.opens(url)

    @contextmanager
    def busy() -> Iterator[None]:
        raise OperationalError(said)
        yield

    with monkeypatch.context() as patch:
        patch.setattr(saving, "writing", busy)
        answer = anna.saves(url, form, summary="Typed for an hour.")
    assert answer.status_code == 503
    assertContains(answer, "Typed for an hour.", status_code=503)
    assertContains(answer, sentence, status_code=503)
    policy.refresh_from_db()
    assert policy.curated_at is None
    assert sent_untouched(answer)["form_state"] == form["form_state"]
    assert anna.saves(url, sent_untouched(answer)).status_code == 302


def test_a_new_entry_too_comes_back_when_the_database_takes_none(
    anna: Curator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(ChangelogEntry, "save", full)
    data = {"policy": "", "date": "2024-02-01", "title": "New", "description": "Kept.",
            "source_url": ""}  # fmt: skip
    answer = anna.saves(reverse("admin:catalog_changelogentry_add"), data)
    assertContains(answer, "Kept.", status_code=503)


def test_the_wait_for_the_lock_is_longer_than_usual_and_ends_with_the_save() -> None:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:

        def timeout() -> int:
            return int(cursor.execute("PRAGMA busy_timeout").fetchone()[0])

        usual = timeout()
        with one_writer.writing(20):
            assert timeout() == 20_000
        assert timeout() == usual


def test_what_changed_since_it_was_shown_is_not_deleted(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    entry = policy.changelog.filter(source="documentation")[0]
    url = reverse("admin:catalog_changelogentry_delete", args=[entry.pk])
    asked = form_of(ben.client.get(url).content.decode(), "1")
    alone = reverse("admin:catalog_changelogentry_change", args=[entry.pk])
    anna.saves(alone, anna.opens(alone), description="Anna's better words.")
    answer = ben.client.post(url, asked)
    assert_refused(answer, "Not deleted", "Anna&#x27;s better words.")
    assert ChangelogEntry.objects.filter(pk=entry.pk).exists()
    assert ben.client.post(url, form_of(answer.content.decode(), "1")).status_code == 302
    assert not ChangelogEntry.objects.filter(pk=entry.pk).exists()


def test_what_changed_since_it_was_ticked_in_the_list_is_not_deleted(
    anna: Curator, ben: Curator, policy: Policy
) -> None:
    entry = policy.changelog.filter(source="documentation")[0]
    url = reverse("admin:catalog_changelogentry_changelist")
    ticked = {"action": "delete_selected", "_selected_action": [str(entry.pk)]}
    asked = form_of(ben.client.post(url, ticked).content.decode(), "1")
    alone = reverse("admin:catalog_changelogentry_change", args=[entry.pk])
    anna.saves(alone, anna.opens(alone), description="Anna's better words.")
    answer = ben.client.post(url, asked)
    assert_refused(answer, "Not deleted", "Anna&#x27;s better words.")
    assert ben.client.post(url, form_of(answer.content.decode(), "1")).status_code == 302
    assert not ChangelogEntry.objects.filter(pk=entry.pk).exists()


def test_a_deletion_that_can_t_be_written_answers_503(
    ben: Curator, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = policy.changelog.filter(source="documentation")[0]
    url = reverse("admin:catalog_changelogentry_delete", args=[entry.pk])
    asked = form_of(ben.client.get(url).content.decode(), "1")

    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(ChangelogEntry, "delete", full)
    answer = ben.client.post(url, asked)
    assertContains(answer, "disk is full", status_code=503)


def test_an_account_is_not_overwritten_either(admin_client: Client) -> None:
    user = User.objects.create_user("carol", password="a long enough word")
    user.groups.add(Group.objects.get(name="Curators"))
    url = reverse("admin:auth_user_change", args=[user.pk])
    form = sent_untouched(admin_client.get(url))
    assert admin_client.post(url, form | {"first_name": "Carol"}).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.groups.count()) == ("Carol", 1)
    answer = admin_client.post(url, {**form, "last_name": "C.", "groups": []})
    assert_refused(answer, "Carol")
    assert admin_client.post(url, sent_untouched(answer)).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.last_name, user.groups.count()) == ("Carol", "C.", 0)
