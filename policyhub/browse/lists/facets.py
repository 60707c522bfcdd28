"""Facets: the ways in which a list of rows narrows, each a record in a list's table of facets.

A facet knows what its values mean, which of them are valid, and how many rows each would leave.
Several values of one facet widen it (or); several facets narrow each other (and). The counts of
a facet ignore its own values: they say what ticking another box would show. Facets that must apply
together in one thing that a row has (an action, of several that a policy grants) are `given` what
is chosen in all.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import reduce
from operator import or_
from typing import Any, Protocol, Self, TypeVar

from django.db.models import Count, Max, Q, QuerySet

from policyhub.http import ParameterProblem, choices_in_words

StoredRows = QuerySet[Any, Any]
Chosen = Mapping[str, tuple[str, ...]]

# How many options of a long facet are shown in the rail before its list is opened.
SHOWN = 4


@dataclass(frozen=True)
class Choice:
    """A value that a facet may take, its name, and which rows have it."""

    value: str
    label: str
    condition: Q


@dataclass(frozen=True)
class Option:
    """A value as it is offered: with the number of rows it would leave."""

    value: str
    label: str
    count: int
    checked: bool
    detail: str = ""


class Rows(Protocol):
    """Rows that can be narrowed and ordered: a queryset, or a `RowSet` in memory."""

    def filter(self, condition: Any, /) -> Self:
        """The rows that a facet's condition leaves."""

    def order_by(self, *orders: Any) -> Self:
        """The rows in this order."""


R = TypeVar("R", bound=Rows)


class Facet(Protocol):
    """What a list needs to know of a facet: of rows in the database, or of those in memory."""

    @property
    def key(self) -> str:
        """The parameter of the query string."""

    @property
    def label(self) -> str:
        """The facet's name above its options."""

    @property
    def is_long(self) -> bool:
        """Whether it has so many options that only the most frequent ones are shown in the rail."""

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Separate the valid values, in their canonical spelling, from the invalid ones."""

    def condition(self, values: Sequence[str]) -> Any:
        """What `Rows.filter` takes for the rows that have one of these values."""

    def options(self, rows: Any, chosen: Sequence[str]) -> list[Option]:
        """Every option with its count among `rows`."""

    def given(self, chosen: Chosen) -> Facet:
        """This facet where other facets have these values."""


class Alone:
    """A facet whose values mean the same whatever is chosen in others."""

    def given(self, chosen: Chosen) -> Self:
        """This very facet."""
        return self


def unknown_value(key: str, message: str) -> ParameterProblem:
    """Say that a facet has no such value."""
    return ParameterProblem("unknown-value", key, message)


@dataclass(frozen=True)
class ChoiceFacet(Alone):
    """A facet of a few fixed values, all of them always offered."""

    key: str
    label: str
    choices: tuple[Choice, ...]
    is_long: bool = False

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept the values of the choices, ignoring case."""
        valid = [choice.value for choice in self.choices]
        wanted = dict.fromkeys(value.lower() for value in values)
        problems = [
            unknown_value(
                self.key, f"`{value}` is not a value of `{self.key}`: use {choices_in_words(valid)}"
            )
            for value in wanted
            if value not in valid
        ]
        return tuple(value for value in valid if value in wanted), problems

    def condition(self, values: Sequence[str]) -> Q:
        """The rows of any of these choices."""
        chosen = (choice.condition for choice in self.choices if choice.value in values)
        return reduce(or_, chosen, Q())

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """Count every choice in one query."""
        counts = rows.order_by().aggregate(**self.counts())
        return self.options_from(counts, chosen)

    def counts(self) -> dict[str, Count]:
        """The aggregates behind the options, for one query that serves several facets."""
        return {
            f"{self.key}_{position}": Count("pk", filter=choice.condition)
            for position, choice in enumerate(self.choices)
        }

    def options_from(self, counts: Mapping[str, int], chosen: Sequence[str]) -> list[Option]:
        """The options, their counts looked up in what `counts()` gave."""
        return [
            Option(
                value=choice.value,
                label=choice.label,
                count=counts[f"{self.key}_{position}"],
                checked=choice.value in chosen,
            )
            for position, choice in enumerate(self.choices)
        ]


