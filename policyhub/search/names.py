"""What is found by name: a record a group, each asking the database for names alone.

Every word must stand in a name, whatever its case. A whole name comes first, then names that
begin with the words, then the shortest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Expression,
    F,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Length, Lower
from django.urls import reverse

from policyhub.catalog.models import Action, ConditionKey, ConditionUse, Policy, Service

Rows = QuerySet[Any, Any]
RANK = ("rank", "found_length", "found_name")


@dataclass(frozen=True)
class Found:
    """Something that was found, and its page."""

    group: str
    name: str
    detail: str
    url: str


@dataclass(frozen=True)
class Source:
    """Rows with names: which fields are searched, and which of them hold a whole name."""

    rows: Callable[[], Rows]
    fields: tuple[str, ...]
    whole: tuple[str, ...]
    name: Expression | F
    detail: Expression | F

    def matching(self, words: Sequence[str]) -> Rows:
        """The rows in which every word stands, as (name, detail, rank, length)."""
        every = reduce(and_, (_any(self.fields, "icontains", word) for word in words))
        rank = Case(
            When(_any(self.whole, "iexact", " ".join(words)), then=Value(0)),
            When(_any(self.whole, "istartswith", words[0]), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        rows = self.rows().filter(every).order_by()
        named = rows.annotate(found_name=self.name, found_detail=self.detail, rank=rank)
        measured = named.annotate(found_length=Length("found_name"))
        return measured.values_list("found_name", "found_detail", *RANK[:2])


def _any(fields: Iterable[str], lookup: str, text: str) -> Q:
    return reduce(or_, (Q(**{f"{name}__{lookup}": text}) for name in fields))


@dataclass(frozen=True)
class Group:
    """A kind of thing, where its names stand, and what its pages are called."""

    key: str
    label: str
    page: str
    sources: tuple[Source, ...]
    describe: Callable[[str], str] = str

    def matching(self, words: Sequence[str]) -> Rows:
        """Everything of this kind that the words find, the best first."""
        first, *others = (source.matching(words) for source in self.sources)
        return (first.union(*others, all=True) if others else first).order_by(*RANK)

    def found(self, rows: Iterable[Sequence[Any]]) -> list[Found]:
        """Make results of rows."""
        return [
            Found(self.key, name, self.describe(detail), reverse(self.page, args=[name]))
            for name, detail, *_ in rows
        ]

    def named(self, text: str) -> Found | None:
        """The one thing whose whole name the text is, whatever its case."""
        for source in self.sources:
            rows = source.matching([text]).filter(rank=0)
            if found := self.found(rows[:1]):
                return found[0]
        return None


def _keys_beyond_the_reference() -> Rows:
    """Condition keys of policies that the reference knows only as a pattern, or not at all."""
    uses = ConditionUse.objects.exclude(key_lower=Lower("condition_key__name"))
    return uses.values("key_lower")


POLICIES = Group(
    key="policies",
    label="Policies",
    page="browse:policy",
    sources=(Source(Policy.objects.all, ("name",), ("name",), F("name"), F("kind")),),
    describe=lambda kind: str(Policy.Kind(kind).label),
)
ACTIONS = Group(
    key="actions",
    label="Actions",
    page="browse:action",
    sources=(
        Source(
            Action.objects.all, ("full_name",), ("full_name", "name"), F("full_name"), F("level")
        ),
    ),
)
SERVICES = Group(
    key="services",
    label="Services",
    page="browse:service",
    sources=(
        Source(Service.objects.all, ("prefix", "name"), ("prefix", "name"), F("prefix"), F("name")),
    ),
    describe=lambda name: name or "not in the reference",
)
CONDITION_KEYS = Group(
    key="condition-keys",
    label="Condition keys",
    page="browse:condition_key",
    sources=(
        Source(ConditionKey.objects.all, ("name",), ("name",), F("name"), F("type")),
        Source(
            _keys_beyond_the_reference,
            ("key_lower",),
            ("key_lower",),
            Min("key"),
            Value("in policies", output_field=CharField()),
        ),
    ),
)
GROUPS = (POLICIES, ACTIONS, SERVICES, CONDITION_KEYS)


def exactly(text: str) -> Found | None:
    """What the whole text names: a policy, its ARN, an action or a condition key."""
    if text.lower().startswith("arn:"):
        policy = Policy.objects.filter(arn__iexact=text).values_list("name", "kind")
        return next(iter(POLICIES.found(policy)), None)
    groups = (ACTIONS, CONDITION_KEYS) if ":" in text else (POLICIES,)
    return next((found for group in groups if (found := group.named(text))), None)
