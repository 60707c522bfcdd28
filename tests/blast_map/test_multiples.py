"""Maps of a policy's versions: a service at the same place in all, and what changed in words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyhub.blast_map.counted import MappedService
from policyhub.blast_map.multiples import Services, aligned, differences
from policyhub.blast_map.thumbnail import UNIT, WIDTH, Thumbnail, thumbnail, width_of
from policyhub.catalog.access.power import GrantCount
from policyhub.catalog.access_levels import GRAVEST_FIRST

pytestmark = pytest.mark.one_database

CELLS = st.dictionaries(
    st.sampled_from(GRAVEST_FIRST),
    st.builds(GrantCount, free=st.integers(0, 90), bounded=st.integers(0, 9)).filter(
        lambda count: count.count > 0
    ),
    min_size=1,
)
DOCUMENTS = st.lists(
    st.dictionaries(st.sampled_from([f"s{n}" for n in range(40)]), CELLS), min_size=1, max_size=6
)
WRITES: Services = {
    "ecs": {"Write": GrantCount(free=16)},
    "iam": {"Permissions management": GrantCount(free=1)},
}


def places(drawn: Thumbnail) -> dict[tuple[str, str], int]:
    return {(mark.level, mark.texture): mark.x for mark in drawn.marks}


def test_what_only_a_later_version_has_leaves_its_place_free_in_those_before() -> None:
    older: Services = {"ecs": {"Write": GrantCount(free=4)}}
    before, after = aligned([older, WRITES])
    assert places(before)["Write", "free"] == places(after)["Write", "free"] > 0
    # Alone it would begin at the left.
    assert thumbnail([MappedService("ecs", older["ecs"])]).marks[0].x == 0


@settings(deadline=None)
@given(DOCUMENTS)
def test_no_picture_is_wider_than_it_may_be_and_services_stay_in_their_columns(
    documents: list[Services],
) -> None:
    drawn = aligned(documents)
    assert len(drawn) == len(documents)
    dividers = {each.divider for each in drawn}
    assert len(dividers) == 1
    for each in drawn:
        ends = [mark.x + mark.length for mark in each.marks]
        assert max(ends, default=0) <= WIDTH or len({*documents[0]}) < 2
        for level in GRAVEST_FIRST:
            row = sorted((mark for mark in each.marks if mark.level == level), key=lambda m: m.x)
            assert all(a.x + a.length <= b.x for a, b in pairwise(row))


def test_a_document_alone_is_drawn_as_in_a_list() -> None:
    (alone,) = aligned([WRITES])
    services = [MappedService(prefix, WRITES[prefix]) for prefix in ("iam", "ecs")]
    assert alone == thumbnail(services)
    assert width_of(services[1], UNIT) == 2


@pytest.mark.parametrize(
    ("older", "newer", "said"),
    [
        ({}, WRITES, ["ecs +16 Write", "iam +1 Permissions management"]),
        (
            {"s3": {"Write": GrantCount(2), "Read": GrantCount(5)}},
            {"s3": {"Write": GrantCount(1), "Read": GrantCount(7)}},
            ["s3 \N{MINUS SIGN}1 Write, +2 Read"],
        ),
        (
            {"s3": {"Write": GrantCount(free=2)}},
            {"s3": {"Write": GrantCount(bounded=2)}},
            ["s3 in other bounds"],
        ),
        (WRITES, WRITES, []),
    ],
)
def test_each_service_that_changed_is_told_with_its_levels(
    older: Services, newer: Services, said: list[str]
) -> None:
    assert list(differences(older, newer)) == said
