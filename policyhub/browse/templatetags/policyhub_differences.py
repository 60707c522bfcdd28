"""Tags that lay out what changed from one document to another."""

from __future__ import annotations

from collections.abc import Mapping

from django.template import Library

from policyhub.blast_map import subtracted

register = Library()


@register.simple_tag
def subtracted_map(services: Mapping[str, subtracted.ChangedCells]) -> subtracted.SubtractedMap:
    """Lay out what changed from one document to another, for a wide page."""
    return subtracted.subtracted_map(services)


@register.simple_tag
def subtracted_phone_map(
    services: Mapping[str, subtracted.ChangedCells],
) -> subtracted.SubtractedMap:
    """Lay out what changed from one document to another, for a phone."""
    return subtracted.subtracted_phone_map(services)
