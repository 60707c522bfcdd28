"""Which version is in force, and whose facts count, when sources of many ages come together."""

from __future__ import annotations

import pytest

from policyhub.catalog.models import Policy, PolicyVersion
from tests.catalog.given_sources import NAME, document, moment, policy, version
from tests.catalog.importing_steps import (
    FILE,
    bare,
    bring_in,
    default_of,
    kept,
    reasons,
    versions_of,
)

pytestmark = pytest.mark.django_db


def test_a_new_version_joins_the_others_and_becomes_the_default() -> None:
    bring_in(policy(version("v1")))
    report = bring_in(policy(version("v1", default=False), version("v2", "s3:Put*")))
    assert report.updated == [NAME]
    assert versions_of() == {"v1": False, "v2": True}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2020-01-01T10:00", "2024-05-05T10:00"),
        ("2024-05-05T10:00", "2024-05-05T15:00"),
        ("2024-05-05", "2024-05-06"),
    ],
)
def test_a_policy_made_again_keeps_both_versions_of_one_number(first: str, second: str) -> None:
    bring_in(policy(version("v1", "s3:Get*", created=first)))
    report = bring_in(policy(version("v1", "s3:Put*", created=second)))
    assert (report.updated, report.rejected) == ([NAME], [])
    rows = PolicyVersion.objects.filter(policy__name=NAME).order_by("pk")
    assert [(row.version_id, row.is_default) for row in rows] == [("v1", False), ("v1", True)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-05-05T10:00", "2024-05-05T10:00"),
        ("2024-05-05", "2024-05-05T15:00"),
        ("2024-05-05T15:00", "2024-05-05"),
        (None, "2024-05-05T15:00"),
        ("2024-05-05T15:00", None),
    ],
)
def test_what_may_be_the_same_moment_is_no_policy_made_again(
    first: str | None, second: str | None
) -> None:
    bring_in(policy(version("v1", "s3:Get*", created=first)))
    assert len(reasons(bring_in(policy(version("v1", "s3:Put*", created=second))))) == 1
    assert versions_of() == {"v1": True}


def test_an_older_source_overwrites_no_newer_fact_and_displaces_no_default() -> None:
    newer = policy(version("v2", "s3:Put*"), day="2026-02-02", updated="2026-02-01")
    older = policy(version("v1", "s3:Get*"), day="2025-01-01", updated="2025-01-01")
    bring_in(newer)
    assert bring_in(older).updated == [NAME]
    assert versions_of() == {"v2": True, "v1": False}
    assert kept().updated_at == moment("2026-02-01")
    assert str(kept().facts_retrieved_on) == "2026-02-02"


def test_an_older_source_still_tells_what_was_not_known() -> None:
    bring_in(policy(version("v2"), arn="", day="2026-02-02"))
    assert (kept().arn, kept().kind) == (None, Policy.Kind.CUSTOMER_MANAGED)
    arn = f"arn:aws:iam::aws:policy/aws-service-role/{NAME}"
    older = policy(
        version("v2"), arn=arn, path="/aws-service-role/", day="2025-01-01", created="2019-01-01"
    )
    assert bring_in(older).updated == [NAME]
    assert (kept().arn, kept().kind) == (arn, Policy.Kind.SERVICE_LINKED_ROLE)
    assert (kept().attachable, kept().created_at) == (False, moment("2019-01-01"))
    assert str(kept().facts_retrieved_on) == "2026-02-02"


def test_a_source_that_names_no_default_leaves_the_default_where_it_is() -> None:
    bring_in(policy(version("v2", "s3:Put*")))
    bring_in(policy(version("v3", "s3:Get*", default=False), day="2026-02-02"))
    assert versions_of() == {"v2": True, "v3": False}


def test_the_default_goes_back_to_an_older_version_when_the_source_says_so() -> None:
    bring_in(policy(version("v1", default=False), version("v2", "s3:Put*")))
    back = policy(version("v1"), version("v2", "s3:Put*", default=False), day="2026-02-02")
    assert bring_in(back).updated == [NAME]
    assert versions_of() == {"v1": True, "v2": False}


