"""Deletions that take away only what was shown when they were asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import display_for_field, unquote
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from policyhub.catalog.admin import form_state
from policyhub.catalog.models.edit_history import edited_by
from policyhub.catalog.one_writer import unwritable, writing

CHANGED = "Not deleted: it has changed since it was shown here. What would be deleted now is below."

Row = TypeVar("Row", bound=Model)


class DeletedAsSeen(admin.ModelAdmin[Row]):
    """An admin that deletes rows only in the state in which they were shown."""

    actions = ("delete_selected",)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Ask whether to delete a row, and delete it only as it was shown."""
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)
        try:
            with writing(), edited_by(request.user):
                row = self.get_object(request, unquote(object_id))
                if row is None or form_state.sent_state(request) == form_state.of_rows([row]):
                    return super().delete_view(request, object_id, extra_context)
                status, sentence = 409, CHANGED
        except OperationalError as error:
            status, sentence = 503, unwritable(error)
        refused = {**(extra_context or {}), "refusal": sentence}
        response = super().delete_view(form_state.as_read(request), object_id, refused)
        response.status_code = status
        return response

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        """Show what is to be deleted, and include its state in the question."""
        rows = [context["object"]]
        context |= {"form_state": form_state.of_rows(rows), "contents": _contents(rows)}
        return super().render_delete_form(request, context)

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Ask whether to delete rows, and delete them only as they were shown."""
        status, refused = 200, {}
        try:
            with writing(), edited_by(request.user):
                state = form_state.of_rows(queryset)
                if request.POST.get("post") and form_state.sent_state(request) == state:
                    return delete_selected(self, request, queryset)
                if request.POST.get("post"):
                    status, refused = 409, {"refusal": CHANGED}
        except OperationalError as error:
            status, refused = 503, {"refusal": unwritable(error)}
        response: Any = delete_selected(self, form_state.as_read(request), queryset)
        contents = {"form_state": form_state.of_rows(queryset), "contents": _contents(queryset)}
        response.context_data |= {**contents, **refused}
        response.status_code = status
        return response


def _contents(rows: Iterable[Model]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The texts of rows: each row's name, its fields' labels and values."""
    return [(str(row), list(_field_texts(row))) for row in rows]


def _field_texts(row: Model) -> Iterable[tuple[str, str]]:
    for each in row._meta.fields:
        value = each.value_from_object(row)
        if each.editable and not (each.primary_key or each.is_relation) and value not in (None, ""):
            yield str(each.verbose_name), str(display_for_field(value, each, "-"))