@dataclass(frozen=True)
class LookupFacet(Alone):
    """A facet whose values are in related rows, often hundreds of them.

    `related` are the rows that contain the values; `owner` leads from one of them to the listed
    row, `value` to the value, `name` and `detail` to how it is shown. Every `word` of the
    `vocabulary` is a valid value; `fold` brings a value to the spelling that is stored, and `near`
    offers others for one that is unknown.
    """

    key: str
    label: str
    noun: str
    related: Callable[[], StoredRows]
    owner: str
    value: str
    vocabulary: Callable[[], StoredRows]
    word: str
    name: str = ""
    detail: str = ""
    fold: Callable[[str], str] = str
    near: Callable[[str], Sequence[str]] | None = None
    is_long: bool = True

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept the values of the vocabulary; name near ones for the others."""
        wanted = tuple(dict.fromkeys(self.fold(value) for value in values))
        if not wanted:
            return (), []
        words = self.vocabulary().order_by().values_list(self.word, flat=True).distinct()
        known = set(words.filter(**{f"{self.word}__in": wanted}))
        unknown = [value for value in wanted if value not in known]
        everything = set(words) if unknown else set()
        return tuple(value for value in wanted if value in known), [
            unknown_value(self.key, self._complaint(value, everything)) for value in unknown
        ]

    def _complaint(self, value: str, known: Iterable[str]) -> str:
        if self.near:
            near = list(self.near(value))[:3]
        else:
            near = get_close_matches(value, known, n=3, cutoff=0.5)
        hint = f"use {choices_in_words(near)}" if near else "choose one from the list"
        return f"`{value}` is not a known {self.noun}: {hint}"

    def condition(self, values: Sequence[str]) -> Q:
        """The rows with a related row of one of these values."""
        found = self.related().filter(**{f"{self.value}__in": values})
        return Q(pk__in=found.order_by().values(self.owner))

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """Count every value that leaves a row, and those chosen; the most frequent first."""
        counted = (
            self.related()
            .filter(**{f"{self.owner}__in": rows.order_by().values("pk")})
            .order_by()
            .values_list(self.value)
            .annotate(
                count=Count(self.owner, distinct=True),
                name=Max(self.name or self.value),
                detail=Max(self.detail or self.value),
            )
            .order_by("-count", self.value)
        )
        options = [
            Option(value, name, count, value in chosen, detail if self.detail else "")
            for value, count, name, detail in counted
        ]
        missing = [value for value in chosen if value not in {option.value for option in options}]
        return options + [Option(value, value, 0, True) for value in missing]


@dataclass(frozen=True)
class DateFacet(Alone):
    """A facet of days: the rows from one of them on. Of several the earliest counts.

    `since` filters by a day; `suggested` gives the days worth offering, with their names. With
    `is_end` the rows are those up to a day, and the latest counts.
    """

    key: str
    label: str
    since: Callable[[date], Q]
    suggested: Callable[[], Sequence[tuple[date, str]]]
    is_end: bool = False
    is_long: bool = False
    takes_date: bool = True

    def read_values(self, values: Sequence[str]) -> tuple[tuple[str, ...], list[ParameterProblem]]:
        """Accept days of the calendar, written as in ISO 8601."""
        days: dict[str, None] = {}
        problems: list[ParameterProblem] = []
        for value in values:
            try:
                days[date.fromisoformat(value).isoformat()] = None
            except ValueError:
                message = (
                    f"`{value}` is not a date: write it as year, month, day, like `2026-09-30`"
                )
                problems.append(ParameterProblem("bad-date", self.key, message))
        return tuple(sorted(days)), problems

    def condition(self, values: Sequence[str]) -> Q:
        """The rows of the earliest of these days and later ones, or up to the latest."""
        widest = max if self.is_end else min
        return self.since(date.fromisoformat(widest(values))) if values else Q()

    def options(self, rows: StoredRows, chosen: Sequence[str]) -> list[Option]:
        """Count from each suggested day on, and from those chosen."""
        suggested = {day.isoformat(): name for day, name in self.suggested()}
        days = sorted({*suggested, *chosen}, reverse=True)
        counts = rows.order_by().aggregate(
            **{
                f"day_{at}": Count("pk", filter=self.condition([day]))
                for at, day in enumerate(days)
            }
        )
        return [
            Option(day, day, counts[f"day_{at}"], day in chosen, suggested.get(day, ""))
            for at, day in enumerate(days)
        ]


@dataclass(frozen=True)
class OfferedFacet:
    """A facet as the rail shows it: what is shown first, and how much more there is.

    `counts` has every option, shown or not; `toggle_url` leads to the same list with every
    option shown, or with the first ones again. Where options are left out for another request,
    `next` is the place of the first of them.
    """

    facet: Facet
    options: list[Option]
    counts: Mapping[str, int]
    hidden: int = 0
    is_open: bool = False
    toggle_url: str = ""
    heading: str = ""
    next: int | None = None


def narrow(rows: R, facets: Iterable[Facet], chosen: Chosen, but: str = "") -> R:
    """Narrow `rows` by what is chosen in all facets but one."""
    others = {key: values for key, values in chosen.items() if key != but}
    for facet in facets:
        if values := others.get(facet.key):
            rows = rows.filter(facet.given(others).condition(values))
    return rows


def offer(
    rows: Rows,
    facets: Sequence[Facet],
    chosen: Chosen,
    opened: Iterable[str],
    only: Container[str] | None = None,
) -> list[OfferedFacet]:
    """Count every facet's options, or those of some, among the rows that the other facets leave.

    The facets of fixed values in which nothing is chosen see the same rows: one query counts
    them together.
    """
    known = [facet.given(chosen) for facet in facets if only is None or facet.key in only]
    untouched = [f for f in known if isinstance(f, ChoiceFacet) and not chosen.get(f.key)]
    together = {name: count for f in untouched for name, count in f.counts().items()}
    counts: Mapping[str, int] = {}
    if together and isinstance(rows, QuerySet):
        counts = narrow(rows, facets, chosen).order_by().aggregate(**together)
    offered = []
    for facet in known:
        values = chosen.get(facet.key, ())
        if isinstance(facet, ChoiceFacet) and not values:
            options = facet.options_from(counts, values)
        else:
            options = facet.options(narrow(rows, facets, chosen, but=facet.key), values)
        offered.append(_fold(facet, options, facet.key in opened))
    return offered


def _fold(facet: Facet, options: list[Option], is_open: bool) -> OfferedFacet:
    """Leave the frequent options of a long facet, and what is chosen of the others."""
    counts = {option.value: option.count for option in options}
    if not facet.is_long or is_open:
        return OfferedFacet(facet, options, counts, is_open=is_open and facet.is_long)
    shown = [option for place, option in enumerate(options) if place < SHOWN or option.checked]
    return OfferedFacet(facet, shown, counts, hidden=len(options) - len(shown))
