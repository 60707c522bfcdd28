"""The twins of a list's page: the same rows as JSON, in pages or whole, and as a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from policyhub.browse.lists.listing import ListState, next_url, page_of
from policyhub.browse.lists.rows_in_memory import RowSet
from policyhub.http import csv_download, json_answer, json_stream, problems_answer

Json = dict[str, Any]


def _as_it_is(listed: Json) -> Json:
    return listed


def json_in_pages(
    request: HttpRequest,
    state: ListState,
    rows: Any,
    size: int,
    as_json: Callable[[Any], Json],
    within: Callable[[Json], Json] = _as_it_is,
) -> HttpResponse:
    """One page of the rows, with the address of the next; nothing is guessed about a bad query.

    `within` puts the count, the next page and the results into the whole answer.
    """
    page, beyond = page_of(rows, state, size)
    if problems := [*state.problems, *beyond]:
        return problems_answer(problems)
    listed = {
        "count": page.paginator.count,
        "next": next_url(request, state, page),
        "results": [as_json(row) for row in page],
    }
    return json_answer(within(listed))


def json_at_once(
    state: ListState,
    rows: RowSet,
    as_json: Callable[[Any], Json],
    within: Callable[[Json], Json] = _as_it_is,
) -> HttpResponseBase:
    """All rows, in the shape that a list in pages has."""
    if state.problems:
        return problems_answer(state.problems)
    return json_stream(within({"count": len(rows), "next": None, "results": map(as_json, rows)}))


def csv_twin(
    state: ListState,
    filename: str,
    header: Sequence[str],
    rows: Iterable[Any],
    as_cells: Callable[[Any], Sequence[Any]],
) -> HttpResponseBase:
    """All rows as a CSV file."""
    if state.problems:
        return problems_answer(state.problems)
    return csv_download(filename, header, map(as_cells, rows))
