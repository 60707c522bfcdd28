"""Curators at work: what they may edit, what they only see, and what is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from policyhub.catalog.admin.form_state import of_rows
from policyhub.catalog.models import ChangelogEntry, Policy, PolicyVersion
from tests.html_forms import form_of

pytestmark = pytest.mark.django_db
NAME = "AmazonECSInfrastructureRolePolicyForVolumes"


@pytest.fixture
def policy() -> Policy:
    return Policy.objects.get(name=NAME)


@pytest.fixture
def curator(client: Client) -> Client:
    user = User.objects.create_user("curator", password="a long enough word", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    client.force_login(user)
    return client


def change_url(policy: Policy) -> str:
    return reverse("admin:catalog_policy_change", args=[policy.pk])


def filled_in(curator: Client, policy: Policy) -> dict[str, Any]:
    """The form as the curator's browser would send it back untouched."""
    return sent_untouched(curator.get(change_url(policy)))


def sent_untouched(page: Any) -> dict[str, Any]:
    """What a browser sends for a form of the admin that nobody touched."""
    return dict(form_of(page.content.decode(), f"{page.context['opts'].model_name}_form"))


def test_the_group_may_edit_prose_and_only_see_documents() -> None:
    codenames = set(
        Permission.objects.filter(group__name="Curators").values_list("codename", flat=True)
    )
    assert {"change_policy", "add_permissiondescription", "delete_changelogentry"} <= codenames
    assert not codenames & {
        "add_policy", "delete_policy", "change_policyversion", "change_statement",
    }  # fmt: skip


