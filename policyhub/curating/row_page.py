"""One row edited by itself, from the pencil next to it: saved only over the state that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from policyhub.catalog.admin import form_state
from policyhub.catalog.admin.refusing import Meeting
from policyhub.catalog.admin.text_forms import DescriptionTextForm, EntryTextForm, PolicyTextsForm
from policyhub.catalog.editing.kinds import EditedKind, kind_called
from policyhub.catalog.editing.saving import save_row
from policyhub.catalog.models import ChangelogEntry
from policyhub.catalog.one_writer import unwritable, writing
from policyhub.catalog.prose.described_pattern import warning_about
from policyhub.curators import for_curators

NEWER = (
    "Not saved: since you opened this form, somebody else changed it. Your text is kept in the "
    "fields, and what is stored now is shown at each field that differs. Save again to replace it."
)
FORMS: dict[str, Any] = {
    "policy": PolicyTextsForm,
    "permissiondescription": DescriptionTextForm,
    "changelogentry": EntryTextForm,
}


@for_curators
@require_http_methods(["GET", "HEAD", "POST"])
def edit_row(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show the form of a row, save it, or say why it is not saved."""
    kind, made = kind_called(slug), FORMS.get(slug)
    if kind is None or made is None:
        raise Http404("nothing of this kind is edited here")
    if request.method != "POST":
        form = made(instance=_row(kind, number))
        return _page(request, kind, form, {"form_state": _state_of(form)})
    try:
        with writing():
            return _saved(request, kind, made, _row(kind, number))
    except OperationalError as error:
        form = made(request.POST, instance=_row(kind, number))
        refused = {"refusal": unwritable(error), "form_state": form_state.sent_state(request)}
        return _page(request, kind, form, refused, 503)


def _saved(request: HttpRequest, kind: EditedKind, made: Any, row: Any) -> HttpResponse:
    """Save what was sent over the state that it was made from, else ask again."""
    stored = made(instance=row)
    merged, newer = _merged(request, stored)
    form = made(merged, instance=row)
    told = {"form_state": _state_of(stored), "newer": newer}
    if newer:
        return _page(request, kind, form, told | {"refusal": NEWER}, 409)
    if not form.is_valid():
        return _page(request, kind, form, told)
    pattern = form.cleaned_data.get("pattern", "")
    warning = warning_about(pattern) if "pattern" in form.changed_data else ""
    if warning and request.POST.get("warned") != pattern:
        return _page(request, kind, form, told | {"warning": warning, "warned": pattern})
    if form.has_changed():
        save_row(kind, form.save(commit=False), request.user)
    return redirect(_back_to(request, form.instance))


def _merged(request: HttpRequest, stored: forms.BaseForm) -> tuple[QueryDict, dict[str, str]]:
    """What the form is to have, and of the fields where the two meet, by name, what is stored."""
    seen, _ = form_state.read(form_state.sent_state(request))
    meeting = Meeting(request.POST, seen, stored, [])
    meeting.merge()
    return meeting.data, {place.field: words for place, words in meeting.conflicts.items()}


def _state_of(form: forms.BaseForm) -> str:
    return form_state.written(form_state.digests(form_state.stored_fields(form, ())), 0)


def _page(
    request: HttpRequest,
    kind: EditedKind,
    form: Any,
    told: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    row = form.instance
    newer = told.get("newer", {})
    context = {
        "title": f"Edit {kind.noun}",
        "kind": kind,
        "row": row,
        "form": form,
        "fields": [(each, newer.get(each.name)) for each in form],
        "next": _next(request),
        "back": _back_to(request, row),
        **told,
    }
    return render(request, "curating/row.html", context, status=status)


def _row(kind: EditedKind, number: int) -> Any:
    row: Any = kind.model._default_manager.filter(pk=number).first()
    if row is None or getattr(row, "source", "") == ChangelogEntry.Source.OBSERVED:
        raise Http404(f"there is no such {kind.noun} to edit")
    return row


def _next(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return str(given.get("next", ""))


def _back_to(request: HttpRequest, row: Any) -> str:
    """The page that the pencil was on, or what it is about."""
    address = _next(request)
    if address and url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return address
    policy = getattr(row, "policy", row)
    return reverse("browse:changes") if policy is None else str(policy.get_absolute_url())
