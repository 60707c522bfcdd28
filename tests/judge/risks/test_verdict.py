"""What documents amount to: a group and one sentence."""

from __future__ import annotations

import pytest

from policyhub.catalog.models import PolicyVersion
from policyhub.judge.risks.known import risks_of_version, verdict_of_version
from policyhub.judge.risks.verdict import GROUPS

pytestmark = pytest.mark.django_db


def version(name: str) -> PolicyVersion:
    return PolicyVersion.objects.in_force().select_related("policy").get(policy__key=name)


@pytest.mark.parametrize(
    ("name", "group", "sentence"),
    [
        (
            "AdministratorAccess",
            "administrator",
            "As powerful as an administrator: any permission can be added to a role.",
        ),
        (
            "AmazonECS_FullAccess",
            "take-over",
            "As powerful as the strongest role that ECS tasks can assume.",
        ),
        ("AWSCodeBuildReadOnlyAccess", "read-data", "Sees what programs wrote to their logs."),
        (
            "AWSAppMeshReadOnly",
            "look",
            "No known risk. Can only look: names, settings, states.",
        ),
        ("AWSDenyAll", "nothing", "Grants no action that is known."),
    ],
)
def test_a_verdict_has_a_group_and_a_sentence(name: str, group: str, sentence: str) -> None:
    found = verdict_of_version(version(name))
    assert (found.group.slug, found.sentence) == (group, sentence)


def test_a_band_leads_with_at_most_seven_things_each_once() -> None:
    found = verdict_of_version(version("AdministratorAccess"))
    titles = [each.title for each in found.leading]
    assert len(titles) == len(set(titles)) == 7
    assert found.bounded == 0
    assert found.count == found.free > 150
    gravities = [each.gravity for each in found.leading]
    assert gravities == sorted(gravities)


def test_what_is_ruled_out_is_shown_unless_another_way_leads_there() -> None:
    found = verdict_of_version(version("AmazonECS_FullAccess"))
    assert {each.family for each in found.ruled_out} == {"PassRole"}
    claimed = {
        each.title for each in risks_of_version(version("AmazonECS_FullAccess")) if each.is_claimed
    }
    assert not claimed & {each.title for each in found.ruled_out}


def test_statements_name_the_version_that_was_read() -> None:
    shown = version("AmazonECS_FullAccess")
    risk = risks_of_version(shown)[0]
    assert risk.deciding[0].policy == f"AmazonECS_FullAccess@{shown.version_id}"


def test_groups_are_ranked_from_the_most_serious() -> None:
    assert [each.rank for each in GROUPS] == list(range(1, 8))
    assert len({each.slug for each in GROUPS}) == 7
