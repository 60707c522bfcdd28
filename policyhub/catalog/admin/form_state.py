"""What a form was made from: a digest of each field, included in the form itself.

A field's values are what a browser would send for it untouched, so that what is stored, what
the form showed and what was sent compare as texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib.admin.helpers import InlineAdminFormSet
from django.db.models import Model
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict

Values = tuple[str, ...]
NAME = "form_state"


class FieldPlace(NamedTuple):
    """Where a field is: the prefix of its formset and its row's key, both empty in the form."""

    formset: str
    row: str
    field: str


def editable(form: Any) -> Iterator[BoundField]:
    """The fields of a form that a person can change, without the checkbox that deletes a row."""
    for name, field in form.fields.items():
        if not (field.disabled or field.widget.is_hidden or name == "DELETE"):
            yield form[name]


def stored_fields(form: Any, inlines: Iterable[InlineAdminFormSet]) -> dict[FieldPlace, BoundField]:
    """Every editable field of what is stored; rows that are still to be added are left out."""
    fields = {FieldPlace("", "", each.name): each for each in editable(form)}
    for formset in (each.formset for each in inlines if each.has_change_permission):
        for row in formset.initial_forms:
            for each in editable(row):
                fields[FieldPlace(formset.prefix, str(row.instance.pk), each.name)] = each
    return fields


def stored(bound: BoundField) -> Values:
    """What a browser would send for a field that nobody touched."""
    widget = _unwrapped(bound.field.widget)
    value = bound.field.prepare_value(bound.initial)
    if isinstance(widget, forms.CheckboxInput):
        return ("on",) if value else ()
    if isinstance(widget, forms.MultiWidget):
        parts = zip(widget.widgets, widget.decompress(value) or (), strict=True)
        return tuple(str(each.format_value(part) or "") for each, part in parts)
    formatted = widget.format_value(value)
    if isinstance(formatted, list | tuple):
        return tuple(str(each) for each in formatted)
    return (with_plain_line_ends(formatted or ""),)


def sent(bound: BoundField, data: Any, name: str) -> Values:
    """The value in `data` for a field with this name."""
    keys = _keys(bound, name)
    if len(keys) > 1:
        return tuple(data.get(key, "") for key in keys)
    return tuple(with_plain_line_ends(each) for each in data.getlist(name))


def put(bound: BoundField, data: Any, name: str, values: Values) -> None:
    """Put these values for a field into `data`."""
    keys = _keys(bound, name)
    if len(keys) > 1:
        for key, value in zip(keys, values, strict=True):
            data[key] = value
    else:
        data.setlist(name, list(values))


def values_in_words(bound: BoundField, values: Values) -> str:
    """Values as a person reads them: the labels of choices, else the text."""
    field, widget = bound.field, _unwrapped(bound.field.widget)
    given = [each for each in values if each]
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        return ", ".join(str(each) for each in field.queryset.filter(pk__in=given))
    if isinstance(widget, forms.Select):
        labels = {str(value): str(label) for value, label in widget.choices}
        return ", ".join(labels.get(each, each) for each in given)
    return " ".join(given)


def digest_of_values(values: Iterable[str]) -> str:
    """A short digest of a field's values, whatever their order."""
    text = json.dumps(sorted(values), ensure_ascii=False)
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def digests(fields: Mapping[FieldPlace, BoundField]) -> dict[FieldPlace, str]:
    """The digest of every field's stored values."""
    return {place: digest_of_values(stored(bound)) for place, bound in fields.items()}


def of_rows(rows: Iterable[Model]) -> str:
    """The digest of everything in the rows."""
    return digest_of_values(
        f"{row.pk} {each.attname}={each.value_from_object(row)}"
        for row in rows
        for each in row._meta.fields
    )


def sent_state(request: HttpRequest) -> str:
    """The state that a form was sent with."""
    return request.POST.get(NAME, "")


def as_read(request: HttpRequest) -> HttpRequest:
    """The same request, as one that only asks to be shown something."""
    reading = copy(request)
    reading.method = "GET"
    cast(Any, reading).POST = QueryDict()
    return reading


def written(state: Mapping[FieldPlace, str], last_entry: int) -> str:
    """A state as the form's hidden field contains it; `last_entry` is of the admin's history."""
    return json.dumps([last_entry, [[*place, each] for place, each in state.items()]])


def read(text: str) -> tuple[dict[FieldPlace, str], int | None]:
    """The state in a hidden field; an empty one if that can't be read."""
    try:
        last_entry, rows = json.loads(text)
        state = {FieldPlace(*map(str, place)): str(each) for *place, each in rows}
    except (ValueError, TypeError, RecursionError):
        return {}, None
    return state, last_entry if isinstance(last_entry, int) else None


def _keys(bound: BoundField, name: str) -> list[str]:
    widget = _unwrapped(bound.field.widget)
    if isinstance(widget, forms.MultiWidget):
        return [name + each for each in cast(Any, widget).widgets_names]
    return [name]


def _unwrapped(widget: Any) -> Any:
    """The widget that the admin has wrapped in its links to add and change rows."""
    return getattr(widget, "widget", widget)


def with_plain_line_ends(text: str) -> str:
    """A text with LF at the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
