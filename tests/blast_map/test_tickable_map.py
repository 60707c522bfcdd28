"""The map to tick and to open: each part of it is large enough for a finger, and by itself."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings

from policyhub.blast_map.counted import MappedService
from policyhub.blast_map.tickable import TickableMap, action_mark
from policyhub.blast_map.wide import TARGET, WIDTH, MapCell, blast_map
from policyhub.catalog.access.permissions import effective_permissions
from policyhub.catalog.access.power import TEXTURES
from policyhub.catalog.access_levels import LEVELS
from tests.blast_map.test_blast_map import SERVICES
from tests.catalog.corpus import corpus

pytestmark = pytest.mark.one_database


def parts_of(cell: MapCell) -> list[tuple[float, float]]:
    """From where to where its marks and its number are pressed, as the picture has them."""
    start, width = cell.marks_target
    number = cell.label.x - 2
    return [(start, start + width), (number, number + cell.number_target)]


@settings(deadline=None, phases=[Phase.generate])
@given(SERVICES)
def test_marks_and_numbers_are_pressed_apart_and_each_is_large_enough(
    services: list[MappedService],
) -> None:
    columns = [each for each in blast_map(services, number=TARGET).columns if each.service.prefix]
    for level in LEVELS:
        ends = 0.0
        for column in columns:
            for cell in (each for each in column.cells if each.level == level):
                for start, end in parts_of(cell):
                    assert end - start >= TARGET
                    assert column.x + start >= ends
                    ends = column.x + end
        assert ends <= WIDTH + TARGET


@pytest.mark.parametrize("name", ["AdministratorAccess", "ReadOnlyAccess", "PowerUserAccess"])
def test_lines_of_a_phone_leave_room_for_what_opens_them(name: str) -> None:
    permissions = effective_permissions(corpus()[name])
    drawn = TickableMap(permissions).phone
    assert all(line.width <= drawn.width - TARGET for line in drawn.lines if line.service.prefix)
    assert all(line.width <= drawn.width for line in drawn.lines)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("texture", TEXTURES)
def test_the_mark_of_an_action_has_its_level_and_how_it_is_granted(
    level: str, texture: str
) -> None:
    drawn = action_mark(level, texture)  # type: ignore[arg-type]
    (mark,) = drawn.marks
    assert mark.texture == texture
    assert mark.slug == level.lower().replace(" ", "-")
    assert (mark.x, mark.y) == (0, 0)
    assert (mark.width, mark.height) == (drawn.width, drawn.height)
