"""One condition key: its type, who uses it, with which operators and values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.condition_keys.table import uses_in_force
from policyhub.browse.lists.facets import Choice, ChoiceFacet, narrow
from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_table,
)
from policyhub.browse.lists.rows_in_memory import read_state
from policyhub.browse.lists.twins import csv_twin, json_in_pages
from policyhub.browse.lists.words import ListWords
from policyhub.browse.not_found import Missing, nothing_called, spelled_right
from policyhub.catalog.models import ConditionUse
from policyhub.catalog.reference.in_memory import ConditionKeyInfo, get_reference
from policyhub.http import HtmxHttpRequest, quotable
from policyhub.iam.language.wording import Words, condition_in_words, plain
from policyhub.iam.reading.document import Condition

PAGE_SIZE = 50
JSON_PAGE_SIZE = 500
MEMBERS_SHOWN = 12
CSV_HEADER = ("policy", "version", "statement", "Sid", "effect", "operator", "key", "values")
COLUMNS = (
    Column(
        "policy",
        "Policy",
        ("statement__version__policy__name", "statement__version__policy__key"),
        ignores_case=True,
    ),
    Column("statement", "Statement", ("statement__position",)),
    Column("effect", "Effect", ("statement__effect",)),
    Column("operator", "Operator", ("operator",)),
    Column("words", "In words"),
)
WORDS = ListWords(
    name="uses",
    one="condition",
    many="conditions",
    label="Conditions that use the key",
    show_all="Show all conditions that use it",
    empty_title="No policy uses it",
    empty_text="No managed policy has a condition on this key.",
)
EFFECTS = ChoiceFacet(
    key="effect",
    label="Effect",
    choices=tuple(
        Choice(effect.lower(), effect, Q(statement__effect=effect)) for effect in ("Allow", "Deny")
    ),
)


@dataclass(frozen=True)
class ShownKey:
    """A condition key; `info` is the reference's, of the key itself or of its family."""

    name: str
    info: ConditionKeyInfo | None

    @property
    def is_family(self) -> bool:
        """Whether it represents many keys: its name has a placeholder."""
        return self.info is not None and self.info.name == self.name and _has_placeholder(self.name)

    @property
    def family(self) -> str:
        """The family that it belongs to, where it is one of many."""
        return self.info.name if self.info is not None and self.info.name != self.name else ""

    def uses(self) -> QuerySet[ConditionUse]:
        """Its uses in default versions."""
        if self.is_family:
            return uses_in_force().filter(condition_key__name=self.name)
        return uses_in_force().filter(key_lower=self.name.lower())


@dataclass(frozen=True)
class UseRow:
    """One use: the policy and statement, and what the condition says."""

    use: ConditionUse

    @property
    def policy(self) -> str:
        """The policy's key."""
        return str(self.use.statement.version.policy.key)

    @property
    def words(self) -> Words:
        """The condition in plain English."""
        use = self.use
        return condition_in_words(Condition(use.operator, use.key, tuple(use.values)))

    @property
    def number(self) -> int:
        """The statement's number, from 1."""
        return self.use.statement.position + 1

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON twin has it."""
        return {
            "policy": self.policy,
            "versionId": self.use.statement.version.version_id,
            "statement": self.number,
            "sid": self.use.statement.sid,
            "effect": self.use.statement.effect,
            "operator": self.use.operator,
            "key": self.use.key,
            "values": self.use.values,
            "inWords": plain(self.words),
        }


KeyView = Callable[[HtmxHttpRequest, ShownKey], HttpResponseBase]


def of_a_key(view: KeyView) -> Callable[[HtmxHttpRequest, str], HttpResponseBase]:
    """Make a view of KEY of one that takes the key found; the reference's spelling is shown."""

    @wraps(view)
    def found(request: HtmxHttpRequest, key: str) -> HttpResponseBase:
        info = get_reference().condition_key(key)
        if info is not None and info.name.lower() == key.lower() and info.name != key:
            return spelled_right(request, info.name)
        shown = ShownKey(key, info)
        if info is None and not shown.uses().exists():
            return _no_such_key(request, key)
        return view(request, shown)

    return require_safe(found)


