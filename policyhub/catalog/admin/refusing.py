"""A form that was made from an older state than what it would overwrite: both texts in one form.

What its sender changed stays in it, what others changed comes into it, and each field where
the two meet says what is stored now. Sent again, it has seen all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.admin.helpers import InlineAdminFormSet
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.db.models import Model
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.html import format_html

from policyhub.catalog.admin import form_state
from policyhub.catalog.admin.form_state import FieldPlace

TAKEN_OVER = "Updated to what is stored now: someone else changed it, and you had not."


@dataclass
class Refusal:
    """Why a form is not saved, and what to answer.

    `data` is the form's content; `messages` what to say at each field; `state` what the form's
    hidden field contains, if it must not be the state that is stored now.
    """

    status: int
    sentence: str
    data: QueryDict
    messages: dict[FieldPlace, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    state: str | None = None

    def mark(self, form: forms.BaseForm, inlines: Sequence[InlineAdminFormSet]) -> None:
        """Put each message at its field."""
        rows = {("", ""): form}
        for formset in (each.formset for each in inlines):
            for row in formset.initial_forms:
                rows[formset.prefix, str(row.instance.pk)] = row
        for place, message in self.messages.items():
            rows[place.formset, place.row].add_error(place.field, message)


class Meeting:
    """What was sent, compared with what is stored now and what the form was made from.

    `conflicts` has what is stored at each field that both changed.
    """

    def __init__(
        self,
        sent: QueryDict,
        seen: Mapping[FieldPlace, str],
        form: forms.BaseForm,
        inlines: Sequence[InlineAdminFormSet],
    ) -> None:
        self.sent, self.seen = sent, seen
        self.formsets: list[Any] = [each.formset for each in inlines]
        self.fields = form_state.stored_fields(form, inlines)
        self.rows = {each.prefix: _SentRows(each, sent) for each in self.formsets}
        self.data = QueryDict(mutable=True)
        self.messages: dict[FieldPlace, Any] = {}
        self.conflicts: dict[FieldPlace, str] = {}
        self.notes: list[str] = []

    @property
    def is_harmless(self) -> bool:
        """Whether nothing was stored since that saving would overwrite or write twice."""
        if form_state.digests(self.fields) == self.seen:
            return True
        same_rows = {place[:2] for place in self.fields} == {place[:2] for place in self.seen}
        return same_rows and all(
            form_state.sent(bound, self.sent, name) == form_state.stored(bound)
            for place, bound in self.fields.items()
            if (name := self._name(place)) is not None
        )

    @property
    def rows_stored(self) -> list[Model]:
        """The rows of the formsets that have editable fields."""
        shown = {place.formset for place in self.fields}
        formsets = [each for each in self.formsets if each.prefix in shown]
        return [row.instance for each in formsets for row in each.initial_forms]

    def merge(self) -> None:
        """Fill `data`, `messages`, `conflicts` and `notes`."""
        for name in ("csrfmiddlewaretoken", IS_POPUP_VAR, TO_FIELD_VAR):
            if name in self.sent:
                self.data.setlist(name, self.sent.getlist(name))
        for place, bound in self.fields.items():
            if not place.formset:
                self._take(place, bound)
        for formset in self.formsets:
            self._take_rows(formset)

    def _take_rows(self, formset: Any) -> None:
        """The rows that are stored, then those of the sender that are not."""
        prefix, sent = formset.prefix, self.rows[formset.prefix]
        shown = {place[:2] for place in self.fields}
        for row in formset.initial_forms:
            key = str(row.instance.pk)
            for bound in row:
                place = FieldPlace(prefix, key, bound.name)
                if place in self.fields:
                    self._take(place, bound)
                elif bound.name != "DELETE":
                    form_state.put(bound, self.data, bound.html_name, form_state.stored(bound))
            if key not in sent.numbers and (prefix, key) in shown:
                self.notes.append(f"A row added by someone else: {row.instance}.")
            elif sent.is_to_go(key):
                self.data[f"{row.prefix}-DELETE"] = "on"
        count = len(formset.initial_forms)
        for number in (*self._lost(formset), *sent.new):
            for name in sent.names(number):
                self.data.setlist(f"{prefix}-{count}-{name}", sent.values(number, name))
            self.data[f"{prefix}-{count}-{formset.model._meta.pk.name}"] = ""
            count += 1
        self.data[f"{prefix}-TOTAL_FORMS"] = str(count)
        self.data[f"{prefix}-INITIAL_FORMS"] = str(len(formset.initial_forms))

    def _lost(self, formset: Any) -> list[int]:
        """The sender's rows that others deleted though the sender wrote in them."""
        prefix, sent = formset.prefix, self.rows[formset.prefix]
        stored = {str(row.instance.pk) for row in formset.initial_forms}
        gone = {place.row for place in self.seen if place.formset == prefix} - stored
        kept = []
        for key in sorted(gone & sent.numbers.keys(), key=lambda key: sent.numbers[key]):
            number = sent.numbers[key]
            wrote = any(
                form_state.digest_of_values(
                    form_state.sent(bound, self.sent, f"{prefix}-{number}-{name}")
                )
                != self.seen.get(FieldPlace(prefix, key, name))
                for name, bound in _editable_row(formset).items()
            )
            if wrote and not sent.is_to_go(key):
                kept.append(number)
                self.notes.append("A row that you changed was deleted: saving adds it again.")
            else:
                self.notes.append("A row was deleted by someone else.")
        return kept

    def _take(self, place: FieldPlace, bound: BoundField) -> None:
        """Take the sender's values where the sender changed them, else what is stored."""
        stored, base = form_state.stored(bound), self.seen.get(place)
        name = self._name(place)
        sent = stored if name is None else form_state.sent(bound, self.sent, name)
        was_changed = base != form_state.digest_of_values(stored)
        if form_state.digest_of_values(sent) == base or name is None:
            values = stored
            if was_changed and name is not None:
                self.messages[place] = TAKEN_OVER
        else:
            values = sent
            if was_changed and sent != stored:
                self.conflicts[place] = form_state.values_in_words(bound, stored)
                self.messages[place] = _stored_now(self.conflicts[place])
        form_state.put(bound, self.data, bound.html_name, values)

    def _name(self, place: FieldPlace) -> str | None:
        """The name under which the sender's form has a field; None where it has no such row."""
        if not place.formset:
            return self.fields[place].html_name
        number = self.rows[place.formset].numbers.get(place.row)
        return None if number is None else f"{place.formset}-{number}-{place.field}"


