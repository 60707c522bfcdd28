"""Where the documented change log and the versions disagree, it is said; nothing is guessed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.prose.change_log import (
    NEAR,
    ONLY_WORDING,
    ChangeLog,
    DatedVersion,
    LoggedChange,
)
from tests.catalog.corpus import parsed

DAY = date(2024, 1, 31)
KEPT = (date(2021, 6, 8), date(2024, 6, 1))


def granting(*actions: str) -> EffectivePermissions:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return effective_permissions(parsed(json.dumps({"Statement": [statement]})))


def version(day: date, *actions: str, name: str = "v2") -> DatedVersion:
    evening = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    return DatedVersion.made_at(name, evening, lambda: granting(*actions))


def documented(text: str, day: date = DAY, key: int = 1, version: str = "") -> LoggedChange:
    return LoggedChange(key, day, text, is_observed=False, version=version)


def observed(access: str, day: date = DAY, key: int = 2, version: str = "") -> LoggedChange:
    text = ONLY_WORDING if access == "none" else "Became possible: `ecs:RunTask`"
    return LoggedChange(key, day, text, is_observed=True, access=access, version=version)


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
    assert 2 not in said(*entries, versions=[OLD, *NEW], **more)


def test_a_documented_change_that_changed_nothing_is_said() -> None:
    found = said(documented("Told."), observed("none"), versions=[OLD, *NEW])
    assert found == {1: ["the documents before and after it allow the same"]}


def test_a_change_of_what_aws_is_never_asked_is_no_change_of_wording() -> None:
    never_asked = LoggedChange(2, DAY, "Never asked: `a:B`", is_observed=True, access="none")
    assert said(documented("Told."), never_asked, versions=[OLD, *NEW]) == {}


def test_a_change_of_wording_beside_one_of_access_is_no_disagreement() -> None:
    wording = observed("none", DAY + timedelta(days=2), key=3)
    versions = [OLD, *NEW, version(DAY + timedelta(days=2), "ecs:RunTask", name="v3")]
    assert said(documented("Told."), observed("widened"), wording, versions=versions) == {}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-2, ["the entry is dated before v2, which it describes and which was created on "
              "31 January 2024"]),
        (-1, ["the entry is dated before v2, which it describes and which was created on "
              "31 January 2024"]),
        (0, []),
        (14, []),
        (160, ["the entry comes 160 days after v2, which it describes and which was created on "
               "31 January 2024"]),
    ],
)  # fmt: skip
def test_an_entry_has_the_day_of_the_version_that_it_describes(
    days: int, expected: list[str]
) -> None:
    entry = documented("Added.", DAY + timedelta(days=days), version="v2")
    assert said(entry, versions=[OLD, *NEW]).get(1, []) == expected


def test_a_version_made_after_midnight_utc_may_have_been_made_the_day_before() -> None:
    early = datetime(DAY.year, DAY.month, DAY.day, 6, tzinfo=UTC)
    made = DatedVersion.made_at("v2", early, lambda: granting("ecs:RunTask"))
    entry = documented("Added.", DAY - timedelta(days=1), version="v2")
    assert said(entry, versions=[OLD, made]) == {}


def test_the_version_that_an_entry_describes_counts_before_the_nearest_one() -> None:
    entry = documented("It received `ecs:ListTasks`.", DAY, version="v1")
    (late,) = said(entry, versions=[OLD, *NEW])[1]
    assert late.startswith("the entry comes 200 days after v1")


@pytest.mark.parametrize(
    ("next_version", "expected"),
    [
        ("v2", ["no version was created within 14 days of then: v1 is of 15 July 2023, and v2, "
                "the next one, of 31 January 2024"]),
        ("v3", []),
        ("", []),
    ],
)  # fmt: skip
def test_an_entry_between_two_versions_that_follow_each_other_has_no_document(
    next_version: str, expected: list[str]
) -> None:
    entry = documented("Told again.", DAY - timedelta(days=100))
    versions = [OLD, version(DAY, "ecs:RunTask", name=next_version)]
    assert said(entry, versions=versions).get(1, []) == expected


def test_of_a_version_whose_day_is_not_known_only_the_bounds_count() -> None:
    first, last = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 30, tzinfo=UTC)
    made = DatedVersion.made_between("v2", first, last, lambda: granting("ecs:RunTask"))
    near = documented("Told.", date(2023, 12, 24))
    far = documented("Told.", date(2023, 12, 1))
    within = documented("It received `iam:PassRole`.", date(2024, 1, 15))
    assert said(near, versions=[OLD, made]) == said(within, versions=[OLD, made]) == {}
    assert said(far, versions=[OLD, made])[1] == [
        "no version was created within 14 days of then: v1 is of 15 July 2023, and v2, the next "
        "one, of some day from 2 January 2024 to 30 January 2024"
    ]


@pytest.mark.parametrize(("access", "is_said"), [("widened", True), ("both", True),
                                                 ("narrowed", False), ("none", False)])  # fmt: skip
def test_an_entry_that_promises_no_further_access_is_checked(access: str, is_said: bool) -> None:
    promise = documented("The policy gives no further access.", version="v2")
    found = said(promise, observed(access, version="v2"), versions=[OLD, *NEW])
    message = (
        "the entry says that there is no further access, but v2 allows what the version before "
        "it did not"
    )
    assert (message in found.get(1, [])) is is_said


def test_a_change_told_only_of_another_version_is_not_told() -> None:
    second = version(DAY + timedelta(days=3), "ecs:*", name="v3")
    later = observed("widened", DAY + timedelta(days=3), version="v3")
    added = documented("Added.", DAY + timedelta(days=4), version="v2")
    (message,) = said(added, later, versions=[*NEW, second])[2]
    assert "mentions no change between 31 January 2024 and then" in message


def test_a_change_told_under_another_policys_title_is_told() -> None:
    early = documented("Tracked.", DAY - timedelta(days=400))
    elsewhere = documented("`Mine` received `ecs:RunTask`.", DAY, key=9)
    found = said(early, observed("widened"), versions=[OLD, *NEW], elsewhere=[elsewhere])
    assert found == {}


def test_an_entry_about_another_policy_does_not_tell_of_this_ones_change() -> None:
    early = documented("Tracked.", DAY - timedelta(days=400))
    wrong = documented("Under this title it speaks of `Other`.", DAY, key=3)
    found = said(early, wrong, observed("widened"), versions=[OLD, *NEW])
    assert found.keys() == {2, 3}


def test_a_policy_that_a_page_has_without_an_entry_is_held_to_its_log() -> None:
    assert said(observed("widened"), versions=[OLD, *NEW], on_a_page=True).keys() == {2}


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
