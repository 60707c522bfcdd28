"""Which rows are edited by people, and to which policy they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from policyhub.catalog.models import ChangelogEntry, PermissionDescription, Policy


@dataclass(frozen=True, slots=True)
class EditedKind:
    """A model with a history: what a row is called, and the column with its policy's key.

    `subject` is the field that names a row among others of its policy, "" for the policy itself.
    Rows that belong to no policy have "" as their `owner`.
    """

    model: type[Model]
    noun: str
    owner: str
    subject: str = ""

    @property
    def slug(self) -> str:
        """What its edits are called in addresses and JSON."""
        return self.model._meta.model_name or ""

    @property
    def history(self) -> Any:
        """The records of all of its rows."""
        model: Any = self.model
        return model.history

    def records_of(self, policy_pk: int) -> Any:
        """The records of the rows that belong, or belonged, to a policy."""
        if not self.owner:
            return self.history.none()
        return self.history.filter(Q(**{self.owner: policy_pk}))

    def owner_of(self, row: Any) -> int | None:
        """The key of the policy that a row or record belongs to."""
        owner: int | None = getattr(row, self.owner) if self.owner else None
        return owner


_kinds: dict[str, EditedKind] = {}


def register_edited(kind: EditedKind) -> None:
    """Have rows of a further model be shown among the edits, and put back."""
    _kinds[kind.slug] = kind


def edited_kinds() -> Sequence[EditedKind]:
    """All kinds, the policy itself first."""
    return tuple(_kinds.values())


def kind_called(slug: str) -> EditedKind | None:
    """The kind of this slug."""
    return _kinds.get(slug)


register_edited(EditedKind(Policy, "texts of the policy", "id"))
register_edited(EditedKind(PermissionDescription, "description", "policy_id", "pattern"))
register_edited(EditedKind(ChangelogEntry, "change-log entry", "policy_id", "title"))