class _SentRows:
    """The rows of a formset as they were sent: `numbers` of those stored, by key; `new` ones."""

    def __init__(self, formset: Any, sent: QueryDict) -> None:
        self.prefix, self.sent = formset.prefix, sent
        counted = type(formset)(data=sent, instance=formset.instance, prefix=formset.prefix)
        total = counted.total_form_count()
        initial = min(counted.initial_form_count(), total)
        key = formset.model._meta.pk.name
        self.numbers = {
            sent.get(f"{self.prefix}-{number}-{key}", ""): number for number in range(initial)
        }
        self.new = range(initial, total)

    def is_to_go(self, key: str) -> bool:
        """Whether the row is ticked to be deleted."""
        return key in self.numbers and f"{self.prefix}-{self.numbers[key]}-DELETE" in self.sent

    def names(self, number: int) -> list[str]:
        """The names of a row's fields, without its place."""
        begins = f"{self.prefix}-{number}-"
        return [name.removeprefix(begins) for name in self.sent if name.startswith(begins)]

    def values(self, number: int, name: str) -> list[str]:
        """What was sent for a field."""
        return self.sent.getlist(f"{self.prefix}-{number}-{name}")


def _editable_row(formset: Any) -> dict[str, BoundField]:
    return {each.name: each for each in form_state.editable(formset.empty_form)}


def _stored_now(text: str) -> Any:
    if not text:
        return "Stored now: nothing."
    return format_html('Stored now: <span class="stored-now">{}</span>', text)