def test_a_curator_logs_in_and_finds_a_policy(client: Client) -> None:
    user = User.objects.create_user("curator", password="a long enough word", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    answer = client.post(
        reverse("admin:login"),
        {"username": "curator", "password": "a long enough word", "next": "/admin/"},
        follow=True,
    )
    assertContains(answer, "Policies")
    found = client.get(reverse("admin:catalog_policy_changelist"), {"q": "ForVolumes"})
    assertContains(found, NAME)


def test_an_edit_is_saved_and_marks_the_policy_as_curated(curator: Client, policy: Policy) -> None:
    data = filled_in(curator, policy) | {"summary": "Lets ECS manage volumes."}
    answer = curator.post(change_url(policy), data)
    assert answer.status_code == 302, answer.context["errors"]
    policy.refresh_from_db()
    assert policy.summary == "Lets ECS manage volumes."
    assert policy.curated_at is not None


def test_saving_without_a_change_leaves_the_policy_to_imports(
    curator: Client, policy: Policy
) -> None:
    assert curator.post(change_url(policy), filled_in(curator, policy)).status_code == 302
    policy.refresh_from_db()
    assert policy.curated_at is None


def test_a_description_is_edited_in_line(curator: Client, policy: Policy) -> None:
    data = filled_in(curator, policy) | {"descriptions-0-text": "Makes a tagged volume."}
    assert curator.post(change_url(policy), data).status_code == 302
    assert policy.descriptions.order_by("order").values_list("text", flat=True)[0] == (
        "Makes a tagged volume."
    )


def test_an_entry_of_the_change_log_is_edited_in_line(curator: Client, policy: Policy) -> None:
    data = filled_in(curator, policy) | {"changelog-0-title": "Policy added"}
    assert curator.post(change_url(policy), data).status_code == 302
    entry = policy.changelog.filter(source="documentation")[0]
    assert entry.title == "Policy added"
    assert entry.curated_at is not None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("descriptions-0-pattern", "EC2 volumes", "`EC2 volumes` is not a service prefix"),
        ("descriptions-0-pattern", "ec2:Create Volume", "`Create Volume` is not an action name"),
        ("descriptions-0-text", "", "This field is required"),
        (
            "trusted_services",
            "ecs.amazonaws.com\nroot",
            "Line 2: `root` is not a service principal",
        ),
        ("documentation_url", "not a link", "Enter a valid URL"),
        ("changelog-0-date", "2999-01-01", "is in the future"),
        ("changelog-0-date", "yesterday", "Enter a valid date"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field_and_nothing_is_lost(
    curator: Client, policy: Policy, field: str, value: str, said: str
) -> None:
    data = filled_in(curator, policy) | {"summary": "Kept while mending.", field: value}
    answer = curator.post(change_url(policy), data)
    assert answer.status_code == 200
    assertContains(answer, said)
    assertContains(answer, "Kept while mending.")
    policy.refresh_from_db()
    assert policy.curated_at is None


def test_a_policy_cannot_follow_itself(curator: Client, policy: Policy) -> None:
    answer = curator.post(
        change_url(policy), filled_in(curator, policy) | {"successor": str(policy.pk)}
    )
    assertContains(answer, "can&#x27;t be its own successor")


def test_a_described_version_must_be_one_of_the_policy(curator: Client, policy: Policy) -> None:
    stranger = PolicyVersion.objects.exclude(policy=policy)[0]
    data = filled_in(curator, policy) | {"described_version": str(stranger.pk)}
    answer = curator.post(change_url(policy), data)
    assertContains(answer, "Select a valid choice")


def test_a_described_service_that_the_policy_never_names_is_pointed_out(
    curator: Client, policy: Policy
) -> None:
    data = filled_in(curator, policy) | {"descriptions-0-pattern": "lambda"}
    answer = curator.post(change_url(policy), data, follow=True)
    assertContains(answer, "no version of the policy names the service: `lambda`")


def test_facts_versions_and_statements_are_shown_and_not_editable(
    curator: Client, policy: Policy
) -> None:
    version = policy.versions.get(is_default=True)
    page = curator.get(change_url(policy))
    assertContains(page, policy.arn)
    assertContains(page, reverse("admin:catalog_policyversion_change", args=[version.pk]))
    assert not {"name", "arn", "kind"} & set(page.context["adminform"].form.fields)
    url = reverse("admin:catalog_policyversion_change", args=[version.pk])
    assertContains(curator.get(url), "CreateEBSManagedVolume")
    assert curator.post(url, {"document": "{}"}).status_code == 403


@pytest.mark.parametrize("model", ["policy", "policyversion"])
def test_nothing_that_a_source_owns_is_added_by_hand(admin_client: Client, model: str) -> None:
    assert admin_client.get(reverse(f"admin:catalog_{model}_add")).status_code == 403


def test_policies_are_offered_by_name_and_so_are_those_of_the_next_page(curator: Client) -> None:
    asked = {"app_label": "catalog", "model_name": "changelogentry", "field_name": "policy"}
    offered: list[str] = []
    for page in (1, 2):
        answer = curator.get("/admin/autocomplete/", {**asked, "term": "amazon", "page": page})
        offered += (each["text"] for each in answer.json()["results"])
    names = Policy.objects.filter(name__icontains="amazon").values_list("name", flat=True)
    assert offered == list(names.order_by("name", "key")[: len(offered)])
    assert len(offered) > len(set(offered[:20])) == 20


def test_an_entry_without_a_policy_can_be_written(curator: Client) -> None:
    data = {"policy": "", "date": "2024-02-01", "title": "Page moved", "description": "Moved."}
    answer = curator.post(reverse("admin:catalog_changelogentry_add"), data | {"source_url": ""})
    assert answer.status_code == 302
    assert ChangelogEntry.objects.get(title="Page moved").curated_at is not None


@pytest.fixture
def observed(policy: Policy) -> ChangelogEntry:
    return ChangelogEntry.objects.create(
        policy=policy,
        date="2024-02-01",
        title="Observed",
        description="Derived.",
        source=ChangelogEntry.Source.OBSERVED,
    )


@pytest.mark.parametrize("verb", ["change", "delete"])
@pytest.mark.parametrize("user", ["curator", "admin_client"])
def test_an_observed_entry_is_neither_rewritten_nor_deleted_by_anybody(
    request: pytest.FixtureRequest, observed: ChangelogEntry, user: str, verb: str
) -> None:
    sender: Client = request.getfixturevalue(user)
    url = reverse(f"admin:catalog_changelogentry_{verb}", args=[observed.pk])
    sent = {"title": "Other", "post": "yes", "form_state": of_rows([observed])}
    assert sender.post(url, sent).status_code == 403
    observed.refresh_from_db()
    assert observed.title == "Observed"


def test_an_observed_entry_is_not_deleted_among_selected_ones(
    curator: Client, policy: Policy, observed: ChangelogEntry
) -> None:
    documented = policy.changelog.filter(source="documentation")[0]
    assert select_and_delete(curator, documented, observed).status_code == 403
    assert policy.changelog.filter(pk__in=[documented.pk, observed.pk]).count() == 2
    assert select_and_delete(curator, documented).status_code == 302
    assert list(policy.changelog.filter(pk__in=[documented.pk, observed.pk])) == [observed]


def select_and_delete(curator: Client, *entries: ChangelogEntry) -> Any:
    """Select entries in the list, and confirm that they are to be deleted."""
    selected = ChangelogEntry.objects.filter(pk__in=[each.pk for each in entries])
    sent = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in entries]}
    confirmed = {"post": "yes", "form_state": of_rows(selected)}
    return curator.post(reverse("admin:catalog_changelogentry_changelist"), sent | confirmed)


def test_a_reader_without_the_group_sees_no_admin(client: Client) -> None:
    client.force_login(User.objects.create_user("reader", password="a long enough word"))
    assert client.get("/admin/", follow=False).status_code == 302
