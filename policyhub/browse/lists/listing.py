"""A list whose whole state is in its URL: filter text, facets, sorting, page.

Whatever the query string contains, the list uses what it understands and names what it does not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.encoding import escape_uri_path

from policyhub import http
from policyhub.browse.lists.facets import Facet, OfferedFacet, R, Rows, narrow, offer
from policyhub.browse.lists.rail import part_of_rail
from policyhub.browse.lists.words import ListWords
from policyhub.http import (
    HtmxHttpRequest,
    ParameterProblem,
    Parameters,
    choices_in_words,
    render_page,
    wants_partial,
)


@dataclass(frozen=True)
class Column:
    """A column: by which fields it sorts, and whether the greatest come first at first.

    One without fields does not sort; one that is not shown can still be asked for in the address.
    Names in the database sort as people read them where it `ignores_case`.
    """

    key: str
    label: str
    fields: tuple[str, ...] = ()
    number: bool = False
    greatest_first: bool = False
    is_shown: bool = True
    ignores_case: bool = False

    def ordering(self, descending: bool) -> Iterator[OrderBy]:
        """The order of rows; what has no value comes last either way."""
        for name in self.fields:
            by = Lower(name) if self.ignores_case else F(name)
            yield by.desc(nulls_last=True) if descending else by.asc(nulls_last=True)


@dataclass(frozen=True)
class ListState:
    """What a query string asks for, as far as it was understood, and what was not.

    `sort` is a column's key, after a `-` where the greatest come first; `opened` names the long
    facets whose every option is shown.
    """

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    opened: tuple[str, ...] = ()
    page: int = 1
    problems: tuple[ParameterProblem, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.text or self.chosen)

    @property
    def query(self) -> str:
        """The canonical query string of this state, without a question mark."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(key, value) for key, values in self.chosen.items() for value in values]
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("all", key) for key in self.opened]
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return urlencode(pairs, safe=":/$")

    @property
    def url(self) -> str:
        """A link to this state from the page of the list."""
        return f"?{self.query}"

    def choosing(self, key: str, *values: str) -> ListState:
        """This list with these values in a facet, whatever was chosen in it."""
        return replace(self, chosen={**self.chosen, key: values}, page=1)

    def without(self, key: str, value: str) -> ListState:
        """This list with one filter less."""
        left = tuple(other for other in self.chosen.get(key, ()) if other != value)
        chosen = {**self.chosen, key: left}
        return replace(self, chosen={k: v for k, v in chosen.items() if v}, page=1)

    def without_text(self) -> ListState:
        """This list without its filter text."""
        return replace(self, text="", page=1)

    def cleared(self) -> ListState:
        """This list with all its rows, sorted as it is."""
        return ListState(sort=self.sort)

    def with_opened(self, key: str, is_open: bool) -> ListState:
        """This list with all options of a facet shown, or only the most frequent ones."""
        others = tuple(other for other in self.opened if other != key)
        return replace(self, opened=(*others, key) if is_open else others)


