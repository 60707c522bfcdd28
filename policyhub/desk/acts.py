"""What is done with a finding: accepted, taken on, edited, undone; each by a plain form."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from policyhub.catalog.editing.putting_back import NotPutBackError
from policyhub.catalog.one_writer import unwritable
from policyhub.curators import for_curators
from policyhub.desk.deeds import (
    LONGEST_REASON,
    NotDoneError,
    accept,
    release_finding,
    take,
    undo_last_deed,
)
from policyhub.desk.new_versions import judged_new
from policyhub.desk.queue import QueuedFinding, findings_of_checks, with_decisions
from policyhub.desk.sentence_forms import SentenceForm, row_of, save, unsaved
from policyhub.desk.shown import finding_card
from policyhub.desk.views import desk_page
from policyhub.failures import FailedRequestError
from policyhub.http import HtmxHttpRequest, wants_partial

_GONE = "This finding is no longer there: somebody may have fixed what it is about. See `/desk/`."


@for_curators
@require_POST
def accept_finding(request: HttpRequest) -> HttpResponse:
    """Accept a finding with a reason, perhaps up to a last day."""
    finding = _asked_for(request, request.POST.get("finding", ""))
    reason = request.POST.get("reason", "").strip()
    if not reason.isprintable() or not 0 < len(reason) <= LONGEST_REASON:
        wanted = f"give a reason in one line of at most {LONGEST_REASON:,} characters"
        return desk_page(request, f"Not accepted: {wanted}.", 422)
    try:
        until = _last_day(request.POST.get("until", "").strip())
        accept(finding, request.user, request.POST.get("digest", ""), reason, until)
    except NotDoneError as error:
        return desk_page(request, str(error), 409)
    except ValueError as error:
        return desk_page(request, f"Not accepted: {error}.", 422)
    except OperationalError as error:
        return desk_page(request, unwritable(error), 503)
    return _back(request)


def _last_day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("the last day is not a day such as 2027-03-31") from error
    if day < timezone.localdate():
        raise ValueError(f"the last day, {day}, is over already")
    return day


@for_curators
@require_POST
def assign_finding(request: HttpRequest) -> HttpResponse:
    """Take a finding on, or leave it to others."""
    finding = _asked_for(request, request.POST.get("finding", ""))
    try:
        (release_finding if request.POST.get("release") else take)(finding, request.user)
    except NotDoneError as error:
        return desk_page(request, str(error), 409)
    except OperationalError as error:
        return desk_page(request, unwritable(error), 503)
    return _back(request)


@for_curators
@require_POST
def undo_deed(request: HttpRequest) -> HttpResponse:
    """Undo what one did last."""
    try:
        deed = undo_last_deed(request.user, request.POST.get("deed", ""))
    except (NotDoneError, NotPutBackError) as error:
        return desk_page(request, str(error), 409)
    except OperationalError as error:
        return desk_page(request, unwritable(error), 503)
    return _back(request, deed.finding)


@for_curators
@require_http_methods(["GET", "HEAD", "POST"])
def edit_finding(request: HtmxHttpRequest, key: str) -> HttpResponse:
    """The one row that a finding is about, to be edited in place or on a page of its own."""
    finding = _asked_for(request, key)
    if request.method != "POST":
        row = row_of(finding)
        if row is None:
            raise FailedRequestError(404, "not-found", _GONE)
        return _edit_page(request, finding, SentenceForm(row))
    try:
        refused = save(finding, request.user, request.POST)
    except OperationalError as error:
        refused = unsaved(finding, request.POST, unwritable(error))
    return _back(request) if refused is None else _edit_page(request, finding, refused)


def _edit_page(
    request: HtmxHttpRequest, finding: QueuedFinding, edited: SentenceForm
) -> HttpResponse:
    context = {
        "title": f"Edit {finding.policy.label}",
        "card": finding_card(finding),
        "finding": finding,
        "edited": edited,
        "back": _back_address(request),
        "following": request.GET.get("next", request.POST.get("next", "")),
    }
    template = "desk/_edit.html" if wants_partial(request) else "desk/edit.html"
    return render(request, template, context, status=edited.status)


def _asked_for(request: HttpRequest, key: str) -> QueuedFinding:
    """The finding of a key; 404 where there is none any more, 400 where `back` leads elsewhere."""
    _back_address(request)
    every = with_decisions([*findings_of_checks(), *judged_new(request.user).findings])
    found = next((each for each in every if each.key == key), None)
    if found is None:
        raise FailedRequestError(404, "not-found", _GONE)
    return found


def _back_address(request: HttpRequest) -> str:
    """Where the form was: an address of the desk, and no other site's."""
    given = request.POST.get("back", request.GET.get("back", ""))
    home = reverse("desk:desk")
    if not given:
        return home
    if not given.startswith(home) or not given.isprintable() or given.startswith("//"):
        raise BadRequest("`back` is not an address of the desk: send the form from there")
    return given.partition("#")[0]


def _back(request: HttpRequest, key: str = "") -> HttpResponse:
    """Back to the queue, at the finding that comes next."""
    following = key or request.POST.get("next", "")
    place = f"#finding-{following}" if following.isalnum() else ""
    response = HttpResponseRedirect(_back_address(request) + place)
    response.status_code = 303
    return response
