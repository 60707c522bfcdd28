"""The page of watched policies, its JSON twin and its feed.

The list is in the address. Without one a signed-in reader sees the list that is kept for them; a
browser remembers its own by a script.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from policyhub.catalog.naming import SeveralPoliciesError, find_policy, why_unknown
from policyhub.http import Parameters, json_answer, problems_answer, short_address
from policyhub.iam.language.days import read_day
from policyhub.workbench.watching.feed import feed_answer
from policyhub.workbench.watching.own_list import change_list, keys_watched
from policyhub.workbench.watching.watched import watched

MOST_WATCHED = 50
_PARAMETERS = ("policy", "add", "since")
_DAYS = 365


def _keys(asked: Parameters) -> list[str]:
    """The keys of the policies that are named; what is wrong with the others is kept."""
    found: dict[str, None] = {}
    for given in (*asked.values("policy"), *asked.values("add")):
        try:
            named = find_policy(given)
        except SeveralPoliciesError as error:
            asked.complain("several-policies", "policy", str(error))
            continue
        if named is None:
            asked.complain("unknown-policy", "policy", why_unknown(given))
        else:
            found[named.key] = None
    return list(found)[:MOST_WATCHED]


def _since(asked: Parameters) -> date:
    given = asked.value("since")
    if given:
        try:
            return read_day(given)
        except ValueError as error:
            asked.complain("bad-day", "since", str(error))
    return datetime.now(UTC).date() - timedelta(days=_DAYS)


def _keys_of_user(request: HttpRequest) -> list[str]:
    user = request.user
    return keys_watched(user) if user.is_authenticated else []


def _address(name: str, keys: list[str], **more: str) -> str:
    query = urlencode([*(("policy", each) for each in keys), *more.items()])
    path = reverse(f"workbench:{name}")
    return short_address(path, query) or path


@require_http_methods(["GET", "HEAD", "POST"])
def watching(request: HttpRequest) -> HttpResponse:
    """The watched policies; by POST a signed-in reader's list is changed."""
    if request.method == "POST":
        return _changed(request)
    asked = Parameters(request.GET)
    asked.expect(_PARAMETERS)
    since, keys, own = _since(asked), _keys(asked), _keys_of_user(request)
    is_own = not keys and request.user.is_authenticated
    rows = watched(own if is_own else keys, since)
    shown = [each.policy.key for each in rows]
    context: dict[str, Any] = {
        "title": "Watching",
        "problems": asked.problems,
        "rows": [(each, _without(shown, each.policy.key)) for each in rows],
        "changes": sorted(
            (change for each in rows for change in each.changes),
            key=lambda change: change.entry.date,
            reverse=True,
        ),
        "gained": sum(each.gained for each in rows),
        "since": since,
        "keys": shown,
        "unsaved": [each for each in shown if each not in own],
        "is_own": is_own,
        "feed_url": _address("watching_atom", shown),
        "json_url": _address("watching_json", shown, since=since.isoformat()),
        "report_url": _address("set_report", shown),
    }
    return render(request, "workbench/watching/watching.html", context)


def _without(keys: list[str], key: str) -> str:
    return _address("watching", [each for each in keys if each != key])


def _changed(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    change_list(user, request.POST, MOST_WATCHED)
    return HttpResponseRedirect(reverse("workbench:watching"))


@require_safe
def watching_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON."""
    asked = Parameters(request.GET)
    asked.expect(_PARAMETERS)
    since, keys = _since(asked), _keys(asked)
    if asked.problems:
        return problems_answer(asked.problems)
    rows = [each.to_dict() for each in watched(keys or _keys_of_user(request), since)]
    return json_answer({"count": len(rows), "next": None, "since": since, "results": rows})


@require_safe
def watching_atom(request: HttpRequest) -> HttpResponse:
    """The newest changes of the policies in the address, as Atom."""
    asked = Parameters(request.GET)
    asked.expect(_PARAMETERS)
    keys = _keys(asked)
    if not keys and not asked.problems:
        asked.complain("no-policy", "policy", "name policies, such as `AmazonECS_FullAccess`")
    return problems_answer(asked.problems) if asked.problems else feed_answer(request, keys)
