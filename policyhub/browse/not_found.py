"""Addresses that lead nowhere, or not yet: what is unknown, and what is spelled differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from policyhub.catalog.models import Policy
from policyhub.catalog.naming import SeveralPoliciesError, find_policy, keys_in_any_case
from policyhub.http import json_answer

DOWNLOADS = (".json", ".csv")
LOOKED_THROUGH = "Neither the service authorization reference nor any policy here names it."

# What may be meant: its address, its name, and a text or "".
Near = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """What an address names and nothing is called, in the words of its page."""

    what: str
    words: str
    name: str
    all_of: str
    all_view: str
    lede: str = LOOKED_THROUGH


def unknown(
    request: HttpRequest, template: str, context: Mapping[str, Any], error: Mapping[str, Any]
) -> HttpResponse:
    """Answer 404 with a page that says what is near, or as JSON where a download was asked."""
    if request.path.endswith(DOWNLOADS):
        return json_answer(error, status=404)
    return render(request, template, dict(context), status=404)


def nothing_called(
    request: HttpRequest, missing: Missing, near: Iterable[Near], error: Mapping[str, Any]
) -> HttpResponse:
    """The same for what has a page of its own kind in the menu."""
    words = {"what": missing.what, "words": missing.words, "name": missing.name}
    instead = {"all_of": missing.all_of, "all_url": reverse(missing.all_view)}
    context = {**words, **instead, "lede": missing.lede, "near": list(near)}
    return unknown(request, "browse/unknown.html", context, error)


def spelled_right(request: HttpRequest, argument: str) -> HttpResponse:
    """Lead on to the same page under its right spelling; the query string stays."""
    return redirect(elsewhere(request, argument))


def elsewhere(request: HttpRequest, argument: str) -> str:
    """The address of the same page about something else; the query string stays."""
    match = request.resolver_match
    name = match.view_name if match else "browse:overview"
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return reverse(name, args=[argument]) + query


def named_otherwise(request: HttpRequest, name: str) -> HttpResponse | None:
    """Lead on to the same page of the policy that a name or ARN means; None where none does.

    For a name that several policies have the answer is 300, with the choices.
    """
    try:
        found = find_policy(name)
    except SeveralPoliciesError as error:
        return _choices(request, name, error.choices)
    if found is not None:
        return spelled_right(request, found.key)
    keys = keys_in_any_case(name)
    if len(keys) > 1:
        return _choices(request, name, keys)
    return spelled_right(request, keys[0]) if keys else None


def _choices(request: HttpRequest, name: str, keys: Sequence[str]) -> HttpResponse:
    """The policies that have a name, each with the address of the page that was asked for."""
    policies = Policy.objects.filter(key__in=keys).order_by("key")
    choices = [
        {
            "name": each.name,
            "arn": each.arn,
            "account": each.account or None,
            "url": elsewhere(request, each.key),
        }
        for each in policies
    ]
    if not request.path.endswith("/"):
        error = f"{len(choices)} policies are named `{name}`: ask for one by its ARN"
        return json_answer({"error": error, "choices": choices}, status=300)
    context = {"name": name, "choices": choices}
    return render(request, "browse/policy/policy_choices.html", context, status=300)