def _no_such_key(request: HttpRequest, key: str) -> HttpResponse:
    names = [info.name for info in get_reference().all_condition_keys()]
    near = get_close_matches(key[:128], names, n=5, cutoff=0.6)
    error = {"error": f"no condition key is called `{quotable(key)}`", "near": near}
    missing = Missing(
        "condition key",
        "No condition key is called",
        key,
        "condition keys",
        "browse:condition_keys",
    )
    offered = ((reverse("browse:condition_key", args=[each]), each, "") for each in near)
    return nothing_called(request, missing, offered, error)


def _listing(operators: list[str]) -> Listing:
    by_operator = ChoiceFacet(
        key="operator",
        label="Operator",
        choices=tuple(Choice(each.lower(), each, Q(operator=each)) for each in operators),
    )
    return Listing(facets=(by_operator, EFFECTS), columns=COLUMNS, default_sort="policy")


def _operators(shown: ShownKey) -> list[str]:
    counted = shown.uses().values_list("operator").annotate(count=Count("pk"))
    return [operator for operator, _ in counted.order_by("-count", "operator")]


def _uses_in_policies_named(shown: ShownKey, state: ListState) -> QuerySet[ConditionUse]:
    rows = shown.uses()
    for word in state.text.split():
        rows = rows.filter(statement__version__policy__name__icontains=word)
    return rows


def _uses(shown: ShownKey, listing: Listing, state: ListState) -> QuerySet[ConditionUse]:
    rows = narrow(_uses_in_policies_named(shown, state), listing.facets, state.chosen)
    return (
        rows.select_related("statement__version__policy")
        .defer("statement__version__document", "statement__actions", "statement__resources")
        .order_by(*listing.ordering(state), "statement__position", "pk")
    )


def _members(shown: ShownKey) -> list[tuple[str, int]]:
    """The keys of a family that policies use, with how many statements do; most used first."""
    counted = (
        shown.uses()
        .values("key_lower")
        .annotate(count=Count("statement", distinct=True), name=Min("key"))
    )
    return [(row["name"], row["count"]) for row in counted.order_by("-count", "key_lower")]


@of_a_key
def condition_key(request: HtmxHttpRequest, shown: ShownKey) -> HttpResponse:
    """The key's page: one row a use, narrowed by operator and effect."""
    listing = _listing(_operators(shown))
    state = read_state(listing, request.GET)
    members = _members(shown) if shown.is_family else []
    twins = {
        "csv": reverse("browse:condition_key_csv", args=[shown.name]),
        "json": reverse("browse:condition_key_json", args=[shown.name]),
    }
    rows, among = _uses(shown, listing, state), _uses_in_policies_named(shown, state)
    context = list_context(listing, state, rows, among, PAGE_SIZE, twins)
    context |= {
        "subject": shown.name,
        "shown": shown,
        "members": members[:MEMBERS_SHOWN],
        "more_members": members[MEMBERS_SHOWN:],
        "rows": [UseRow(use) for use in context["page"]],
        "crumbs": [{"name": "Condition keys", "url": reverse("browse:condition_keys")}],
    }
    return render_table(
        request,
        "browse/condition_keys/condition_key.html",
        "browse/condition_keys/_use_row.html",
        WORDS,
        context,
    )


@of_a_key
def condition_key_json(request: HtmxHttpRequest, shown: ShownKey) -> HttpResponse:
    """The key as JSON, with its uses in pages of 500."""
    listing = _listing(_operators(shown))
    state = read_state(listing, request.GET)
    about = {
        "key": shown.name,
        "family": shown.family or None,
        "known": shown.info is not None,
        "type": shown.info.type if shown.info else "",
        "description": shown.info.description if shown.info else "",
    }
    return json_in_pages(
        request,
        state,
        _uses(shown, listing, state),
        JSON_PAGE_SIZE,
        lambda use: UseRow(use).as_json(),
        lambda listed: about | listed,
    )


@of_a_key
def condition_key_csv(request: HtmxHttpRequest, shown: ShownKey) -> HttpResponseBase:
    """Every use of the key as a CSV file."""
    listing = _listing(_operators(shown))
    state = read_state(listing, request.GET)
    rows = _uses(shown, listing, state)
    return csv_twin(state, "condition-key.csv", CSV_HEADER, rows, _as_csv)


def _as_csv(use: ConditionUse) -> tuple[Any, ...]:
    row = UseRow(use).as_json()
    return (
        row["policy"], row["versionId"], row["statement"], row["sid"], row["effect"],
        row["operator"], row["key"], "\n".join(row["values"]),
    )  # fmt: skip


def _has_placeholder(name: str) -> bool:
    return "${" in name or "<" in name
