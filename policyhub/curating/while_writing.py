"""What a curator sees while writing: the text as readers will, and what a pattern is about."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.prose.described_pattern import warning_about
from policyhub.catalog.prose.shown_statements import (
    ShownStatement,
    is_described_by,
    positions_naming,
    shown_statements,
)
from policyhub.curators import for_curators
from policyhub.http import json_answer

# Longer than any text that AWS's pages have.
LONGEST_PREVIEW = 50_000
_MOST_STATEMENTS = 3


@for_curators
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """A text in Markdown as pages show it."""
    text = request.POST.get("text", "")
    if len(text) > LONGEST_PREVIEW:
        raise BadRequest(f"`text` is longer than {LONGEST_PREVIEW:,} characters: write less")
    return render(request, "curating/_preview.html", {"text": text})


@for_curators
@require_safe
def look_up_pattern(request: HttpRequest) -> HttpResponse:
    """Whether the reference lists what is being typed, and which statements are about it."""
    return render(request, "curating/_pattern.html", _looked_up(request))


@for_curators
@require_safe
def look_up_pattern_json(request: HttpRequest) -> HttpResponse:
    """The same as data."""
    found = _looked_up(request)
    statements = [{"number": each.number, "url": each.url} for each in found["statements"]]
    return json_answer({"warning": found["warning"] or None, "statements": statements})


def _looked_up(request: HttpRequest) -> dict[str, Any]:
    pattern = request.GET.get("pattern", "").strip()
    version = _version(request.GET.get("policy", "")) if pattern else None
    return {
        "warning": warning_about(pattern),
        "version": version,
        "pattern": pattern,
        "statements": _statements(version, pattern) if version else [],
    }


def _version(key: str) -> PolicyVersion | None:
    """The version of a policy, by its key in the database, that its prose describes."""
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        return None
    policy = Policy.objects.select_related("described_version").filter(pk=int(key)).first()
    if policy is None:
        return None
    return policy.described_version or policy.versions.filter(is_default=True).first()


def _statements(version: PolicyVersion, pattern: str) -> list[ShownStatement]:
    is_about = is_described_by(pattern)
    positions = positions_naming(version, is_about)[:_MOST_STATEMENTS]
    return shown_statements(version, positions, is_about)
