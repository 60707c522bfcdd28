"""The facts about services that the reference lacks: every table with its origin."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.catalog.facts.tables import FactTable, fact_tables
from policyhub.http import json_answer


@require_safe
def facts(request: HttpRequest) -> HttpResponse:
    """All tables, each with its title, its origin and its rows."""
    context = {
        "title": "Facts about services",
        "tables": [(each, list(_rows(each))) for each in fact_tables().values()],
        "json_url": reverse("browse:facts_json"),
    }
    return render(request, "browse/facts.html", context)


@require_safe
def facts_json(request: HttpRequest) -> HttpResponse:
    """The same tables as data."""
    tables = [each.to_dict() for each in fact_tables().values()]
    return json_answer({"count": len(tables), "next": None, "results": tables})


def _rows(table: FactTable) -> Iterator[Sequence[str]]:
    """The rows as texts, in the order of the table's columns."""
    for row in table.rows:
        yield [_text(row[column]) for column in table.columns]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(value) if isinstance(value, list) else str(value)
