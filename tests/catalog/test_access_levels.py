"""The table of access levels agrees with the reference, the columns and the style sheets."""

from __future__ import annotations

from pathlib import Path

from policyhub.catalog.access_levels import (
    ACCESS_LEVELS,
    COUNT_COLUMNS,
    FREE_COLUMNS,
    GRAVEST_FIRST,
    LEVEL_SLUGS,
    LEVELS,
    POWER,
    WEIGHTS,
)
from policyhub.catalog.models import PolicyVersion, ServiceGrant
from policyhub.catalog.models.level_counts import LevelCounts

STYLES = Path(__file__).resolve().parents[2] / "static" / "css"


def test_both_models_count_every_level_in_columns_of_its_name() -> None:
    columns = {*COUNT_COLUMNS.values(), *FREE_COLUMNS.values()}
    assert {field.name for field in LevelCounts._meta.get_fields()} == columns
    for model in (PolicyVersion, ServiceGrant):
        assert columns <= {field.name for field in model._meta.get_fields()}


def test_the_gravest_levels_weigh_most_and_are_those_of_power() -> None:
    assert GRAVEST_FIRST == ("Permissions management", "Write", "Tagging", "Read", "List")
    assert GRAVEST_FIRST[:2] == POWER
    weights = [WEIGHTS[level] for level in GRAVEST_FIRST]
    assert weights == sorted(weights, reverse=True)
    assert set(WEIGHTS) == set(LEVELS)


def test_every_level_has_a_color_under_its_slug() -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in STYLES.glob("*.css"))
    assert len(set(LEVEL_SLUGS.values())) == len(ACCESS_LEVELS)
    for slug in LEVEL_SLUGS.values():
        assert f".level-{slug}" in styles
