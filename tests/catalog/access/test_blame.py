"""Since which version an action is granted, or lost, as far as versions are known."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from policyhub.catalog.access.blame import Since, blame
from policyhub.catalog.access.kept_documents import kept_policy
from policyhub.catalog.access.verdicts import (
    decided_actions,
    granted_and_free,
    granted_positions,
)
from policyhub.catalog.importing.run import import_policies
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from tests.catalog.given_sources import ARN, NAME, policy, version

pytestmark = pytest.mark.django_db

HISTORY = [
    version("v1", "s3:GetObject", "s3:PutObject", default=False, created="2024-01-01"),
    version("v2", "s3:GetObject", "s3:ListBucket", default=False, created="2024-02-01"),
    version("v4", "s3:PutObject", "s3:ListBucket", created="2024-04-01"),
]


def told() -> tuple[dict[str, str], dict[str, str]]:
    versions = PolicyVersion.objects.filter(policy__name=NAME).order_by("created_at")
    found = blame(list(versions))
    return (
        {name: since.name for name, since in found.granted.items()},
        {name: since.name for name, since in found.lost.items()},
    )


def test_each_action_has_the_version_since_which_it_is_granted_without_a_gap() -> None:
    import_policies([policy(*HISTORY)])
    granted, lost = told()
    assert granted == {"s3:ListBucket": "v2", "s3:PutObject": "v4"}
    assert lost == {"s3:GetObject": "v4"}


def test_without_a_deny_granted_is_what_is_decided_to_be() -> None:
    reference = get_reference()
    versions = PolicyVersion.objects.in_force().order_by("policy__name")[::40]
    for each in versions:
        document = kept_policy(each.document)
        decided = list(decided_actions(document, reference, {}))
        expected = [place for place, (_, _, freedom) in decided if freedom != "blocked"]
        assert granted_positions(document, reference) == expected, each
        free = {place for place, (_, _, freedom) in decided if freedom == "free"}
        assert granted_and_free(document, reference) == (set(expected), free), each


def test_what_the_oldest_version_grants_may_be_older_unless_it_is_the_first() -> None:
    import_policies([policy(*HISTORY[1:])])
    assert told()[0]["s3:ListBucket"] == "v2 or earlier"
    import_policies([policy(version("v1", "s3:GetObject", created="2024-01-01"), name="Other")])
    [only] = PolicyVersion.objects.filter(policy__name="Other")
    assert Since.of(only, is_oldest=True).name == "v1"


def test_the_permissions_tell_it(client: Client) -> None:
    import_policies([policy(*HISTORY)])
    twin = client.get(f"/policies/{ARN}/permissions.json").json()
    assert {each["action"]: each["since"] for each in twin["results"]} == {
        "s3:ListBucket": {"versionId": "v2", "date": "2024-02-01", "orEarlier": False},
        "s3:PutObject": {"versionId": "v4", "date": "2024-04-01", "orEarlier": False},
    }
    assert twin["lost"] == [
        {"action": "s3:GetObject", "versionId": "v4", "date": "2024-04-01", "orEarlier": False}
    ]
    page = client.get(f"/policies/{ARN}/permissions/").content.decode()
    assert "No longer granted" in page
    assert re.search(r">\s*Since\s*</th>", page)
    older = client.get(f"/policies/{ARN}/permissions.json?version=v1").json()
    assert older["lost"] == []
    table = client.get(f"/policies/{ARN}/permissions.csv").content.decode()
    assert ",v2" in table


def test_a_policy_of_one_version_tells_nothing(client: Client) -> None:
    twin = client.get("/policies/AWSAppSyncPushToCloudWatchLogs/permissions.json").json()
    assert twin["results"][0]["since"] is None
    assert twin["lost"] == []


def test_the_ecs_additions_are_blamed_on_todays_version(client: Client) -> None:
    twin = client.get("/policies/AmazonECS_FullAccess/permissions.json").json()
    since = {each["action"]: each["since"]["versionId"] for each in twin["results"]}
    assert since["cloudformation:TagResource"] == "v22"
    assert since["ecs:RunTask"] == "v20"