@dataclass(frozen=True)
class Chip:
    """A filter that is active, and the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Header:
    """The head of a column: where it leads if it sorts, and how the list is sorted by it now."""

    column: Column
    url: str
    direction: str


@dataclass(frozen=True)
class Listing:
    """What a list can be narrowed and sorted by.

    `headings` are shown above facets, by their keys: what the facets from there on are about.
    """

    facets: tuple[Facet, ...]
    columns: tuple[Column, ...]
    default_sort: str
    headings: Mapping[str, str] = field(default_factory=dict)

    def read_state(self, query: QueryDict) -> ListState:
        """Read a query string."""
        parameters = Parameters(query)
        parameters.expect(["q", *(facet.key for facet in self.facets), "sort", "page", "all"])
        chosen: dict[str, tuple[str, ...]] = {}
        for facet in self.facets:
            values, problems = facet.read_values(parameters.values(facet.key))
            parameters.problems += problems
            if values:
                chosen[facet.key] = values
        return ListState(
            text=parameters.words("q"),
            chosen=chosen,
            sort=self._sort(parameters),
            opened=self._opened(parameters),
            page=parameters.page(),
            problems=tuple(parameters.problems),
        )

    def _sort(self, parameters: Parameters) -> str:
        sort = parameters.value("sort")
        keys = [column.key for column in self.columns if column.fields]
        if not sort or sort.removeprefix("-") in keys:
            return "" if sort == self.default_sort else sort
        message = (
            f"`{sort}` is not a column to sort by: use {choices_in_words(keys)}, "
            "with `-` before it to reverse the order"
        )
        parameters.complain("unknown-column", "sort", message)
        return ""

    def _opened(self, parameters: Parameters) -> tuple[str, ...]:
        long = [facet.key for facet in self.facets if facet.is_long]
        opened = parameters.values("all")
        for key in opened:
            if key not in long:
                message = (
                    f"`{key}` is not a list that can be expanded: use {choices_in_words(long)}"
                )
                parameters.complain("unknown-value", "all", message)
        return tuple(key for key in opened if key in long)

    def offer(
        self, rows: Rows, state: ListState, only: Container[str] | None = None
    ) -> list[OfferedFacet]:
        """Every facet, or some: its options counted among `rows`, and the link that opens it."""
        return [
            replace(
                offered,
                toggle_url=state.with_opened(offered.facet.key, not offered.is_open).url,
                heading=self.headings.get(offered.facet.key, ""),
            )
            for offered in offer(rows, self.facets, state.chosen, state.opened, only)
        ]

    def offer_others(
        self, rows: Rows, state: ListState, offered: Iterable[OfferedFacet]
    ) -> list[OfferedFacet]:
        """Every facet in its order: those offered already, and the others."""
        known = {each.facet.key: each for each in offered}
        others = {each.key for each in self.facets} - known.keys()
        known |= {each.facet.key: each for each in self.offer(rows, state, only=others)}
        return [known[each.key] for each in self.facets]

    def ordering(self, state: ListState) -> list[OrderBy]:
        """The order that a state asks for; its ties are broken by the default order."""
        orders: list[OrderBy] = []
        for sort in (state.sort, self.default_sort):
            for column in self.columns:
                if sort and column.key == sort.removeprefix("-"):
                    orders += column.ordering(sort.startswith("-"))
        return orders

    def narrowed(self, rows: R, state: ListState) -> R:
        """The rows that the filters of a state leave, in its order."""
        return narrow(rows, self.facets, state.chosen).order_by(*self.ordering(state))

    def headers(self, state: ListState) -> list[Header]:
        """The heads of the columns; the present one leads to the other way round."""
        current = state.sort or self.default_sort
        shown = (column for column in self.columns if column.is_shown)
        return [self._header(column, state, current) for column in shown]

    def _header(self, column: Column, state: ListState, current: str) -> Header:
        if not column.fields:
            return Header(column, "", "")
        is_current = current.removeprefix("-") == column.key
        is_descending = current.startswith("-")
        downwards = not is_descending if is_current else column.greatest_first
        sort = f"-{column.key}" if downwards else column.key
        target = replace(state, sort="" if sort == self.default_sort else sort, page=1)
        direction = ("descending" if is_descending else "ascending") if is_current else ""
        return Header(column, target.url, direction)


def filter_chips(state: ListState, offered: Iterable[OfferedFacet]) -> list[Chip]:
    """The active filters, each with the list that is left without it."""
    active = [Chip("Name", state.text, state.without_text().url)] if state.text else []
    for shown in offered:
        for option in shown.options:
            if option.checked:
                url = state.without(shown.facet.key, option.value).url
                active.append(Chip(shown.facet.label, option.label, url))
    return active


def title(context: Mapping[str, Any]) -> str:
    """What a list shows: the values of its filters, before `context["subject"]`."""
    values = ", ".join(chip.value for chip in context["chips"])
    return f"{values} · {context['subject']}" if values else str(context["subject"])


def page_of(
    rows: Any, state: ListState, size: int
) -> tuple[Page[Any], tuple[ParameterProblem, ...]]:
    """The page that a state asks for; beyond the end the last one, with a word about it."""
    return http.page_of(rows, state.page, size)


def next_url(request: HttpRequest, state: ListState, page: Page[Any]) -> str | None:
    """The absolute URL of the page of JSON that follows, or None after the last one."""
    if not page.has_next():
        return None
    return request.build_absolute_uri(replace(state, page=page.next_page_number()).url)


def whole(state: ListState) -> ListState:
    """The state of a download: every row that the filters leave."""
    return replace(state, page=1, opened=())


def list_context(
    listing: Listing,
    state: ListState,
    rows: Rows,
    among: Rows,
    size: int,
    twins: Mapping[str, str],
) -> dict[str, Any]:
    """What every page with a list shows: a page of `rows`, and the facets counted `among` all.

    `twins` are the addresses of the same rows in other formats: `csv`, `json`. The facets are
    counted where a template shows them.
    """
    page, beyond = page_of(rows, state, size)
    chosen = listing.offer(among, state, only=state.chosen)
    return {
        "state": state,
        "problems": [*state.problems, *beyond],
        "page": page,
        "rows": page,
        "headers": listing.headers(state),
        "facets": cache(lambda: listing.offer_others(among, state, chosen)),
        "chips": filter_chips(state, chosen),
        **{f"{name}_url": url + whole(state).url for name, url in twins.items()},
    }


def render_rows(
    request: HtmxHttpRequest,
    page: str,
    rows_template: str,
    words: ListWords,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Render a page with a list on it, or what changes of the list when htmx asks for that.

    The rows come first; the facets with their new counts are asked for in a request of their own,
    a long one in several. The address bar gets the canonical query string, without the empty
    values of the form.
    """
    if part := part_of_rail(request, context):
        return part
    context = {
        **context, "words": words, "rows_template": rows_template, "title": title(context),
    }  # fmt: skip
    response = render_page(request, page, "browse/lists/_list_changes.html", context)
    if wants_partial(request):
        state = context["state"]
        path = escape_uri_path(request.path)
        response["HX-Push-Url"] = path + (state.url if state.query else "")
    patch_vary_headers(response, ["HX-Target"])
    return response


def render_table(
    request: HtmxHttpRequest,
    page: str,
    row_template: str,
    words: ListWords,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Render a page with a list that is a table; `row_template` has the cells of a row."""
    context = {**context, "row_template": row_template}
    if wants_partial(request) and request.htmx.target == f"{words.name}-rows":
        # The same rows in another order, or others of them: the filters stay as they are.
        context |= {"words": words, "title": title(context)}
        response = render_page(request, page, "browse/lists/_list_sorted.html", context)
        patch_vary_headers(response, ["HX-Target"])
        return response
    return render_rows(request, page, "browse/lists/_list.html", words, context)
