"""Addresses that lead nowhere, or not yet: what is unknown, and what is spelled differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from policyhub.http import json_answer

DOWNLOADS = (".json", ".csv")


def unknown(
    request: HttpRequest, template: str, context: Mapping[str, Any], error: Mapping[str, Any]
) -> HttpResponse:
    """Answer 404 with a page that says what is near, or as JSON where a download was asked."""
    if request.path.endswith(DOWNLOADS):
        return json_answer(error, status=404)
    return render(request, template, dict(context), status=404)


def spelled_right(request: HttpRequest, argument: str) -> HttpResponse:
    """Lead on to the same page under its right spelling; the query string stays."""
    match = request.resolver_match
    name = match.view_name if match else "browse:overview"
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse(name, args=[argument]) + query)
