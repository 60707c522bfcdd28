"""Requests and answers that every room shares: htmx partials, JSON twins, downloads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    """A request that passed django-htmx's middleware."""

    htmx: HtmxDetails


def wants_partial(request: HtmxHttpRequest) -> bool:
    """Whether htmx asks for a fragment to swap in.

    A history restore is no such request: the browser then shows the answer as the whole page.
    """
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(
    request: HtmxHttpRequest,
    page: str,
    partial: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Render `page`, or only the `partial` that it includes when htmx asks for that."""
    response = render(request, partial if wants_partial(request) else page, dict(context))
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Answer with `body` as JSON; dates are ISO 8601, text is UTF-8 as it is."""
    text = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/json; charset=utf-8", status=status)


def csv_download(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponse:
    """Answer with a CSV file to save.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([[_inert(cell) for cell in row] for row in rows])
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell
