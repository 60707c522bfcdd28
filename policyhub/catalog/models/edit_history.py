"""The history of what people edit: each edit with its author, and the state before the first.

Only what is saved inside of `edited_by` is an edit. Imports, fixtures and commands write no
history and pay for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Model
from django.db.models.signals import pre_save
from django.utils import timezone
from simple_history.models import HistoricalRecords

# Why a record is there that is no edit: what was stored when an edit began.
AS_IT_WAS = "as it was"


@dataclass(frozen=True, slots=True)
class _Editor:
    user: Any
    reason: str


_editor: ContextVar[_Editor | None] = ContextVar("editor", default=None)


@contextmanager
def edited_by(user: Any, reason: str = "") -> Iterator[None]:
    """Record what is saved and deleted in the block as edits of `user`; `reason` says why."""
    token = _editor.set(_Editor(user, reason))
    try:
        yield
    finally:
        _editor.reset(token)


def tracked_fields(model: type[Model]) -> list[Any]:
    """The fields of a model with a history that the history has."""
    return list(cast(Any, model).history.model.tracked_fields)


def values_of_row(row: Model) -> dict[str, Any]:
    """What the history has of a row, or of a record of it: the values by the columns' names."""
    model = getattr(type(row), "instance_type", type(row))
    return {each.attname: getattr(row, each.attname) for each in tracked_fields(model)}


class EditHistory(HistoricalRecords):
    """The edits of a model's rows, as `history`.

    A record that is no edit, with `AS_IT_WAS` as its reason, comes before the first edit of a
    row, and wherever something else changed the row between two edits.
    """

    def __init__(self, excluded_fields: Sequence[str] = ()) -> None:
        super().__init__(excluded_fields=list(excluded_fields))

    def finalize(self, sender: Any, **kwargs: Any) -> None:
        """Listen to the model too before it is saved."""
        super().finalize(sender, **kwargs)
        if sender is self.cls:
            pre_save.connect(self._before_save, sender=sender, weak=False)

    def create_historical_record(
        self, instance: Any, history_type: str, using: str | None = None
    ) -> None:
        """Record an edit that changed something."""
        if _editor.get() is None:
            return
        if history_type == "~" and self._is_recorded(instance):
            return
        super().create_historical_record(instance, history_type, using=using)

    def get_history_user(self, instance: Any) -> Any:
        """Who edits."""
        editor = _editor.get()
        return editor and editor.user

    def get_change_reason_for_object(
        self, instance: Any, history_type: str, using: str | None
    ) -> str | None:
        """Why the edit was made, if it says so."""
        editor = _editor.get()
        return editor.reason or None if editor else None

    def _before_save(self, instance: Any, raw: bool = False, **_: Any) -> None:
        """Record what is stored, where the history does not have it."""
        if _editor.get() is None or raw or instance.pk is None:
            return
        stored = type(instance)._base_manager.filter(pk=instance.pk).first()
        if stored is None or self._is_recorded(stored):
            return
        stored.history.create(
            history_date=timezone.now(),
            history_type="~",
            history_change_reason=AS_IT_WAS,
            **values_of_row(stored),
        )

    def _is_recorded(self, instance: Any) -> bool:
        """Whether the newest record of a row is of the state that it has."""
        newest = instance.history.order_by("-history_id").first()
        return (
            newest is not None
            and newest.history_type != "-"
            and values_of_row(newest) == values_of_row(instance)
        )
