"""How old each source is, as a page and as data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.catalog.source_ages import source_ages
from policyhub.http import json_answer


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Every source with its day and what renews it."""
    context = {
        "title": "Sources",
        "sources": source_ages(),
        "json_url": reverse("browse:sources_json"),
    }
    return render(request, "browse/sources.html", context)


@require_safe
def sources_json(request: HttpRequest) -> HttpResponse:
    """The same as data."""
    results = [each.to_dict() for each in source_ages()]
    return json_answer({"count": len(results), "next": None, "results": results})
