"""What AWS's page says, shown next to the fields in which curators correct it."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from policyhub.catalog.models.claims import Claimed


def claim_of(row: Claimed) -> SafeString:
    """What the page says of the fields that were corrected, or that it says the same."""
    if not row.claim:
        return SafeString("No page of AWS is known to say anything about this.")
    if not row.corrected:
        return SafeString("The same. What it says is kept when you correct it.")
    texts = (
        (_label(row, name), "" if each is None else each) for name, each in _corrected_fields(row)
    )
    return format_html(
        '<dl class="page-says">{}</dl>',
        format_html_join("", '<dt>{}</dt><dd class="stored-now">{}</dd>', texts),
    )


def _corrected_fields(row: Claimed) -> list[tuple[str, object]]:
    return list(row.corrected.items())


def _label(row: Claimed, name: str) -> str:
    return str(row._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]
