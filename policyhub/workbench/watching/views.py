"""The page of watched policies and scenarios, its JSON twin and its feed.

The list is in the address. Without one a reader who is signed in sees the list that all of them
share; a browser remembers its own by a script.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from policyhub.deadline import answered_in_time, budget_of
from policyhub.http import json_answer, problems_answer, short_address
from policyhub.workbench.watching.asked import MOST_WATCHED, ListUnderWatch, list_under_watch
from policyhub.workbench.watching.feed import feed_answer
from policyhub.workbench.watching.own_list import change_list, keep_file, keys_watched
from policyhub.workbench.watching.scenarios import (
    ScenarioFile,
    UnusableFileError,
    packed,
    replayed_files,
    uploaded,
)
from policyhub.workbench.watching.watched import watched

_TOO_LONG = (
    "the file is too long for an address, so that nobody can come back to this page: "
    "`manage.py watch` takes files of any length, and who is signed in can keep it here"
)


@require_http_methods(["GET", "HEAD", "POST"])
@answered_in_time
def watching(request: HttpRequest) -> HttpResponseBase:
    """The watched list; by POST the shared one is changed by a reader who is signed in."""
    if request.method == "POST":
        return _changed(request)
    return _page(request, list_under_watch(request))


# It only reads: a forged request changes nothing, and no cookie is needed.
@csrf_exempt
@require_POST
@answered_in_time
def watched_file(request: HttpRequest) -> HttpResponseBase:
    """Lead an uploaded file on to its address, at which a browser can remember it."""
    given = [
        (key, each) for key in ("policy", "since") for each in request.POST.getlist(key) if each
    ]
    try:
        file = _upload(request)
    except UnusableFileError as error:
        return _page(request, list_under_watch(request), refusal=str(error))
    query = urlencode([*given, ("add-scenarios", packed(file))])
    if address := short_address(reverse("workbench:watching"), query):
        response = HttpResponseRedirect(f"{address}#scenarios")
        response.status_code = 303
        return response
    request.GET = request.POST
    asked = list_under_watch(request)
    shown = ListUnderWatch(asked.parameters, asked.since, asked.keys, [file], is_own=False)
    return _page(request, shown, refusal=_TOO_LONG)


def _upload(request: HttpRequest) -> ScenarioFile:
    upload = request.FILES.get("file")
    if upload is None:
        raise UnusableFileError("choose a file first")
    return uploaded(upload)


def _page(request: HttpRequest, asked: ListUnderWatch, refusal: str = "") -> HttpResponse:
    rows = watched(asked.keys, asked.since)
    keys = [each.policy.key for each in rows]
    own = keys_watched() if request.user.is_authenticated else []
    files = replayed_files(asked.files, asked.since, budget_of(request))
    context: dict[str, Any] = {
        "title": "Watching",
        "problems": asked.parameters.problems,
        "refusal": refusal,
        "rows": [(each, _without(asked, keys, each.policy.key)) for each in rows],
        "changes": sorted(
            (change for each in rows for change in each.changes),
            key=lambda change: change.entry.date,
            reverse=True,
        ),
        "gained": sum(each.gained for each in rows),
        "since": asked.since,
        "keys": keys,
        "files": files,
        "answers": sum(len(each.changes) for each in files),
        "scenarios": "" if asked.is_own or not asked.files else packed(asked.files[0]),
        "without_files": short_address(
            reverse("workbench:watching"), urlencode([("policy", each) for each in keys])
        ),
        "unsaved": [each for each in keys if each not in own],
        "is_own": asked.is_own,
        "is_empty": asked.is_empty,
        "feed_url": asked.address("watching_atom", keys),
        "json_url": asked.address("watching_json", keys, since=asked.since.isoformat()),
        "report_url": short_address(
            reverse("workbench:set_report"), urlencode([("policy", each) for each in keys])
        ),
    }
    return render(request, "workbench/watching/watching.html", context)


def _without(asked: ListUnderWatch, keys: list[str], key: str) -> str:
    return asked.address("watching", [each for each in keys if each != key])


def _changed(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    change_list(user, request.POST, MOST_WATCHED)
    if "file" in request.FILES or "upload" in request.POST:
        try:
            keep_file(user, _upload(request))
        except UnusableFileError as error:
            return _page(request, list_under_watch(request), refusal=str(error))
    return HttpResponseRedirect(reverse("workbench:watching"))


@require_safe
@answered_in_time
def watching_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    asked = list_under_watch(request)
    if asked.parameters.problems:
        return problems_answer(asked.parameters.problems)
    rows = [each.to_dict() for each in watched(asked.keys, asked.since)]
    files = replayed_files(asked.files, asked.since, budget_of(request))
    return json_answer(
        {
            "count": len(rows),
            "next": None,
            "since": asked.since,
            "results": rows,
            "scenarios": [each.to_dict() for each in files],
        }
    )


@require_safe
@answered_in_time
def watching_atom(request: HttpRequest) -> HttpResponse:
    """The newest changes of the list, as Atom."""
    asked = list_under_watch(request)
    if asked.is_empty and not asked.parameters.problems:
        asked.parameters.complain(
            "no-policy", "policy", "name policies, such as `AmazonECS_FullAccess`"
        )
    if asked.parameters.problems:
        return problems_answer(asked.parameters.problems)
    return feed_answer(request, asked)
