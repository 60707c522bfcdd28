"""Putting edits back: an edit of its own, made only over the state that was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError
from django.db.models import ForeignKey
from django.utils import timezone

from policyhub.catalog.editing.edits import RecordedEdit, edits_of
from policyhub.catalog.editing.kinds import EditedKind
from policyhub.catalog.editing.saving import log_edit, mark_edited
from policyhub.catalog.models import ChangelogEntry, Policy
from policyhub.catalog.models.edit_history import edited_by, tracked_fields, values_of_row
from policyhub.catalog.one_writer import writing

NEWER = (
    "Not put back: it was edited again after this page was shown. The newest edits are below: "
    "look at them, then decide again."
)
ANOTHER = "Not put back: another row has its place now. Put that back first, then try again."
GONE = "Not put back: the {noun} was deleted since. Put its deletion back first."


class NotPutBackError(Exception):
    """Why nothing was put back, as a sentence."""


@dataclass(frozen=True, slots=True)
class _RowToBe:
    """A row and the columns that it is to have; None where it is not to be there."""

    kind: EditedKind
    row: int
    state: Mapping[str, Any] | None


def digest_of_rows(rows: Iterable[tuple[EditedKind, int]]) -> str:
    """A digest of the states that rows have now, of those too that are not there."""
    states = [
        [kind.slug, row, found and values_of_row(found)]
        for kind, row in sorted(set(rows), key=lambda each: (each[0].slug, each[1]))
        for found in [_stored(kind, row)]
    ]
    text = json.dumps(states, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def rows_as_seen(edit: RecordedEdit) -> str:
    """What a form that offers to put one edit back says it was made from."""
    return digest_of_rows([(edit.kind, edit.row)])


def seen_since(edits: Collection[RecordedEdit], since: RecordedEdit) -> str:
    """What a form that offers to put back an edit and all later ones says it was made from."""
    later = [each for each in edits if each.order >= since.order]
    return digest_of_rows((each.kind, each.row) for each in later)


@contextmanager
def _putting_back() -> Iterator[None]:
    """Write, or say that a row that must be the only one of its kind is there twice."""
    try:
        with writing():
            yield
    except IntegrityError as error:
        raise NotPutBackError(ANOTHER) from error


def put_back(edit: RecordedEdit, user: Any, seen: str) -> None:
    """Undo one edit: its fields get what they had before it.

    Raises `NotPutBackError` where the row is not as it was seen, or no longer there;
    `OperationalError` where others keep the database.
    """
    with _putting_back():
        if rows_as_seen(edit) != seen:
            raise NotPutBackError(NEWER)
        before = edit.before
        if before is not None and edit.after is not None:
            before = {name: before[name] for name in edit.changed_columns()}
            if _stored(edit.kind, edit.row) is None:
                raise NotPutBackError(GONE.format(noun=edit.kind.noun))
        _put_rows([_RowToBe(edit.kind, edit.row, before)], user, f"Put back edit {edit.key}")


def put_back_since(policy: Policy, since: RecordedEdit, user: Any, seen: str) -> int:
    """Undo an edit and every later one of the same policy; returns how many rows that changed.

    Raises as `put_back` does.
    """
    with _putting_back():
        later = [each for each in edits_of(policy) if each.order >= since.order]
        if seen_since(later, since) != seen:
            raise NotPutBackError(NEWER)
        # The newest come first, so that the oldest of each row remains.
        first = {(each.kind.slug, each.row): each for each in later}
        targets = [_RowToBe(each.kind, each.row, each.before) for each in first.values()]
        _put_rows(targets, user, f"Put back all edits since {since.key}")
        return len(targets)


def _put_rows(targets: Collection[_RowToBe], user: Any, reason: str) -> None:
    """Give rows their states, and derive what follows."""
    owners: set[int] = set()
    with edited_by(user, reason):
        for target in targets:
            row = _put_row(target)
            owner = row and target.kind.owner_of(row)
            owners |= {owner} if owner else set()
            if row is not None:
                log_edit(row, user, reason)
    mark_edited(owners)


def _put_row(target: _RowToBe) -> Any:
    """The row as it was saved or deleted; None where there was nothing to do."""
    row = _stored(target.kind, target.row)
    if target.state is None:
        if row is not None:
            row.delete()
            row.pk = target.row
        return row
    # What a page says is not a curator's to change, in whatever direction.
    kept = {"claim"} if row else set()
    row = row or target.kind.model(pk=target.row)
    for field in tracked_fields(target.kind.model):
        if field.attname in target.state.keys() - kept:
            setattr(row, field.attname, _still_there(field, target.state[field.attname]))
    if isinstance(row, ChangelogEntry):
        row.curated_at = timezone.now()
    row.save()
    return row


def _still_there(field: Any, value: Any) -> Any:
    """A value that can be stored: nothing where it refers to a row that is gone."""
    if not isinstance(field, ForeignKey) or value is None:
        return value
    related: Any = field.related_model
    return value if related._base_manager.filter(pk=value).exists() else None


def _stored(kind: EditedKind, row: int) -> Any:
    return kind.model._base_manager.filter(pk=row).first()
