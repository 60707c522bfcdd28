"""The marks of a map as markup, and the numbers next to them.

A page has some sixty cells, twice; a template for each of them took a third of the page's time.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString

from policyhub.blast_map.wide import MapCell, PowerMark


def marks_svg(marks: Iterable[PowerMark]) -> SafeString:
    """The marks, each a rectangle of its texture and of the ink of its level."""
    return SafeString("".join(map(_mark, marks)))


def cell_svg(cell: MapCell) -> SafeString:
    """The marks of a service and level, and the number next to them."""
    label = cell.label
    # What follows from the level comes first: then it compresses as one.
    return SafeString(
        f"{marks_svg(cell.marks)}"
        f'<text class="level-{label.slug}" y="{label.y}" x="{label.x}">{escape(label.text)}</text>'
    )


def _mark(mark: PowerMark) -> str:
    hatch = f' fill="url(#hatch-{mark.slug})"' if mark.texture == "bounded" else ""
    return (
        f'<rect class="{mark.texture} level-{mark.slug}"{hatch} y="{mark.y}" '
        f'height="{mark.height}" x="{mark.x}" width="{mark.width}"/>'
    )
