"""The calendar above the change log: a bar a month, of which months and years are chosen."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count

from policyhub.browse.lists.facets import Chosen, StoredRows, narrow
from policyhub.browse.lists.listing import Listing, ListState
from policyhub.browse.lists.months import each_month, month_begin
from policyhub.catalog.models import ChangelogEntry

# The facets that choose days: what the calendar is for is not filtered out of it.
DAYS = ("since", "until", "month")
# What charts tell apart: changes that take something away, that only add, and that do neither.
TAKING, ADDING, OTHER = "taking", "adding", ""
_KINDS: Mapping[str, str] = {
    each.value: TAKING if each.takes_away else ADDING
    for each in ChangelogEntry.Access
    if each != ChangelogEntry.Access.NONE
}


@dataclass(frozen=True)
class Calendar:
    """Every month from the first entry to the last, and the list that a range of days is added to.

    `years` has the address of each year by its number.
    """

    months: list[dict[str, Any]]
    years: Mapping[int, str]
    url: str


def calendar_of(listing: Listing, state: ListState, entries: StoredRows) -> Calendar:
    """The calendar of all entries that a state leaves, whatever days are chosen in it."""
    whole = without_days(state)
    kinds = kinds_by_month(narrow(entries, listing.facets, whole.chosen))
    if not kinds:
        return Calendar([], {}, whole.url)
    months = list(each_month(month_begin(min(kinds)), month_begin(max(kinds))))
    rows = [
        {
            "month": month,
            "count": sum(kinds.get(f"{month:%Y-%m}", {}).values()),
            "kinds": kinds.get(f"{month:%Y-%m}", {}),
            "url": whole.choosing("month", f"{month:%Y-%m}").url,
            "is_outside": not _is_chosen(month, state.chosen),
        }
        for month in months
    ]
    years = {
        year: whole.choosing("since", f"{year}-01-01").choosing("until", f"{year}-12-31").url
        for year in range(months[0].year, months[-1].year + 1)
    }
    return Calendar(rows, years, whole.url)


def without_days(state: ListState) -> ListState:
    """The list with all its days, from its first page on."""
    chosen = {key: values for key, values in state.chosen.items() if key not in DAYS}
    return replace(state, chosen=chosen, page=1)


def _is_chosen(month: date, chosen: Chosen) -> bool:
    """Whether the list has days of the month."""
    last = month.replace(day=monthrange(month.year, month.month)[1]).isoformat()
    named, since, until = (chosen.get(key, ()) for key in ("month", "since", "until"))
    if named and f"{month:%Y-%m}" not in named:
        return False
    return not (since and last < min(since)) and not (until and month.isoformat() > max(until))


def kinds_by_month(entries: Any) -> dict[str, dict[str, int]]:
    """Of each month how many changes take something away, only add, and do neither."""
    counted = entries.order_by().values_list("date", "access").annotate(count=Count("pk"))
    found: dict[str, dict[str, int]] = {}
    for day, access, count in counted:
        kinds = found.setdefault(f"{day:%Y-%m}", dict.fromkeys((TAKING, ADDING, OTHER), 0))
        kinds[_KINDS.get(access, OTHER)] += count
    return found
