"""The pencil: one row edited by itself, and what is described looked up while it is typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policyhub.catalog.editing.edits import edits_of
from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy
from policyhub.catalog.prose.described_pattern import warning_about
from tests.curating.conftest import NAME, logged_in
from tests.html_forms import form_of
from tests.html_text import markup_of

pytestmark = pytest.mark.django_db
WRONG, RIGHT = "ec2:DescribeVolume", "ec2:DescribeVolumes"


def address(row: Any) -> str:
    return f"/desk/edit/{row._meta.model_name}/{row.pk}/"


def opened(client: Client, row: Any) -> dict[str, Any]:
    page = client.get(address(row), {"next": f"/policies/{NAME}/changes/"})
    return dict(form_of(page.content.decode(), "row-form"))


def send(client: Client, row: Any, form: dict[str, Any], **values: str) -> Any:
    return client.post(address(row), form | values)


@pytest.fixture
def description(policy: Policy) -> PermissionDescription:
    return policy.descriptions.get(pattern=WRONG)


def test_each_row_is_saved_by_itself_and_leads_back(
    curator: Client, policy: Policy, description: PermissionDescription
) -> None:
    entry = policy.changelog.filter(source="documentation")[0]
    for row, values in (
        (policy, {"summary": "Ours.", "considerations": "One.\r\nTwo."}),
        (description, {"text": "Sees volumes."}),
        (entry, {"title": "Ours"}),
    ):
        answer = send(curator, row, opened(curator, row), **values)
        assert (answer.status_code, answer["Location"]) == (302, f"/policies/{NAME}/changes/")
        row.refresh_from_db()
        for name, value in values.items():
            assert getattr(row, name) == value.replace("\r\n", "\n")
    policy.refresh_from_db()
    assert policy.curated_at is not None
    assert entry.curated_at is not None
    assert [each.author for each in edits_of(policy)] == ["ines"] * 3


def test_two_people_at_two_rows_do_not_meet(
    curator: Client, policy: Policy, description: PermissionDescription
) -> None:
    other = policy.descriptions.exclude(pk=description.pk)[0]
    one, two = opened(curator, description), opened(logged_in("jo"), other)
    assert send(curator, description, one, text="One.").status_code == 302
    assert send(logged_in("jo"), other, two, text="Two.").status_code == 302


def test_a_form_that_is_older_comes_back_with_both_texts(curator: Client, policy: Policy) -> None:
    form = opened(curator, policy)
    jo = logged_in("jo")
    send(jo, policy, opened(jo, policy), summary="Of jo.", considerations="Also of jo.")
    answer = send(curator, policy, form, summary="Mine.")
    assert answer.status_code == 409
    page = markup_of(answer)
    assert "Not saved: since you opened this form" in page
    assert ">Of jo.</pre>" in page
    again = dict(form_of(answer.content.decode(), "row-form"))
    assert again["summary"] == ["Mine."]
    assert again["considerations"] == ["Also of jo."]
    policy.refresh_from_db()
    assert policy.summary == "Of jo."
    assert send(curator, policy, again).status_code == 302
    policy.refresh_from_db()
    assert (policy.summary, policy.considerations) == ("Mine.", "Also of jo.")


def test_what_others_changed_in_another_field_is_kept(curator: Client, policy: Policy) -> None:
    form = opened(curator, policy)
    jo = logged_in("jo")
    send(jo, policy, opened(jo, policy), considerations="Of jo.")
    assert send(curator, policy, form, summary="Mine.").status_code == 302
    policy.refresh_from_db()
    assert (policy.summary, policy.considerations) == ("Mine.", "Of jo.")


@pytest.mark.parametrize("state", ["", "[]", "{", "[0, [[1, 2, 3, 4, 5]]]"])
def test_a_form_that_does_not_say_its_state_is_never_saved(
    curator: Client, policy: Policy, state: str
) -> None:
    form = opened(curator, policy) | {"form_state": state}
    assert send(curator, policy, form, summary="Mine.").status_code == 409


def test_a_misspelt_action_is_warned_of_and_saved_when_it_is_meant(
    curator: Client, description: PermissionDescription
) -> None:
    form = opened(curator, description)
    answer = send(curator, description, form, pattern="ec2:DescribeVolums")
    assert answer.status_code == 200
    assert f"did you mean <code>{RIGHT}</code>" in markup_of(answer)
    description.refresh_from_db()
    assert description.pattern == WRONG
    again = dict(form_of(answer.content.decode(), "row-form"))
    assert send(curator, description, again, pattern="ec2:DescribeVolms").status_code == 200
    assert send(curator, description, again).status_code == 302
    description.refresh_from_db()
    assert description.pattern == "ec2:DescribeVolums"


def test_a_text_is_saved_whatever_was_described_before(
    curator: Client, description: PermissionDescription
) -> None:
    form = opened(curator, description)
    assert send(curator, description, form, text="Other.").status_code == 302


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("ec2:DescribeVolumes", ""),
        ("ec2:Describe*", ""),
        ("ecs", ""),
        ("", ""),
        (
            "ec2:DescribeVolume",
            "no action `ec2:DescribeVolume`; did you mean `ec2:DescribeVolumes`",
        ),
        ("ecss", "no service `ecss`; did you mean `ecs`"),
        ("ec2:Xyzzy*", "no action `ec2:Xyzzy*`."),
        ("qqqqqq:Run", "no service `qqqqqq`."),
    ],
)
def test_a_pattern_is_looked_up(curator: Client, pattern: str, said: str) -> None:
    assert said in warning_about(pattern)
    assert bool(said) == bool(warning_about(pattern))
    found = curator.get("/desk/pattern.json", {"pattern": pattern}).json()["warning"]
    assert (found or "") == warning_about(pattern)
    assert ("notice" in markup_of(curator.get("/desk/pattern/", {"pattern": pattern}))) == bool(
        said
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"pattern": "EC2 volumes"}, "is not a service prefix"),
        ({"text": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_right_is_refused(
    curator: Client, description: PermissionDescription, values: dict[str, str], said: str
) -> None:
    answer = send(curator, description, opened(curator, description), **values)
    assert answer.status_code == 200
    assert said in markup_of(answer)


@pytest.mark.parametrize("path", ["policy/0/", "nosuch/1/", "policyversion/1/"])
def test_what_is_not_edited_here_is_not_found(curator: Client, path: str) -> None:
    assert curator.get(f"/desk/edit/{path}").status_code == 404


def test_an_observed_entry_is_not_edited(curator: Client, policy: Policy) -> None:
    entry = ChangelogEntry.objects.create(
        policy=policy, date="2024-01-01", title="T", description="D", source="observed"
    )
    assert curator.get(address(entry)).status_code == 404


def test_nobody_is_led_to_another_site(curator: Client, policy: Policy) -> None:
    form = opened(curator, policy) | {"next": "https://elsewhere.example/"}
    assert send(curator, policy, form)["Location"] == policy.get_absolute_url()


@pytest.mark.parametrize("page", ["", "permissions/", "changes/"])
def test_pencils_are_for_curators(client: Client, curator: Client, page: str) -> None:
    path = f"/policies/{NAME}/{page}"
    assert "/desk/edit/" in markup_of(curator.get(path))
    assert "/desk/edit/" not in markup_of(client.get(path))
    client.force_login(User.objects.create_user("reader"))
    assert "/desk/edit/" not in markup_of(client.get(path))


def test_curate_leads_to_the_policy_at_hand(client: Client, policy: Policy) -> None:
    page = markup_of(client.get(f"/policies/{NAME}/"))
    assert f'href="/admin/catalog/policy/{policy.pk}/change/">Curate' in page
    assert 'href="/admin/">Curate' in markup_of(client.get("/policies/"))
