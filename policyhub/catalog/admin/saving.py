"""Saves that never overwrite in silence what others saved meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, cast

from django.contrib.admin.helpers import AdminErrorList
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import Max, Model, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from policyhub.catalog.admin import form_state
from policyhub.catalog.admin.deleting import DeletedAsSeen, Row
from policyhub.catalog.admin.refusing import Meeting, Refusal
from policyhub.catalog.models.edit_history import edited_by
from policyhub.catalog.one_writer import unwritable, writing

_LOG = logging.getLogger(__name__)
# What one request knows of itself: why it is refused, and where the history ended when it began.
_ATTRIBUTE, _HISTORY = "policyhub_refusal", "policyhub_history"


class SavedAsSeen(DeletedAsSeen[Row]):
    """An admin whose forms are saved only over the state that they were made from.

    A form includes digests of what it showed. It is saved while no import and no other save
    writes, and only if what is stored is still the same; else it comes back with 409, the
    sender's text in its fields and what is stored now at each of them. Where the database
    can't be written it comes back with 503.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form, save it, or say why it is not saved."""
        if request.method != "POST":
            setattr(request, _HISTORY, _last_entry())
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with writing(), edited_by(request.user):
                setattr(request, _HISTORY, _last_entry())
                refusal = self._refusal(request, object_id) if object_id else None
                if refusal is None:
                    return super().changeform_view(request, object_id, form_url, extra_context)
                return self._refused(request, object_id, form_url, extra_context, refusal)
        except OperationalError as error:
            _LOG.warning("%s could not be saved: %s", self.opts.label, error)
            refusal = Refusal(
                503, unwritable(error), request.POST, state=form_state.sent_state(request)
            )
            return self._refused(request, object_id, form_url, extra_context, refusal)

    def saved_along(self, row: Any) -> Iterable[Model]:
        """Other rows whose history may contain a save of `row`."""
        return ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form; one that is refused is never valid."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, _ATTRIBUTE, None)
        if refusal is None:
            return form

        def clean(self: Any) -> Any:
            raise ValidationError([refusal.sentence, *refusal.notes])

        return type(f"Refused{form.__name__}", (form,), {"clean": clean})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Include its state in the form, and in a refused one what is stored now."""
        form, inlines = context["adminform"].form, context["inline_admin_formsets"]
        refusal: Refusal | None = getattr(request, _ATTRIBUTE, None)
        if refusal is not None:
            refusal.mark(form, inlines)
            formsets = [each.formset for each in inlines]
            context |= {"errors": AdminErrorList(form, formsets), "refusal": refusal}
        if context["original"] is None:
            state = ""
        elif refusal is not None and refusal.state is not None:
            state = refusal.state
        else:
            shown = form_state.digests(form_state.stored_fields(form, inlines))
            state = form_state.written(shown, getattr(request, _HISTORY))
        context["form_state"] = state
        return super().render_change_form(request, context, *args, **kwargs)

    def _refused(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
        refusal: Refusal,
    ) -> HttpResponse:
        """The form again, with what the refusal says, and its status."""
        cast(Any, request).POST = refusal.data
        setattr(request, _ATTRIBUTE, refusal)
        # Not `changeform_view`, which would begin the transaction that can't be had.
        view = cast(Any, self)._changeform_view
        response: HttpResponse = view(request, object_id, form_url, extra_context)
        response.status_code = refusal.status
        return response

    def _refusal(self, request: HttpRequest, object_id: str) -> Refusal | None:
        """Why the form that was sent can't be saved over what is stored now."""
        context = self._shown_now(request, object_id)
        if context is None:
            return None
        seen, last_entry = form_state.read(form_state.sent_state(request))
        meeting = Meeting(
            request.POST, seen, context["adminform"].form, context["inline_admin_formsets"]
        )
        if meeting.is_harmless:
            return None
        meeting.merge()
        row = context["original"]
        rows = [row, *self.saved_along(row), *meeting.rows_stored]
        sentence = (
            f"Not saved: {saved_since(rows, last_entry)} Your text is kept in the fields, and what "
            "is stored now is shown at each field that differs. Save again to replace it."
        )
        return Refusal(409, sentence, meeting.data, meeting.messages, meeting.notes)

    def _shown_now(self, request: HttpRequest, object_id: str) -> dict[str, Any] | None:
        """What the form would show now; None where it is not this person's to save."""
        response = super().changeform_view(form_state.as_read(request), object_id)
        context = response.context_data if isinstance(response, TemplateResponse) else None
        if context is None or not self.has_change_permission(request, context["original"]):
            return None
        return context


def saved_since(rows: Iterable[Model], last_entry: int | None) -> str:
    """Who saved one of `rows` since an entry of the admin's history, and when, as a sentence."""
    if last_entry is None:
        return "the form does not say which state it was based on."
    about = Q()
    for row in rows:
        kind = ContentType.objects.get_for_model(row)
        about |= Q(content_type=kind, object_id=str(row.pk))
    entries = LogEntry.objects.filter(about, pk__gt=last_entry).order_by("pk")
    by = {
        entry.user.get_username(): timezone.localtime(entry.action_time)
        for entry in entries.select_related("user")
    }
    if not by:
        return "since you opened this form, an import or a command changed what it shows."
    people = ", ".join(f"{name} ({moment:%H:%M:%S %Z})" for name, moment in by.items())
    return f"since you opened this form, it was saved by {people}."


def _last_entry() -> int:
    newest: int | None = LogEntry.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0