def test_an_old_answer_copied_today_displaces_no_newer_default() -> None:
    bring_in(policy(version("v22", "s3:Put*"), day="2026-01-01", updated="2025-12-12"))
    old = policy(version("v15"), arn="", source=FILE, day="2026-02-02", updated="2021-01-01")
    assert bring_in(old).updated == [NAME]
    assert versions_of() == {"v22": True, "v15": False}
    assert kept().updated_at == moment("2025-12-12")


def test_of_versions_without_a_default_the_latest_stands_for_a_new_policy() -> None:
    bring_in(
        policy(
            version("v9", "s3:Get*", default=False, created="2024-01-01"),
            version("v10", "s3:Put*", default=False, created="2024-01-01"),
            version("v2", "s3:List*", default=False, created="2020-01-01"),
        )
    )
    assert versions_of() == {"v9": False, "v10": True, "v2": False}


def test_a_version_that_is_not_in_force_gives_way_even_to_an_older_source() -> None:
    bring_in(policy(version("v1", default=False), arn="", source=FILE, day="2026-02-02"))
    assert versions_of() == {"v1": True}
    bring_in(policy(version("v2", "s3:Put*"), arn="", source=FILE, day="2026-01-01"))
    assert versions_of() == {"v1": False, "v2": True}


def test_every_policy_has_exactly_one_default_whatever_comes_in_which_order() -> None:
    given = [
        policy(version("v1"), day="2026-01-01"),
        policy(version("v2", "s3:Put*"), version("v1", default=False), day="2026-03-03"),
        bare("s3:List*", day="2026-04-04"),
        policy(version("v3", "s3:List*", default=False), day="2026-02-02"),
    ]
    for count in range(len(given)):
        turned = [*given[count:], *given[:count]]
        for index, each in enumerate(turned):
            bring_in(each)
            defaults = PolicyVersion.objects.filter(policy__name=NAME, is_default=True)
            assert defaults.count() == 1, f"order {count}, after {index + 1}"
        Policy.objects.filter(name=NAME).delete()


def test_a_document_without_a_number_learns_it_from_a_later_source() -> None:
    bring_in(bare("s3:Get*"))
    assert versions_of() == {"": True}
    report = bring_in(policy(version("v7", "s3:Get*", created="2024-05-05T10:00")))
    assert report.updated == [NAME]
    assert versions_of() == {"v7": True}
    assert default_of().created_at == moment("2024-05-05T10:00")


def test_a_known_document_is_found_again_when_it_comes_without_its_number() -> None:
    bring_in(policy(version("v1", default=False), version("v2", "s3:Put*")))
    assert bring_in(bare("s3:GetObject", day="2026-02-02")).unchanged == [NAME]
    assert versions_of() == {"v1": False, "v2": True}


def test_a_document_without_a_number_is_kept_beside_a_numbered_default() -> None:
    bring_in(policy(version("v2", "s3:Put*")))
    assert bring_in(bare("s3:Get*", day="2026-02-02")).updated == [NAME]
    assert versions_of() == {"v2": True, "": False}


def test_a_changed_file_is_the_new_default_where_only_files_are_known() -> None:
    bring_in(bare("s3:Get*", day="2026-01-01"))
    bring_in(bare("s3:Put*", day="2026-01-01"))
    assert default_of().document == document("s3:Put*")
    bring_in(bare("s3:List*", day="2025-01-01"))
    assert default_of().document == document("s3:Put*")
    bring_in(bare("s3:Get*", day="2026-01-02"))
    assert default_of().document == document("s3:Get*")


def test_a_time_replaces_the_bare_day_that_was_known() -> None:
    bring_in(policy(version("v1", created="2024-05-05")))
    assert bring_in(policy(version("v1", created="2024-05-05T15:04"))).updated == [NAME]
    assert default_of().created_at == moment("2024-05-05T15:04")
    assert bring_in(policy(version("v1", created="2024-05-05"))).unchanged == [NAME]
    assert default_of().created_at == moment("2024-05-05T15:04")
