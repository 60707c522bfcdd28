"""Where the documented change log and the versions disagree, it is said; nothing is guessed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.prose.change_log import NEAR, ChangeLog, DatedVersion, LoggedChange
from tests.catalog.corpus import parsed

DAY = date(2024, 1, 31)
KEPT = (date(2021, 6, 8), date(2024, 6, 1))


def granting(*actions: str) -> EffectivePermissions:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return effective_permissions(parsed(json.dumps({"Statement": [statement]})))


def version(day: date, *actions: str, name: str = "v2") -> DatedVersion:
    return DatedVersion(name, day, lambda: granting(*actions))


def documented(text: str, day: date = DAY, key: int = 1) -> LoggedChange:
    return LoggedChange(key, day, text, is_observed=False)


def observed(access: str, day: date = DAY, key: int = 2) -> LoggedChange:
    return LoggedChange(key, day, "Became possible: `ecs:RunTask`", is_observed=True, access=access)


def said(*entries: LoggedChange, versions: list[DatedVersion], **more: Any) -> dict[int, list[str]]:
    given = {"policies": {"Mine", "Other"}, "kept": KEPT, **more}
    return ChangeLog("Mine", entries, versions, **given).disagreements()


NEW = [version(DAY, "ecs:RunTask")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It received `ecs:RunTask`.", []),
        ("It received `ecs:Start*` and `iam:PassRole`.", [
            "the entry names `ecs:Start*`, `iam:PassRole`, which v2 of 31 January 2024 does not "
            "grant"
        ]),
        ("It lost `iam:PassRole`: that was removed.", []),
        ("Under this title it speaks of `Other`.", [
            "the entry is listed under this policy but describes `Other`"
        ]),
        ("`Mine` follows `Other`.", []),
        ("The permission `nonsense` in `Somewhere`.", []),
    ],
)  # fmt: skip
def test_an_entry_is_held_against_the_version_of_its_time(text: str, expected: list[str]) -> None:
    assert said(documented(text), versions=NEW).get(1, []) == expected


def test_without_a_version_of_the_time_nothing_is_said_of_actions() -> None:
    entry = documented("It received `iam:PassRole`.")
    late = DAY + NEAR + timedelta(days=1)
    assert said(entry, versions=[version(late, "ecs:RunTask")]) == {}
    assert said(entry, versions=[]) == {}


OLD = version(DAY - timedelta(days=200), "ecs:ListTasks", name="v1")


@pytest.mark.parametrize("access", ["widened", "narrowed", "both"])
def test_a_change_of_access_that_is_nowhere_documented_is_said(access: str) -> None:
    early = documented("Tracked.", DAY - timedelta(days=400))
    found = said(early, observed(access), versions=[OLD, *NEW])
    assert found == {2: [
        "the documentation, which was maintained until 1 June 2024, mentions no change between "
        "15 July 2023 and then"
    ]}  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "more"),
    [
        ([observed("none")], {}),
        ([observed("widened"), documented("Told.", DAY + timedelta(days=3))], {}),
        ([observed("widened"), documented("Told.", DAY - timedelta(days=150))], {}),
        ([observed("widened"), documented("Long ago.", DAY - timedelta(days=900))],
         {"kept": (KEPT[0], DAY - timedelta(days=1))}),
        ([observed("widened"), documented("Long ago.", DAY - timedelta(days=900))], {"kept": None}),
        ([observed("widened")], {}),
    ],
)  # fmt: skip
def test_a_change_that_is_told_or_that_no_log_covers_is_no_disagreement(
    entries: list[LoggedChange], more: dict[str, Any]
) -> None:
    assert said(*entries, versions=[OLD, *NEW], **more) == {}


def test_a_documented_change_that_changed_nothing_is_said() -> None:
    found = said(documented("Told."), observed("none"), versions=[OLD, *NEW])
    assert found == {1: ["the documents before and after it allow the same"]}


def test_a_change_of_wording_beside_one_of_access_is_no_disagreement() -> None:
    wording = observed("none", DAY + timedelta(days=2), key=3)
    versions = [OLD, *NEW, version(DAY + timedelta(days=2), "ecs:RunTask", name="v3")]
    assert said(documented("Told."), observed("widened"), wording, versions=versions) == {}


@pytest.mark.django_db
def test_the_ecs_pages_own_mistake_stands_on_the_changes_tab(client: Client) -> None:
    name = "AmazonEC2ContainerServiceEventsRole"
    page = client.get(f"/policies/{name}/changes/").content.decode()
    message = "the entry is listed under this policy but describes <code>AmazonECSServiceRolePolicy"
    assert message in page.replace("<wbr>", "")
    log = client.get(f"/policies/{name}.json").json()["changelog"]
    assert [bool(entry["disagreements"]) for entry in log] == [True]
    other = client.get("/policies/AmazonECS_FullAccess/changes/").content.decode()
    assert "Disagrees" not in other


@pytest.mark.django_db
def test_an_undocumented_change_is_said_once_the_documentation_is_of_later(client: Client) -> None:
    name = "AmazonECS_FullAccess"
    assert "mentions no change" not in client.get(f"/policies/{name}/changes/").content.decode()
    ChangelogEntry.objects.create(
        policy=Policy.objects.get(name="AmazonECSServiceRolePolicy"), date=date(2026, 10, 1),
        title="Later", description="The log goes on.",
    )  # fmt: skip
    page = client.get(f"/policies/{name}/changes/").content.decode()
    assert (
        "maintained until 1 October 2026, mentions no change between 4 January 2023 and then"
        in page
    )
