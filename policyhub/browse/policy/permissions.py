"""The Permissions tab: every effective action of a policy, with its downloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from policyhub.browse.lists.facets import narrow
from policyhub.browse.lists.listing import (
    Column,
    Listing,
    ListState,
    list_context,
    render_rows,
)
from policyhub.browse.lists.rows_in_memory import RowFacet, RowSet, read_state
from policyhub.browse.lists.twins import csv_twin
from policyhub.browse.lists.words import ListWords
from policyhub.browse.policy.head import head
from policyhub.browse.policy.shown import ShownPolicy, of_a_policy
from policyhub.browse.reading.services import FREEDOM_WORDS, ActionRow, action_rows
from policyhub.catalog.access.blame import Since
from policyhub.catalog.access.permissions import ActionGrant
from policyhub.catalog.access.verdicts import FREEDOMS
from policyhub.catalog.access_levels import LEVELS
from policyhub.catalog.models import PermissionDescription
from policyhub.http import HtmxHttpRequest, json_stream, problems_answer
from policyhub.iam.language.patterns import compile_pattern
from policyhub.iam.language.wording import plain

PAGE_SIZE = 50
KEYS = {
    "action": lambda grant: grant.action.id,
    "level": lambda grant: LEVELS.index(grant.action.level),
    "freedom": lambda grant: FREEDOMS.index(grant.freedom),
    "statement": lambda grant: grant.allowed_by[0].position,
}
COLUMNS = (
    Column("action", "Action", ("action",)),
    Column("level", "Access level", ("level",)),
    Column("purpose", "What it does, and why the policy has it"),
    Column("granted", "On which resources, and when", ("freedom",)),
    Column("statement", "Statement", ("statement",)),
)
SINCE = Column("since", "Since")
WORDS = ListWords(
    name="permissions",
    one="action",
    many="actions",
    label="Effective actions",
    show_all="Show all actions",
    empty_title="It allows no action listed in the reference",
    empty_text="What it denies, and the patterns that match nothing, are in the Summary.",
    text_label="Action or what it does",
)
BY_LEVEL = RowFacet(
    key="level",
    label="Access level",
    values=lambda grant: (grant.action.level,),
    labels={level: level for level in LEVELS},
)
BY_FREEDOM = RowFacet(
    key="granted",
    label="Granted",
    values=lambda grant: (grant.freedom,),
    labels={name: words for name, words in FREEDOM_WORDS.items() if name != "blocked"},
    offers_empty=False,
)
CSV_HEADER = (
    "action", "access level", "what it does", "why", "why, version", "granted", "statements",
    "resources", "conditions", "since",
)  # fmt: skip


@dataclass(frozen=True)
class PermissionRow:
    """One effective action as the table shows it."""

    action: ActionRow
    descriptions: tuple[PermissionDescription, ...]
    descriptions_above: tuple[PermissionDescription, ...] = ()
    since: Since | None = None

    @property
    def news(self) -> list[PermissionDescription]:
        """The descriptions that the row above does not show already."""
        return [row for row in self.descriptions if row not in self.descriptions_above]

    @property
    def repeated(self) -> list[PermissionDescription]:
        """The descriptions that the row above shows."""
        return [row for row in self.descriptions if row in self.descriptions_above]


class Descriptions:
    """A policy's permission descriptions, found by action: those of actions before services'."""

    def __init__(self, descriptions: Iterable[PermissionDescription]) -> None:
        rows = list(descriptions)
        self.services = [row for row in rows if ":" not in row.pattern]
        self.patterns = [
            (compile_pattern(row.pattern, ignore_case=True), row)
            for row in rows
            if ":" in row.pattern
        ]

    def of(self, grant: ActionGrant) -> tuple[PermissionDescription, ...]:
        """The descriptions that are about this action."""
        own = [row for pattern, row in self.patterns if pattern.matches(grant.action.id)]
        whole_service = [row for row in self.services if row.pattern == grant.action.service]
        return (*own, *whole_service)


def _listing(shown: ShownPolicy) -> Listing:
    """What the table can be narrowed by, the document's own services and statements included."""
    services = [row for row in shown.permissions.services if row.grants]
    numbers = [str(each.number) for each in shown.reading.statements]
    by_service = RowFacet(
        key="service",
        label="Service",
        values=lambda grant: (grant.action.service,),
        labels={row.prefix: row.prefix for row in services},
        details={row.prefix: row.name for row in services},
        is_long=True,
    )
    by_statement = RowFacet(
        key="statement",
        label="Statement",
        values=lambda grant: [str(each.position + 1) for each in grant.allowed_by],
        labels={number: f"Statement {number}" for number in numbers},
        is_long=True,
    )
    facets = (BY_LEVEL, BY_FREEDOM, by_service, by_statement)
    columns = (*COLUMNS, SINCE) if shown.blame.granted else COLUMNS
    return Listing(facets=facets, columns=columns, default_sort="action")


