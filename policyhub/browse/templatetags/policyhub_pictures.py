"""Tags that lay out a picture for the component that draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.template import Library

from policyhub.browse import pictures
from policyhub.browse.blast_map import phone, wide
from policyhub.browse.blast_map.counted import MappedService

register = Library()


@register.simple_tag
def level_bar(counts: Mapping[str, int], scale: int | str | None = None) -> pictures.LevelBar:
    """Lay out a bar of access levels; an absent `scale` reaches a tag as an empty string."""
    return pictures.level_bar(counts, int(scale) if scale else None)


@register.simple_tag
def month_bars(months: Iterable[Mapping[str, Any]]) -> pictures.MonthChart:
    """Lay out a chart of counts by month."""
    return pictures.month_chart(months)


@register.simple_tag
def wide_map(services: Sequence[MappedService]) -> wide.BlastMap:
    """Lay out the blast map of a wide page."""
    return wide.blast_map(services)


@register.simple_tag
def phone_map(services: Sequence[MappedService]) -> phone.PhoneMap:
    """Lay out the blast map of a phone."""
    return phone.phone_map(services)
