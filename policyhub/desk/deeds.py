"""What a curator does with a finding, and how it is undone: each recorded as it is done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from policyhub.catalog.editing.edits import edit_called
from policyhub.catalog.editing.putting_back import put_back
from policyhub.catalog.models.edit_history import edited_by
from policyhub.catalog.one_writer import writing
from policyhub.desk.models import Acceptance, DeskDeed, TakenFinding
from policyhub.desk.queue import QueuedFinding

LONGEST_REASON = 2_000
CHANGED = (
    "Not accepted: the evidence of this finding has changed since the page was shown. Look at it "
    "again below."
)
TAKEN = "Not taken: {name} has taken this finding in the meantime."
NOTHING = "There is nothing to undo: you have done nothing at the desk, or undone all of it."
_VERBS = DeskDeed.Verb

OTHER = "Not undone: it is no longer the last that you did. That is shown below."


class NotDoneError(Exception):
    """Why nothing was done, as a sentence."""


def accept(finding: QueuedFinding, user: Any, seen: str, reason: str, until: date | None) -> None:
    """Accept a finding whose evidence was seen.

    Raises `NotDoneError` where the evidence is not what was seen; `OperationalError` where others
    keep the database.
    """
    if finding.digest != seen:
        raise NotDoneError(CHANGED)
    with writing(), edited_by(user):
        counting = Acceptance.objects.filter(finding=finding.key, undone_at=None)
        replaced = _save_undone(counting, timezone.now())
        made = Acceptance.objects.create(
            policy=finding.policy,
            finding=finding.key,
            code=finding.code,
            message=finding.message,
            digest=finding.digest,
            reason=reason,
            until=until,
            accepted_by=user,
        )
        _record(finding, user, _VERBS.ACCEPTED, {"accepted": made.pk, "replaced": replaced})


def take(finding: QueuedFinding, user: Any) -> None:
    """Assign a finding to oneself. Raises as `accept` does, where somebody else has taken it."""
    with writing():
        row, made = TakenFinding.objects.get_or_create(finding=finding.key, defaults={"user": user})
        if row.user_id != user.pk:
            raise NotDoneError(TAKEN.format(name=row.user.get_username()))
        if made:
            _record(finding, user, _VERBS.TAKEN, {})


def release_finding(finding: QueuedFinding, user: Any) -> None:
    """Leave a finding that one has taken to others. Raises `OperationalError`."""
    with writing():
        if TakenFinding.objects.filter(finding=finding.key, user=user).delete()[0]:
            _record(finding, user, _VERBS.RELEASED, {})


def record_edit(finding: QueuedFinding, user: Any, edit: str, seen: str) -> None:
    """Note an edit that was made for a finding, within its transaction."""
    _record(finding, user, _VERBS.EDITED, {"edit": edit, "seen": seen})


def _record(finding: QueuedFinding, user: Any, verb: str, before: dict[str, Any]) -> None:
    DeskDeed.objects.create(
        user=user,
        verb=verb,
        finding=finding.key,
        policy=finding.policy,
        message=finding.message,
        before=before,
    )


def last_deed(user: Any) -> DeskDeed | None:
    """What a curator's next undo would undo."""
    return DeskDeed.objects.filter(user=user, undone_at=None).select_related("policy").first()


def undo_last_deed(user: Any, deed: str) -> DeskDeed:
    """Undo a curator's last deed, if it is the one that was shown.

    Raises `NotDoneError` and `NotPutBackError` with the reason; `OperationalError`.
    """
    with writing():
        last = last_deed(user)
        if last is None or str(last.pk) != deed:
            raise NotDoneError(
                NOTHING if last is None else "Not undone: it is no longer your last."
            )
        _UNDOING[last.verb](last, user)
        DeskDeed.objects.filter(pk=last.pk).update(undone_at=timezone.now())
        return last


def _accept_no_longer(deed: DeskDeed, user: Any) -> None:
    made = Acceptance.objects.filter(pk=deed.before["accepted"], undone_at=None)
    with edited_by(user):
        if not _save_undone(made, timezone.now()):
            raise NotDoneError(
                "Not undone: somebody has accepted this finding again since, or put it back."
            )
        _save_undone(Acceptance.objects.filter(pk__in=deed.before["replaced"]), None)


def _save_undone(rows: QuerySet[Acceptance], undone_at: datetime | None) -> list[int]:
    """Save each row by itself, as an edit; returns their keys."""
    found = list(rows)
    for each in found:
        each.undone_at = undone_at
        each.save()
    return [each.pk for each in found]


def _take_no_longer(deed: DeskDeed, user: Any) -> None:
    TakenFinding.objects.filter(finding=deed.finding, user=user).delete()


def _take_again(deed: DeskDeed, user: Any) -> None:
    row, _ = TakenFinding.objects.get_or_create(finding=deed.finding, defaults={"user": user})
    if row.user_id != user.pk:
        raise NotDoneError(TAKEN.format(name=row.user.get_username()))


def _put_edit_back(deed: DeskDeed, user: Any) -> None:
    edit = edit_called(deed.before["edit"])
    if edit is None:
        raise NotDoneError("Not undone: the edit is no longer in the history.")
    put_back(edit, user, deed.before["seen"])


_UNDOING = {
    _VERBS.ACCEPTED.value: _accept_no_longer,
    _VERBS.TAKEN.value: _take_no_longer,
    _VERBS.RELEASED.value: _take_again,
    _VERBS.EDITED.value: _put_edit_back,
}


def done_today(user: Any) -> set[str]:
    """The findings that a curator accepted or edited today, and did not undo."""
    began = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    deeds = DeskDeed.objects.filter(user=user, at__gte=began, undone_at=None)
    settled = deeds.filter(verb__in=[_VERBS.ACCEPTED, _VERBS.EDITED])
    return set(settled.order_by().values_list("finding", flat=True))