def _rows(shown: ShownPolicy, state: ListState) -> RowSet:
    return RowSet(shown.permissions.grants, KEYS).containing(state.text, _text_of)


def _text_of(grant: ActionGrant) -> str:
    return f"{grant.action.id} {grant.action.description}".lower()


def _narrowed(shown: ShownPolicy, listing: Listing, state: ListState) -> RowSet:
    """The grants that the filters leave, in the order asked for."""
    rows = narrow(_rows(shown, state), listing.facets, state.chosen)
    # The grants are in the default order already.
    return rows.order_by(*listing.ordering(state)) if state.sort else rows


def _shown_rows(shown: ShownPolicy, grants: Iterable[ActionGrant]) -> Iterator[PermissionRow]:
    descriptions = Descriptions(shown.policy.descriptions.select_related("version"))
    above: tuple[PermissionDescription, ...] = ()
    for row in action_rows(shown.reading, grants):
        own = descriptions.of(row.grant)
        since = shown.blame.granted.get(row.grant.action.id)
        yield PermissionRow(row, own, above, since)
        above = own


@of_a_policy
def permissions(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The table as a page, or as the fragment that htmx asks for."""
    listing = _listing(shown)
    state = read_state(listing, request.GET, shown.version_parameter)
    twins = {
        "csv": shown.path("policy_permissions_csv"),
        "json": shown.path("policy_permissions_json"),
    }
    rows, among = _narrowed(shown, listing, state), _rows(shown, state)
    context = head(shown, "policy_permissions")
    context |= list_context(listing, state, rows, among, PAGE_SIZE, twins)
    context |= {
        "subject": f"{shown.policy.label}: permissions",
        "rows": list(_shown_rows(shown, context["page"])),
        "statement_base": shown.statement_base,
        "unmatched_count": len(shown.permissions.unmatched),
        "lost": list(shown.blame.lost.items()),
        "row_template": "browse/policy/_permission_row.html",
    }
    return render_rows(
        request, "browse/policy/permissions.html", "browse/policy/_permissions.html", WORDS, context
    )


def _asked_grants(request: HttpRequest, shown: ShownPolicy) -> tuple[ListState, RowSet]:
    """Every grant that a download asks for, and what of the query string was understood."""
    listing = _listing(shown)
    state = read_state(listing, request.GET, shown.version_parameter)
    return state, _narrowed(shown, listing, state)


@of_a_policy
def permissions_json(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponseBase:
    """Every row of the same table as JSON."""

    def within(listed: dict[str, Any]) -> dict[str, Any]:
        about = {"policy": shown.policy.key, "versionId": shown.version.version_id}
        lost = shown.blame.lost.items()
        return {
            **about,
            **listed,
            "lost": [{"action": name, **_since_as_json(since)} for name, since in lost],
        }

    state, grants = _asked_grants(request, shown)
    if state.problems:
        return problems_answer(state.problems)
    results = map(_as_json, _shown_rows(shown, grants))
    return json_stream(within({"count": len(grants), "next": None, "results": results}))


@of_a_policy
def permissions_csv(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponseBase:
    """Every row of the same table as a CSV file."""
    state, grants = _asked_grants(request, shown)
    filename = f"{shown.policy.name}-{shown.shown.key}-permissions.csv"
    return csv_twin(state, filename, CSV_HEADER, _shown_rows(shown, grants), _as_csv)


def _as_json(row: PermissionRow) -> dict[str, Any]:
    action = row.action.grant.action
    return {
        "action": action.id,
        "level": action.level,
        "description": action.description,
        "granted": row.action.grant.freedom,
        "since": _since_as_json(row.since) if row.since else None,
        "why": [
            {
                "pattern": each.pattern,
                "text": each.text,
                "versionId": each.version.version_id if each.version else None,
            }
            for each in row.descriptions
        ],
        "statements": [
            {
                "statement": each.reading.number,
                "sid": each.reading.statement.sid,
                "effect": each.reading.statement.effect,
                "patterns": each.patterns,
                "resources": plain(each.reading.resources),
                "conditions": plain(each.reading.conditions),
            }
            for each in row.action.statements
        ],
    }


def _since_as_json(since: Since) -> dict[str, Any]:
    return {"versionId": since.version_id, "date": since.day, "orEarlier": since.or_earlier}


def _as_csv(row: PermissionRow) -> tuple[Any, ...]:
    action, behind = row.action.grant.action, row.action.statements
    return (
        action.id,
        action.level,
        action.description,
        _one_per_line(each.text for each in row.descriptions),
        _one_per_line(each.version.version_id if each.version else "" for each in row.descriptions),
        row.action.grant.freedom,
        _one_per_line(
            f"{each.reading.number} ({each.reading.statement.effect})" for each in behind
        ),
        _one_per_line(plain(each.reading.resources) for each in behind),
        _one_per_line(plain(each.reading.conditions) or "no condition" for each in behind),
        row.since.name if row.since else "",
    )


def _one_per_line(texts: Iterable[str]) -> str:
    return "\n".join(texts)
