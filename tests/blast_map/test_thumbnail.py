"""The blast map of a row: what is drawn of what is kept, on one scale, within its bounds."""

from __future__ import annotations

import json
import re
from math import sqrt

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from policyhub.blast_map.counted import kept_services, mapped_services
from policyhub.blast_map.thumbnail import (
    HEIGHTS,
    THUMBNAIL_PARTS,
    WIDTH,
    thumbnail,
    thumbnail_svg,
)
from policyhub.catalog.access.permissions import EffectivePermissions, effective_permissions
from policyhub.catalog.access.power import power_columns
from policyhub.iam.reading.document import parse_policy
from tests.catalog.corpus import corpus

pytestmark = pytest.mark.one_database

COLUMNS = st.lists(
    st.lists(st.integers(0, 60), min_size=15, max_size=15).map(lambda counts: [1, *counts]),
    min_size=1,
    max_size=48,
)


def granted(*statements: dict[str, object]) -> EffectivePermissions:
    parsed = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert parsed.policy is not None
    return effective_permissions(parsed.policy)


def svg_of(*statements: dict[str, object]) -> str:
    return thumbnail_svg(power_columns(granted(*statements)))


def lines(svg: str) -> dict[str, str]:
    """The lengths of dashes and gaps of each line that a picture refers to."""
    return dict(re.findall(r'<use href="#(\w+)" stroke-dasharray="([^"]+)"/>', svg))


def test_free_marks_are_dashes_on_one_scale_from_where_their_service_begins() -> None:
    writes = ["ecs:RunTask", "ecs:StopTask", "ecs:StartTask", "ecs:DeleteCluster"] * 2
    service = [f"ec2:{each}Instances" for each in ("Run", "Stop", "Start", "Terminate", "Reboot")]
    svg = svg_of(
        {
            "Effect": "Allow",
            "Action": ["iam:AttachRolePolicy", *writes, *service, "s3:ListAllMyBuckets"],
            "Resource": "*",
        }
    )
    assert round(0.575 * sqrt(5)) == round(0.575 * sqrt(4)) == 1
    assert lines(svg) == {"m0": "1 70", "m1": "0 2 1 1 1 70", "m4": "0 6 1 70"}


def test_each_level_is_as_tall_as_it_is_serious() -> None:
    found = re.findall(r'<path id="(m\d)" [^>]*stroke-width="([\d.]+)"', THUMBNAIL_PARTS)
    assert [name for name, _ in found] == ["m0", "m1", "m2", "m3", "m4"]
    heights = [float(height) for _, height in found]
    assert heights == sorted(heights, reverse=True) == [*HEIGHTS]


def test_bounded_marks_are_hatched_and_denied_ones_hollow() -> None:
    svg = svg_of(
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    )
    assert lines(svg) == {"m1m1": "2 70"}
    assert '<path id="m1m1" stroke="url(#t-m1)"' in THUMBNAIL_PARTS
    assert 'id="t-m1"' in THUMBNAIL_PARTS
    assert '<path class="level-write" fill="none" d="M0.25 4.75m2 0h1.5v2.5h-1.5z"/>' in svg


def test_the_picture_says_in_words_what_one_sees_first() -> None:
    svg = svg_of(
        {"Effect": "Allow", "Action": ["ecs:RunTask", "ecs:ListTasks"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "arn:aws:kms:*:*:key/a"},
    )
    words = "Most serious free: Write; bounded: Permissions management"
    assert f'role="img"><title>{words}</title>' in svg
    assert "<title>No actions</title>" in thumbnail_svg([])


@pytest.mark.parametrize(
    "name", ["AdministratorAccess", "ReadOnlyAccess", "AWSCompromisedKeyQuarantineV3"]
)
def test_what_is_kept_has_every_action_and_the_order_of_the_large_map(name: str) -> None:
    permissions = effective_permissions(corpus()[name])
    columns = power_columns(permissions)
    whole = len(permissions.grants) + len(permissions.denied)
    assert sum(count for column in columns for count in column[1:]) == whole
    assert sum(column[0] for column in columns) == len(mapped_services(permissions))
    kept, large = kept_services(columns), mapped_services(permissions)
    totals = [sum(cell.count for cell in each.cells.values()) for each in kept[:-1]]
    assert totals == [
        sum(cell.count for cell in each.cells.values()) for each in large[: len(totals)]
    ]


def test_what_has_no_room_is_one_block_after_a_dotted_line() -> None:
    columns = power_columns(effective_permissions(corpus()["AdministratorAccess"]))
    drawn = thumbnail(kept_services(columns))
    assert drawn.divider is not None
    assert any(mark.x > drawn.divider for mark in drawn.marks)
    few = power_columns(effective_permissions(corpus()["AmazonECSTaskExecutionRolePolicy"]))
    assert thumbnail(kept_services(few)).divider is None


@settings(deadline=None, phases=[Phase.generate])
@given(COLUMNS)
def test_no_mark_overlaps_another_and_several_services_stay_in_the_picture(
    columns: list[list[int]],
) -> None:
    drawn = thumbnail(kept_services(columns))
    ends: dict[str, int] = {}
    for mark in drawn.marks:
        assert mark.x >= ends.get(mark.level, 0)
        ends[mark.level] = mark.x + mark.length
    assert max(ends.values(), default=0) <= WIDTH
