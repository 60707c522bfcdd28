"""One row saved by itself as an edit, with everything that follows from it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.utils import timezone

from policyhub.catalog.deriving.indexing import index_policies
from policyhub.catalog.editing.kinds import EditedKind
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.models.edit_history import edited_by


def save_row(kind: EditedKind, row: Any, user: Any, reason: str = "") -> None:
    """Save a row, in the caller's transaction; imports leave it alone from then on."""
    verb = CHANGE if row.pk else ADDITION
    if isinstance(row, ChangelogEntry):
        row.curated_at = timezone.now()
    with edited_by(user, reason):
        row.save()
    log_edit(row, user, reason, verb)
    owner = kind.owner_of(row)
    mark_edited([owner] if owner else [])


def mark_edited(policies: Collection[int]) -> None:
    """Keep imports from the texts of policies, and derive what follows from these."""
    Policy.objects.filter(pk__in=policies).update(curated_at=timezone.now())
    index_policies(policies)


def log_edit(row: Any, user: Any, reason: str, verb: int = CHANGE) -> None:
    """Name the author to those whose forms were opened before."""
    LogEntry.objects.log_actions(user.pk, [row], verb, reason, single_object=True)
