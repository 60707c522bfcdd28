"""Does AWS ever remove permissions? What the observed changes count, year by year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import ExtractYear
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from policyhub.browse.changes.log import entry_as_json
from policyhub.catalog.models import ChangelogEntry
from policyhub.http import json_answer

Access = ChangelogEntry.Access
REMOVING = tuple(each for each in Access if each.takes_away)
SHOWN = 20


@dataclass(frozen=True)
class Year:
    """How many versions of a year changed access and how; for `undecided` it is not known."""

    year: int
    widened: int
    narrowed: int
    both: int
    none: int
    undecided: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.widened + self.narrowed + self.both + self.none + self.undecided

    @property
    def removing(self) -> int:
        """Those after which something was possible no longer."""
        return self.narrowed + self.both

    def to_dict(self) -> dict[str, int]:
        """The year as JSON has it."""
        return {
            "year": self.year,
            "versions": self.total,
            "widened": self.widened,
            "narrowed": self.narrowed,
            "both": self.both,
            "none": self.none,
            "undecided": self.undecided,
        }


def years() -> list[Year]:
    """The counts of every year that has any, the newest first."""
    counted = (
        ChangelogEntry.objects.filter(source=ChangelogEntry.Source.OBSERVED)
        .order_by()
        .annotate(year=ExtractYear("date"))
        .values_list("year", "access")
        .annotate(count=Count("pk"))
    )
    by_year: dict[int, dict[str, int]] = {}
    for year, access, count in counted:
        by_year.setdefault(year, {})[access or "undecided"] = count
    names = ("widened", "narrowed", "both", "none", "undecided")
    return [
        Year(year, *(found.get(name, 0) for name in names))
        for year, found in sorted(by_year.items(), reverse=True)
    ]


def _removing() -> Any:
    entries = ChangelogEntry.objects.filter(
        source=ChangelogEntry.Source.OBSERVED, access__in=REMOVING
    )
    return entries.select_related("policy").order_by("-date", "-pk")


def _summary() -> dict[str, int]:
    counted = years()
    return {
        "versions": sum(each.total for each in counted),
        "removing": sum(each.removing for each in counted),
        "cosmetic": sum(each.none for each in counted),
    }


@require_safe
def removals(request: HttpRequest) -> HttpResponse:
    """The counts, and the newest versions that took something away."""
    summary = _summary()
    share = summary["removing"] / summary["versions"] if summary["versions"] else 0
    context = {
        **summary,
        "share": round(100 * share, 1),
        "years": years(),
        "entries": _removing()[:SHOWN],
        "json_url": reverse("browse:removals_json"),
    }
    return render(request, "browse/changes/removals.html", context)


@require_safe
def removals_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON, with every version that took something away."""
    results = [entry_as_json(entry) for entry in _removing()]
    return json_answer(
        {
            **_summary(),
            "years": [each.to_dict() for each in years()],
            "count": len(results),
            "next": None,
            "results": results,
        }
    )
