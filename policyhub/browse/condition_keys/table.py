"""The list of all condition keys: the reference's, and those that only policies name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_table,
)
from policyhub.browse.lists.rows_in_memory import (
    RowFacet,
    RowSet,
    read_state,
)
from policyhub.browse.lists.twins import csv_twin, json_at_once
from policyhub.browse.lists.words import ListWords
from policyhub.catalog.models import ConditionUse
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.http import HtmxHttpRequest

PAGE_SIZE = 50
CSV_HEADER = ("key", "type", "description", "in the reference", "policies", "statements")
COLUMNS = (
    Column("key", "Condition key", ("sort_name",)),
    Column("type", "Type", ("type",)),
    Column("description", "What it filters by"),
    Column("policies", "Policies", ("policy_count",), number=True, greatest_first=True),
    Column("statements", "Statements", ("statement_count",), number=True, greatest_first=True),
)
WORDS = ListWords(
    name="condition-keys",
    one="condition key",
    many="condition keys",
    label="Condition keys",
    show_all="Show all condition keys",
    empty_title="There are no condition keys yet",
    empty_text="Load them with `uv run manage.py start`.",
    text_label="Key or description contains",
)
USED = RowFacet(
    key="used",
    label="Used by policies",
    values=lambda row: ("yes" if row.policy_count else "no",),
    labels={"yes": "Yes", "no": "No"},
)
LISTED = RowFacet(
    key="listed",
    label="In the reference",
    values=lambda row: ("yes" if row.known else "no",),
    labels={"yes": "Listed", "no": "Not listed"},
)


@dataclass(frozen=True)
class ConditionKeyLine:
    """A condition key as the list of all shows it; a family counts all its keys."""

    name: str
    type: str
    description: str
    known: bool
    policy_count: int = 0
    statement_count: int = 0

    @property
    def sort_name(self) -> str:
        """The name as it sorts."""
        return self.name.lower()

    @property
    def prefix(self) -> str:
        """The service, or `aws` for a global key."""
        return self.name.partition(":")[0].lower()

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        return {
            "key": self.name,
            "type": self.type,
            "description": self.description,
            "known": self.known,
            "policyCount": self.policy_count,
            "statementCount": self.statement_count,
            "url": reverse("browse:condition_key_json", args=[self.name]),
        }


def uses_in_force() -> QuerySet[ConditionUse]:
    """The uses in default versions."""
    return ConditionUse.objects.filter(statement__version__is_default=True).order_by()


def _counted(uses: QuerySet[ConditionUse], by: str) -> QuerySet[Any, Any]:
    return uses.values_list(by).annotate(
        Count("statement__version", distinct=True),
        Count("statement", distinct=True),
        Min("key"),
    )


def _key_lines() -> Iterator[ConditionKeyLine]:
    uses = uses_in_force()
    known = _counted(uses.filter(condition_key__isnull=False), "condition_key__name")
    counts = {name: (policies, statements) for name, policies, statements, _ in known}
    for info in get_reference().all_condition_keys():
        yield ConditionKeyLine(
            info.name, info.type, info.description, True, *counts.get(info.name, (0, 0))
        )
    for _, policies, statements, name in _counted(
        uses.filter(condition_key__isnull=True), "key_lower"
    ):
        yield ConditionKeyLine(name, "", "", False, policies, statements)


def _listing(lines: Sequence[ConditionKeyLine]) -> Listing:
    by_prefix = RowFacet(
        key="prefix",
        label="Prefix",
        values=lambda row: (row.prefix,),
        labels={prefix: prefix for prefix in sorted({row.prefix for row in lines})},
        is_long=True,
    )
    return Listing(facets=(USED, LISTED, by_prefix), columns=COLUMNS, default_sort="-policies")


@dataclass(frozen=True)
class AskedList:
    """What a request asks of the list."""

    listing: Listing
    state: ListState
    named: RowSet

    @property
    def rows(self) -> RowSet:
        """The rows that the filters leave, in the order asked for."""
        return self.listing.narrowed(self.named, self.state)


def _asked_list(request: HttpRequest) -> AskedList:
    lines = list(_key_lines())
    listing = _listing(lines)
    state = read_state(listing, request.GET)
    named = RowSet(lines).containing(
        state.text, lambda row: f"{row.name} {row.description}".lower()
    )
    return AskedList(listing, state, named)


@require_safe
def condition_keys(request: HtmxHttpRequest) -> HttpResponse:
    """Every condition key, those of most policies first."""
    asked = _asked_list(request)
    twins = {
        "csv": reverse("browse:condition_keys_csv"),
        "json": reverse("browse:condition_keys_json"),
    }
    context = list_context(asked.listing, asked.state, asked.rows, asked.named, PAGE_SIZE, twins)
    return render_table(
        request,
        "browse/condition_keys/condition_keys.html",
        "browse/condition_keys/_condition_key_row.html",
        WORDS,
        context | {"subject": "Condition keys"},
    )


@require_safe
def condition_keys_json(request: HttpRequest) -> HttpResponseBase:
    """The same list as JSON, all of it."""
    asked = _asked_list(request)
    return json_at_once(asked.state, asked.rows, ConditionKeyLine.as_json)


@require_safe
def condition_keys_csv(request: HttpRequest) -> HttpResponseBase:
    """The same list as a CSV file."""
    asked = _asked_list(request)
    return csv_twin(asked.state, "condition-keys.csv", CSV_HEADER, asked.rows, _as_csv)


def _as_csv(row: ConditionKeyLine) -> tuple[Any, ...]:
    return (
        row.name, row.type, row.description, row.known, row.policy_count, row.statement_count,
    )  # fmt: skip
