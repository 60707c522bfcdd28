"""What AWS's page says is kept when curators correct it: pages show ours, checks judge it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from policyhub.catalog.models import CatalogState, ChangelogEntry, PermissionDescription, Policy
from tests.curating.conftest import NAME, edit
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
WRONG, RIGHT = "ec2:DescribeVolume", "ec2:DescribeVolumes"


@pytest.fixture
def wrong(policy: Policy) -> PermissionDescription:
    """A description of the page that names no action."""
    return policy.descriptions.get(pattern=WRONG)


def place_of(description: PermissionDescription) -> int:
    keys = description.policy.descriptions.values_list("pk", flat=True)
    return list(keys).index(description.pk)


def corrected(
    curator: Client, wrong: PermissionDescription, **values: str
) -> PermissionDescription:
    prefix = f"descriptions-{place_of(wrong)}"
    edit(curator, wrong.policy, **{f"{prefix}-{name}": each for name, each in values.items()})
    return PermissionDescription.with_withdrawn.get(pk=wrong.pk)


def as_json(client: Client) -> Any:
    return client.get(f"/policies/{NAME}.json").json()


def test_a_corrected_name_keeps_the_finding_about_the_page(
    curator: Client, client: Client, wrong: PermissionDescription
) -> None:
    before = as_json(client)["findings"]
    assert any(WRONG in each["message"] for each in before)
    corrected(curator, wrong, pattern=RIGHT)
    after = as_json(client)
    assert after["findings"] == before
    described = {each["pattern"]: each for each in after["permissionDescriptions"]}
    assert described[WRONG]["correction"] == {"pattern": RIGHT, "text": wrong.text}
    assert described[WRONG]["sourceDate"] == str(wrong.source_date)
    assert RIGHT not in described


def test_pages_show_ours_and_say_what_the_page_says(
    curator: Client, client: Client, wrong: PermissionDescription
) -> None:
    path = reverse("browse:policy_permissions", args=[NAME])
    assert "AWS's page" not in markup_of(client.get(path))
    corrected(curator, wrong, pattern=RIGHT, text="Sees volumes.")
    page = markup_of(client.get(path))
    assert f"{RIGHT}, v" in page
    assert "Sees volumes." in page
    assert "Corrected" in page
    claim = page[page.index("AWS's page") :]
    assert "ec2:<wbr>Describe<wbr>Volume</code>" in claim[:200]


def test_the_texts_of_a_policy_have_claims_too(
    curator: Client, client: Client, policy: Policy
) -> None:
    says = policy.summary
    edit(curator, policy, summary="Ours.", documented_attachable="false")
    body = as_json(client)
    assert (body["summary"], body["pageSays"]["summary"]) == ("Ours.", says)
    assert body["documentedAttachable"] is True
    page = markup_of(client.get(f"/policies/{NAME}/"))
    assert "Ours." in page
    assert "AWS's page" in page
    form = markup_of(curator.get(reverse("admin:catalog_policy_change", args=[policy.pk])))
    assert says[:40] in form.split('class="page-says"')[1]


def test_a_corrected_entry_is_still_judged_by_what_the_page_says(
    curator: Client, client: Client, policy: Policy
) -> None:
    before = as_json(client)["changelog"]
    edit(curator, policy, **{"changelog-0-title": "Ours", "changelog-0-date": "2020-01-01"})
    after = as_json(client)["changelog"]
    ours = next(each for each in after if each["title"] == "Ours")
    said = next(each for each in before if each["title"] == ours["pageSays"]["title"])
    assert ours["pageSays"]["date"] == said["date"]
    assert ours["disagreements"] == said["disagreements"]
    assert "AWS's page" in markup_of(client.get(f"/policies/{NAME}/changes/"))


def test_a_deleted_description_is_withdrawn_and_its_claim_still_checked(
    curator: Client, client: Client, wrong: PermissionDescription
) -> None:
    before = as_json(client)["findings"]
    assert corrected(curator, wrong, DELETE="on").is_withdrawn
    body = as_json(client)
    assert body["findings"] == before
    assert [each["pattern"] for each in body["permissionDescriptions"] if each["withdrawn"]] == [
        WRONG
    ]
    csv = client.get(f"/policies/{NAME}/permissions.csv").content.decode()
    assert wrong.text not in csv


def test_what_no_page_says_is_deleted_for_good(
    curator: Client, policy: Policy, wrong: PermissionDescription
) -> None:
    wrong.claim = None
    wrong.save()
    edit(curator, policy, **{f"descriptions-{place_of(wrong)}-DELETE": "on"})
    assert not PermissionDescription.objects.filter(pk=wrong.pk).exists()


def test_a_database_of_before_learns_what_the_page_says(
    curator: Client, policy: Policy, wrong: PermissionDescription
) -> None:
    """As after the migration: no claims, and rows that a curator had corrected or deleted."""
    corrected(curator, wrong, pattern=RIGHT)
    other = policy.descriptions.exclude(pk=wrong.pk).order_by("order")[0]
    gone, said = other.pattern, policy.summary
    other.delete()
    edit(curator, policy, summary="Ours.", **{"changelog-0-title": "Ours"})
    for model in (Policy, PermissionDescription, ChangelogEntry):
        model._default_manager.update(claim=None)
    CatalogState.objects.update(fixture_digests={})
    call_command("load_fixtures")
    wrong.refresh_from_db()
    policy.refresh_from_db()
    assert (wrong.pattern, wrong.corrected) == (RIGHT, {"pattern": WRONG})
    assert PermissionDescription.with_withdrawn.get(policy=policy, pattern=gone).is_withdrawn
    assert policy.corrected == {"summary": said}
    entry = policy.changelog.get(title="Ours")
    assert "title" in entry.corrected


def test_putting_a_correction_back_leaves_the_claim(
    curator: Client, wrong: PermissionDescription
) -> None:
    corrected(curator, wrong, pattern=RIGHT)
    page = curator.get(f"/edits/{NAME}.json").json()["results"]
    assert page[0]["changes"] == [{"field": "pattern", "before": WRONG, "after": RIGHT}]
    assert wrong.claim == {"pattern": WRONG, "text": wrong.text}
