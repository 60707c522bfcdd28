"""The edits of curators, the newest first: who, when, what it was before, and what after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import ForeignKey

from policyhub.catalog.editing.kinds import EditedKind, edited_kinds, kind_called
from policyhub.catalog.models import Policy
from policyhub.catalog.models.edit_history import AS_IT_WAS, tracked_fields, values_of_row

_VERBS = {"+": "added", "~": "changed", "-": "deleted"}
# What a person did not type: numbers of rows, and what follows from another field.
_NOT_SHOWN = {
    *("id", "policy_id", "source", "access", "not_before", "denies", "key", "claim"),
    *("finding", "digest", "accepted_by_id", "accepted_at"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with its text before and after; "" where it was empty, or the row not there."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RecordedEdit:
    """One row changed by one save.

    `before` and `after` are states as `values_of_row` has them; None where the row was not there.
    """

    kind: EditedKind
    record: Any
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def key(self) -> str:
        """What it is called in forms and JSON."""
        return f"{self.kind.slug}-{self.record.history_id}"

    @property
    def moment(self) -> datetime:
        """When it was saved."""
        moment: datetime = self.record.history_date
        return moment

    @property
    def order(self) -> tuple[datetime, str, int]:
        """What it is sorted by among the edits of all kinds."""
        return self.moment, self.kind.slug, self.record.history_id

    @property
    def author(self) -> str:
        """The account's name, or a placeholder if the account was deleted."""
        user = self.record.history_user
        return user.get_username() if user else "a deleted account"

    @property
    def verb(self) -> str:
        """What was done."""
        return _VERBS[self.record.history_type]

    @property
    def reason(self) -> str:
        """Why, if the edit says so."""
        return self.record.history_change_reason or ""

    @property
    def row(self) -> int:
        """The key of the row."""
        row: int = self.record.id
        return row

    @property
    def subject(self) -> str:
        """What names the row among others, "" for the policy itself."""
        name = self.kind.subject
        return str(getattr(self.record, name)) if name else ""

    @property
    def policy_pk(self) -> int | None:
        """The key of the policy that it is about."""
        return self.kind.owner_of(self.record)

    def changed_columns(self) -> list[str]:
        """The columns that differ between before and after."""
        before, after = self.before or {}, self.after or {}
        names = [each.attname for each in tracked_fields(self.kind.model)]
        return [name for name in names if before.get(name) != after.get(name)]

    def changes(self) -> list[FieldChange]:
        """The fields that it changed, as people read them."""
        changed = set(self.changed_columns()) - _NOT_SHOWN
        rows = [
            FieldChange(
                each.name,
                str(each.verbose_name),
                _value_in_words(each, (self.before or {}).get(each.attname)),
                _value_in_words(each, (self.after or {}).get(each.attname)),
            )
            for each in tracked_fields(self.kind.model)
            if each.attname in changed
        ]
        return [each for each in rows if each.before != each.after]


def edits_of(policy: Policy) -> list[RecordedEdit]:
    """Every edit of what belongs to a policy, the newest first."""
    found: list[RecordedEdit] = []
    for kind in edited_kinds():
        rows = kind.records_of(policy.pk).order_by().values_list("id", flat=True).distinct()
        records = kind.history.filter(id__in=list(rows)).select_related("history_user")
        found += (each for each in _edits(kind, records) if each.policy_pk == policy.pk)
    return sorted(found, key=lambda each: each.order, reverse=True)


def newest_edits(count: int) -> list[RecordedEdit]:
    """The newest edits of everything, at most so many."""
    found: list[RecordedEdit] = []
    for kind in edited_kinds():
        newest = _edited(kind.history.all()).order_by("-history_id")[:count]
        rows = {each.id for each in newest}
        records = kind.history.filter(id__in=rows).select_related("history_user")
        found += _edits(kind, records)
    return sorted(found, key=lambda each: each.order, reverse=True)[:count]


def edit_called(key: str) -> RecordedEdit | None:
    """The edit of this key; None where there is none."""
    slug, _, number = key.rpartition("-")
    kind = kind_called(slug)
    if kind is None or not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    record = _edited(kind.history.filter(pk=int(number))).first()
    if record is None:
        return None
    records = kind.history.filter(id=record.id).select_related("history_user")
    return next((each for each in _edits(kind, records) if each.record == record), None)


def _edited(records: Any) -> Any:
    """The records that are edits."""
    return records.exclude(history_change_reason=AS_IT_WAS, history_user=None)


def _edits(kind: EditedKind, records: Iterable[Any]) -> Iterator[RecordedEdit]:
    """Each record that is an edit, with the state before it."""
    states: dict[int, Mapping[str, Any] | None] = {}
    for record in sorted(records, key=lambda each: each.history_id):
        state = None if record.history_type == "-" else values_of_row(record)
        is_edit = record.history_change_reason != AS_IT_WAS or record.history_user_id
        before = states.get(record.id)
        if record.history_type == "-" and before is None:
            before = values_of_row(record)
        states[record.id] = state
        if is_edit:
            yield RecordedEdit(kind, record, before, state)


def _value_in_words(field: Any, value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(field, ForeignKey):
        related: Any = field.related_model
        row = related._base_manager.filter(pk=value).first()
        return str(row) if row else f"a row that is gone (number {value})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
