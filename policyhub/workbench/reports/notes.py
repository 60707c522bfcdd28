"""Notes of a review that are kept with the policy, for readers who are signed in."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from policyhub.catalog.admin.form_state import digest_of_values, with_plain_line_ends
from policyhub.catalog.models import PolicyVersion
from policyhub.workbench.models import ReviewNote

LONGEST_NOTE = 20_000


class NewerNoteError(ValueError):
    """The note was saved elsewhere after the form was made; `kept` is what it says now."""

    def __init__(self, kept: str) -> None:
        super().__init__("the note was changed in the meantime")
        self.kept = kept


@dataclass(frozen=True)
class NotesForm:
    """What the form of notes shows; `state` is of what was stored when it was made.

    `kept` is what somebody else, or another window, saved in the meantime: it is shown beside.
    """

    text: str = ""
    state: str = ""
    last_version: str = ""
    kept: str = ""


def notes_form(request: HttpRequest, version: PolicyVersion) -> NotesForm | None:
    """The form with what the reader noted before; None for one who is not signed in."""
    user = request.user
    if not user.is_authenticated:
        return None
    found = _note(user, version)
    if found is None:
        return NotesForm(state=digest_of_values([""]))
    return NotesForm(found.text, digest_of_values([found.text]), found.version_id)


def save_note(request: HttpRequest, user: User, version: PolicyVersion) -> None:
    """Save the note that a form sends, for the version under review.

    Raises `NewerNoteError` where what is stored is not what the form was made from.
    """
    text = with_plain_line_ends(request.POST.get("notes", ""))[:LONGEST_NOTE].replace("\0", "")
    with transaction.atomic():
        found = _note(user, version, for_update=True)
        kept = found.text if found else ""
        if digest_of_values([kept]) != request.POST.get("state", "") and kept != text:
            raise NewerNoteError(kept)
        ReviewNote.objects.update_or_create(
            user=user,
            policy=version.policy,
            defaults={"text": text, "version_id": version.version_id},
        )


def _note(user: User, version: PolicyVersion, *, for_update: bool = False) -> ReviewNote | None:
    notes = ReviewNote.objects.select_for_update() if for_update else ReviewNote.objects
    return notes.filter(user=user, policy=version.policy).first()
