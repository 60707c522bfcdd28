"""Which answers an edit of prose makes stale: those of the policy's own pages, or others too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyhub.catalog.models import CatalogState, PermissionDescription, Policy

# What of a policy is on its own pages alone, and found by the search.
OWN_TEXTS = frozenset({"summary", "considerations", "described_version_id", "curated_at", "claim"})
_IS_OF_TEXTS = "_is_of_own_texts"


def note_what_changes(instance: Policy, **_: Any) -> None:
    """Before a policy is saved: note whether anything but its texts is stored otherwise."""
    stored = Policy.objects.filter(pk=instance.pk).values().first() if instance.pk else None
    setattr(instance, _IS_OF_TEXTS, stored is not None and _changed(instance, stored) <= OWN_TEXTS)


def _changed(instance: Policy, stored: Mapping[str, Any]) -> set[str]:
    """The names of the columns that would be written with another value."""
    read = instance.__dict__
    return {name for name, value in stored.items() if name in read and read[name] != value}


def prose_was_edited(instance: Any, **_: Any) -> None:
    """After a row is saved or deleted: move the generations of what shows it."""
    is_of_texts = instance.__dict__.pop(_IS_OF_TEXTS, False)
    is_text = isinstance(instance, PermissionDescription) or is_of_texts
    CatalogState.advance_prose(of_own_pages=is_text)
