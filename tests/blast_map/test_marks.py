"""The markup of a map's marks says what they are."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from policyhub.blast_map.marks import cell_svg, marks_svg
from policyhub.blast_map.wide import MapCell, MapLabel, PowerMark

MARKS = (
    PowerMark("free", "write", 4.5, 0, 12.25, 8),
    PowerMark("bounded", "permissions-management", 16.75, 0, 3.0, 8),
    PowerMark("denied", "list", 20, 10.5, 1, 4),
)


def read(markup: str) -> list[ET.Element]:
    return list(ET.fromstring(f"<g>{markup}</g>"))  # noqa: S314 - our own


def test_a_mark_is_a_rectangle_of_its_texture_and_level() -> None:
    marks = read(marks_svg(MARKS))
    for drawn, mark in zip(marks, MARKS, strict=True):
        assert drawn.tag == "rect"
        assert drawn.get("class") == f"{mark.texture} level-{mark.slug}"
        sizes = [float(drawn.get(name, "")) for name in ("x", "y", "width", "height")]
        assert sizes == [mark.x, mark.y, mark.width, mark.height]
    assert [drawn.get("fill") for drawn in marks] == [
        None,
        "url(#hatch-permissions-management)",
        None,
    ]


@pytest.mark.parametrize("text", ["1,204", "PassRole +3", '<a> & "b"'])
def test_the_number_of_a_cell_stands_after_its_marks(text: str) -> None:
    label = MapLabel(text, 30.5, 12, "write")
    *marks, number = read(cell_svg(MapCell("Write", MARKS, label, "in words")))
    assert len(marks) == len(MARKS)
    assert (number.tag, number.text, number.get("class")) == ("text", text, "level-write")
    assert (number.get("x"), number.get("y")) == ("30.5", "12")


def test_without_marks_there_is_no_markup() -> None:
    assert marks_svg(()) == ""
