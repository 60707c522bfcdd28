"""Tags that lay out a picture for the component that draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template import Library
from django.utils import dateformat
from django.utils.safestring import SafeString

from policyhub.blast_map import phone, tickable, wide
from policyhub.blast_map.counted import MappedService
from policyhub.blast_map.marks import cell_svg, marks_svg
from policyhub.blast_map.thumbnail import THUMBNAIL_PARTS, thumbnail_marks, thumbnail_svg
from policyhub.browse import pictures
from policyhub.catalog.access.power import PowerColumn, Texture
from policyhub.catalog.access_levels import Level

register = Library()


@register.simple_tag
def level_bar(counts: Mapping[str, int], scale: int | str | None = None) -> pictures.LevelBar:
    """Lay out a bar of access levels; an absent `scale` reaches a tag as an empty string."""
    return pictures.level_bar(counts, int(scale) if scale else None)


@register.simple_tag
def month_bars(
    months: Iterable[Mapping[str, Any]], years: Mapping[int, str]
) -> pictures.MonthChart:
    """Lay out a chart of counts by month; `years` has the address of each year."""
    return pictures.month_chart(months, years)


@register.simple_tag
def wide_map(services: Sequence[MappedService]) -> wide.BlastMap:
    """Lay out the blast map of a wide page."""
    return wide.blast_map(services)


@register.simple_tag
def phone_map(services: Sequence[MappedService]) -> phone.PhoneMap:
    """Lay out the blast map of a phone."""
    return phone.phone_map(services)


@register.simple_tag
def action_mark(level: Level, texture: Texture) -> tickable.ActionMark:
    """Lay out the mark of an action."""
    return tickable.action_mark(level, texture)


@register.simple_tag
def map_marks(marks: Iterable[wide.PowerMark]) -> SafeString:
    """Draw marks of a map."""
    return marks_svg(marks)


@register.simple_tag
def map_cell(cell: wide.MapCell) -> SafeString:
    """Draw a cell of a map, its marks and the number next to them."""
    return cell_svg(cell)


@register.simple_tag
def small_map(columns: Sequence[PowerColumn] | None) -> SafeString:
    """Draw the blast map of a row; nothing for a policy of which no columns are kept."""
    return SafeString("") if columns is None else thumbnail_svg(columns)


@register.simple_tag
def thumbnail_in_picture(columns: Sequence[PowerColumn]) -> SafeString:
    """Draw the blast map of a row within another picture."""
    return thumbnail_marks(columns)


@register.simple_tag
def thumbnail_parts() -> SafeString:
    """What thumbnails refer to, once in a page that has any."""
    return THUMBNAIL_PARTS


@register.simple_tag
def month_bar_words(bar: pictures.MonthBar, one: str, many: str) -> str:
    """What a bar says: its month, how many, and how many of these took something away."""
    words = f"{dateformat.format(bar.month, 'F Y')}: {bar.count} {one if bar.count == 1 else many}"
    taking = next((part.count for part in bar.parts if part.kind == "taking"), 0)
    if not taking:
        return words
    return f"{words}, {taking} of which take{'s' if taking == 1 else ''} something away"
