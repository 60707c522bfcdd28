"""Imports by the browser: upload or paste, look at what would change, accept, reject, undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policyhub.catalog.importing.preview import ImportPreview, preview
from policyhub.catalog.importing.undoing import NotUndoneError
from policyhub.catalog.one_writer import unwritable, writing
from policyhub.catalog.sources.items import Item
from policyhub.curating.bringing import (
    NotDecidedError,
    decide_on_policy,
    items_of,
    policy_as_seen,
    take_back_decision,
)
from policyhub.curating.judged_import import JudgedImport, judge_import
from policyhub.curating.models import BroughtFile, BroughtPolicy
from policyhub.curators import for_curators
from policyhub.http import Parameters, json_answer, page_of

PAGE_SIZE = 10
# A larger file is for the command, which nobody waits for in front of a page.
LARGEST = 8_000_000
NEWEST = 50


class BringForm(forms.Form):
    """A file or a text, its name, and where it is from."""

    file = forms.FileField(required=False, allow_empty_file=True)
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    name = forms.CharField(required=False, max_length=200)
    origin = forms.CharField(required=False, max_length=500)
    retrieved_on = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        """Take the file, else the text; exactly one is needed."""
        cleaned = super().clean() or {}
        file, text = cleaned.get("file"), cleaned.get("text") or ""
        if bool(file) == bool(text.strip()):
            self.add_error(None, "Give a file or a text: one of the two.")
            return cleaned
        data = file.read(LARGEST + 1) if file else text.encode()
        if len(data) > LARGEST:
            size = f"{LARGEST / 1_000_000:.0f} MB"
            self.add_error(
                None, f"More than {size}: use `manage.py import_policies`, or split the file."
            )
        day = cleaned.get("retrieved_on")
        if day and day > timezone.localdate():
            self.add_error("retrieved_on", f"{day} is in the future: give the day of the data.")
        name = cleaned.get("name") or (file.name if file else "") or "pasted.json"
        return {**cleaned, "data": data, "name": name}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a file: what it would change, or what was decided about it."""

    place: int
    preview: ImportPreview | None
    judged: JudgedImport | None
    seen: str
    decision: BroughtPolicy | None

    @property
    def number(self) -> int:
        """Items are counted from 1 for people."""
        return self.place + 1


