"""Notes of a review that are kept with the policy, for readers who are signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from policyhub.catalog.admin.form_state import digest_of_values, with_plain_line_ends
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.models.edit_history import edited_by
from policyhub.marked_words import Pieces, marked_prose
from policyhub.workbench.models import ReviewNote

LONGEST_NOTE = 20_000
MOST_EARLIER = 20


class NewerNoteError(ValueError):
    """The note was saved elsewhere after the form was made; `kept` is what it says now."""

    def __init__(self, kept: str) -> None:
        super().__init__("the note was changed in the meantime")
        self.kept = kept


@dataclass(frozen=True, slots=True)
class EarlierNote:
    """What the note said before, until when, and what was then changed, marked in both texts."""

    text: str
    version_id: str
    until: datetime
    before: Pieces
    after: Pieces


@dataclass(frozen=True)
class NotesForm:
    """What the form of notes shows; `state` is of what was stored when it was made.

    `kept` is what somebody else, or another window, saved in the meantime: it is shown beside.
    `earlier` are the texts of before, the newest first: their reader's alone, as the note is.
    """

    text: str = ""
    state: str = ""
    last_version: str = ""
    kept: str = ""
    earlier: Sequence[EarlierNote] = ()


def notes_form(request: HttpRequest, version: PolicyVersion) -> NotesForm | None:
    """The form with what the reader noted before; None for one who is not signed in."""
    user = request.user
    if not user.is_authenticated:
        return None
    found = _note(user, version)
    if found is None:
        return NotesForm(state=digest_of_values([""]))
    state = digest_of_values([found.text])
    return NotesForm(found.text, state, found.version_id, earlier=_earlier(found))


def _earlier(note: ReviewNote) -> list[EarlierNote]:
    records = list(note.history.order_by("history_id"))
    found = [
        EarlierNote(
            before.text,
            before.version_id,
            after.history_date,
            *marked_prose(before.text, after.text),
        )
        for before, after in pairwise(records)
        if before.text != after.text
    ]
    return found[: -MOST_EARLIER - 1 : -1]


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
        with edited_by(user):
            ReviewNote.objects.update_or_create(
                user=user,
                policy=version.policy,
                defaults={"text": text, "version_id": version.version_id},
            )


def _note(user: User, version: PolicyVersion, *, for_update: bool = False) -> ReviewNote | None:
    notes = ReviewNote.objects.select_for_update() if for_update else ReviewNote.objects
    return notes.filter(user=user, policy=version.policy).first()
