"""The map of a difference: what was gained, was lost, has other bounds, and is the same."""

from __future__ import annotations

from math import sqrt

import pytest
from django.template.loader import render_to_string
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from policyhub.blast_map.subtracted import (
    ChangedCells,
    SubtractedMap,
    subtracted_map,
    subtracted_phone_map,
)
from policyhub.blast_map.wide import WIDTH
from policyhub.catalog.access_levels import LEVELS

CHANGES = [
    "gained",
    "gained, restricted",
    "wider",
    "different",
    "narrower",
    "lost",
    "undecided",
    "same",
]
CELLS = st.dictionaries(
    st.sampled_from(CHANGES), st.lists(st.just("x:Y"), min_size=1, max_size=90), min_size=1
)
SERVICES = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9-]{1,20}", fullmatch=True),
    st.dictionaries(st.sampled_from(LEVELS), CELLS, min_size=1),
    min_size=1,
    max_size=50,
)
ECS: dict[str, ChangedCells] = {
    "ecs": {"Write": {"same": ["ecs:RunTask"] * 54}},
    "iam": {"Write": {"wider": ["iam:PassRole"], "same": ["iam:CreateServiceLinkedRole"]}},
    "cloudformation": {"Tagging": {"gained": ["cloudformation:TagResource"] * 2}},
    "s3": {"Permissions management": {"lost": ["s3:PutBucketPolicy"]}},
}  # fmt: skip


def labels(drawn: SubtractedMap) -> dict[str, list[str]]:
    return {each.service.title: [one.text for one in each.labels] for each in drawn.columns}


def test_each_change_has_its_sign_and_passrole_its_name() -> None:
    assert labels(subtracted_map(ECS)) == {
        "s3": ["\N{MINUS SIGN}1"],
        "iam": ["↑ PassRole", "1"],
        "cloudformation": ["+2"],
        "ecs": ["54"],
    }


def test_gained_is_solid_other_bounds_are_hatched_lost_is_hollow_and_the_same_grey() -> None:
    textures = {
        each.service.prefix: [mark.texture for mark in each.marks]
        for each in subtracted_map(ECS).columns
    }
    assert textures == {
        "s3": ["denied"],
        "iam": ["bounded", "same"],
        "cloudformation": ["free"],
        "ecs": ["same"],
    }


def test_a_phone_shows_what_changed_and_counts_the_rest() -> None:
    drawn = subtracted_phone_map(ECS)
    assert labels(drawn) == {
        "s3": ["\N{MINUS SIGN}1"],
        "iam": ["↑ PassRole"],
        "cloudformation": ["+2"],
    }
    assert drawn.unchanged == 1


def test_the_picture_says_in_words_what_it_shows() -> None:
    words = subtracted_map(ECS).in_words
    assert words == (
        "Permissions management: 1 lost. Write: 1 with wider bounds, 55 the same. "
        "Tagging: 2 gained."
    )
    html = render_to_string("components/_subtracted_map.html", {"services": ECS, "of": "b and a"})
    assert f'aria-label="b and a. {words}"' in html
    assert "<title>cloudformation. Tagging: 2 gained</title>" in html


@pytest.mark.parametrize("drawn", [subtracted_map({}), subtracted_phone_map({})])
def test_two_documents_that_allow_nothing_have_a_map_without_columns(drawn: SubtractedMap) -> None:
    assert drawn.columns == ()
    assert drawn.in_words == "No actions."


@settings(deadline=None, phases=[Phase.generate])
@given(SERVICES)
def test_nothing_is_lost_overlaps_or_leaves_the_picture(
    services: dict[str, ChangedCells],
) -> None:
    drawn = subtracted_map(services)
    assert sum(column.service.count for column in drawn.columns) == len(services)
    for before, after in zip(drawn.columns, drawn.columns[1:], strict=False):
        assert before.x + before.width < after.x
    if len(drawn.columns) > 1:
        assert drawn.columns[-1].x + drawn.columns[-1].width <= WIDTH
    for column in drawn.columns:
        cells = column.service.cells.values()
        assert len(column.marks) == sum(len(cell) for cell in cells)
        if column.service.prefix:
            lengths = [
                max(6, round(3.2 * sqrt(count))) for cell in cells for count in cell.values()
            ]
            assert sorted(mark.width for mark in column.marks) == sorted(lengths)