@for_curators
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The form, and the files that were brought in."""
    is_sent = request.method == "POST"
    form = BringForm(request.POST, request.FILES) if is_sent else BringForm()
    status, refusal = 200, ""
    if is_sent:
        status = 400
        if form.is_valid():
            try:
                return redirect("curating:import", _kept(form.cleaned_data, request.user).pk)
            except OperationalError as error:
                status, refusal = 503, unwritable(error)
    context = {
        "title": "Import policies",
        "form": form,
        "refusal": refusal,
        "files": BroughtFile.objects.defer("data").select_related("brought_by")[:NEWEST],
        "json_url": reverse("curating:imports_json"),
    }
    return render(request, "curating/imports.html", context, status=status)


def _kept(given: Mapping[str, Any], user: Any) -> BroughtFile:
    names = ("name", "origin", "retrieved_on", "data")
    file = BroughtFile(brought_by=user, **{name: given[name] for name in names})
    file.policy_count = len(items_of(file))
    with writing():
        file.save()
    return file


@for_curators
@require_safe
def imports_json(request: HttpRequest) -> HttpResponse:
    """The files that were brought in, as data."""
    files = BroughtFile.objects.defer("data").select_related("brought_by")[:NEWEST]
    results = [_file_as_json(each) for each in files]
    return json_answer({"count": len(results), "next": None, "results": results})


@for_curators
@require_safe
def one_import(request: HttpRequest, number: int) -> HttpResponse:
    """What each policy of a file would change, some at a time."""
    return _page(request, _file(number))


@for_curators
@require_safe
def one_import_json(request: HttpRequest, number: int) -> HttpResponse:
    """The same as data, a page at a time."""
    file, parameters = _file(number), Parameters(request.GET)
    items = items_of(file)
    page, _ = page_of(range(len(items)), parameters.page(), PAGE_SIZE)
    following = f"?page={page.next_page_number()}" if page.has_next() else None
    results = [_as_json(each) for each in _shown_items(file, items, page.object_list)]
    body = {**_file_as_json(file), "count": len(items), "next": following, "results": results}
    return json_answer(body)


@for_curators
@require_POST
def decide_import(request: HttpRequest, number: int) -> HttpResponse:
    """Accept or reject one policy of a file."""
    file, given = _file(number), request.POST
    place, accept = _whole(given.get("place", "")), given.get("decision") == "accept"
    try:
        decide_on_policy(file, place, accept=accept, seen=given.get("seen", ""), user=request.user)
    except IndexError:
        raise BadRequest("`place` names no policy of this file") from None
    except NotDecidedError as error:
        return _page(request, file, str(error), 409)
    except OperationalError as error:
        return _page(request, file, unwritable(error), 503)
    return _back(file, place)


@for_curators
@require_POST
def undo_decision(request: HttpRequest, number: int) -> HttpResponse:
    """Take a decision back."""
    file = _file(number)
    decision = file.decisions.filter(pk=_whole(request.POST.get("decision", ""))).first()
    if decision is None:
        raise BadRequest("`decision` names no decision about this file")
    try:
        take_back_decision(decision, request.user)
    except (NotUndoneError, NotDecidedError) as error:
        return _page(request, file, str(error), 409)
    except OperationalError as error:
        return _page(request, file, unwritable(error), 503)
    return _back(file, decision.place)


@for_curators
@require_POST
def close_import(request: HttpRequest, number: int) -> HttpResponse:
    """Say that the rest of a file needs no decision, or (`open=yes`) that it does after all."""
    file = _file(number)
    try:
        with writing():
            BroughtFile.objects.filter(pk=file.pk).update(
                is_closed=request.POST.get("open") != "yes"
            )
    except OperationalError as error:
        return _page(request, file, unwritable(error), 503)
    return redirect("curating:import", file.pk)


def _back(file: BroughtFile, place: int) -> HttpResponse:
    address = reverse("curating:import", args=[file.pk])
    return redirect(f"{address}?page={place // PAGE_SIZE + 1}#policy-{place + 1}")


def _page(
    request: HttpRequest, file: BroughtFile, refusal: str = "", status: int = 200
) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    items, parameters = items_of(file), Parameters(given)
    if request.method == "POST" and "place" in given:
        asked = _whole(given["place"]) // PAGE_SIZE + 1
    else:
        asked = parameters.page()
    page, problems = page_of(range(len(items)), asked, PAGE_SIZE)
    context = {
        "title": f"Import of {file.name}",
        "file": file,
        "page": page,
        "shown": list(_shown_items(file, items, page.object_list)),
        "refusal": refusal,
        "problems": [*parameters.problems, *problems],
        "json_url": reverse("curating:import_json", args=[file.pk]),
    }
    return render(request, "curating/import.html", context, status=status)


def _shown_items(file: BroughtFile, items: Sequence[Item], places: Any) -> Iterator[ShownItem]:
    decisions = file.decisions.filter(undone_at=None).select_related("decided_by")
    decided = {each.place: each for each in decisions}
    for place in places:
        if place in decided:
            yield ShownItem(place, None, None, "", decided[place])
        else:
            found = preview(items[place])
            yield ShownItem(place, found, judge_import(found), policy_as_seen(found), None)


def _file_as_json(file: BroughtFile) -> dict[str, Any]:
    return {
        "import": file.pk,
        "name": file.name,
        "origin": file.origin or None,
        "retrievedOn": file.retrieved_on,
        "by": file.brought_by.get_username() if file.brought_by else None,
        "at": file.brought_at,
        "policies": file.policy_count,
        "isClosed": file.is_closed,
    }


def _as_json(item: ShownItem) -> dict[str, Any]:
    if item.decision is not None:
        by = item.decision.decided_by
        return {
            "place": item.place,
            "policy": item.decision.key,
            "decision": "accepted" if item.decision.is_accepted else "rejected",
            "by": by.get_username() if by else None,
            "at": item.decision.decided_at,
        }
    if item.preview is None or item.judged is None:
        raise ValueError("an item without a decision has a preview")
    return {
        "place": item.place,
        "policy": item.preview.policy.key if item.preview.policy else item.preview.name,
        "decision": None,
        "outcome": item.preview.outcome,
        "reasons": list(item.preview.reasons),
        "newVersions": [each.version_id for each in item.preview.added],
        **item.judged.to_dict(),
    }


def _file(number: int) -> BroughtFile:
    file = BroughtFile.objects.select_related("brought_by").filter(pk=number).first()
    if file is None:
        raise Http404(f"there is no import `{number}`")
    return file


def _whole(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise BadRequest(f"`{text[:20]}` is not a whole number")
