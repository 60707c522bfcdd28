"""The rows of the search in the database: what words and operators keep, and what they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, reduce
from itertools import chain
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Count, F, Func, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate

from policyhub.catalog.access.catalogue import Behind, Catalogue
from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.parts import in_parts
from policyhub.judge.lint.filters import having_finding
from policyhub.judge.models import PolicyFinding, PolicyRisk
from policyhub.judge.risks.filters import RISK_VALUES
from policyhub.search.finding.entries import (
    CHANGES,
    POLICIES,
    STATEMENTS,
    Group,
    statement_name,
)
from policyhub.search.finding.in_database import trigrams
from policyhub.search.finding.in_database.keys import as_subquery
from policyhub.search.finding.in_database.preparing import EFFECTS, EVERY_SERVICE, LEVEL_VALUES
from policyhub.search.finding.operators import Actions, Changed, Key, ResourcePart, Tagged, Wanted
from policyhub.search.models import FoundText, TagSet

NOTHING = Q(pk__in=())
_SETS_AT_ONCE = 5_000
_PROFILE = ("kind", "levels", "effects", "services", "conditions", "group")
# The operators by the columns, and by the year that follows them.
_COUNTED_BY = ("kind", "level", "effect", "service", "condition", "", "changed")
_MASKS = {"level": ("levels", LEVEL_VALUES), "effect": ("effects", EFFECTS)}


class Kept:
    """What the parts of a query keep of the rows, as filters."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.indexed = trigrams.has_index()
        self.has_names_index = trigrams.has_names_index()

    def holding(self, word: str) -> Q:
        """The rows whose text contains a word in lower case."""
        return trigrams.containing_word(word, indexed=self.indexed)

    def keeping(self, wanted: Iterable[Wanted]) -> Q:
        """The rows that any of the parts of an operator's value keeps."""
        return reduce(or_, (_KEEPING[type(each)](self, each) for each in wanted), NOTHING)

    def _tagged(self, wanted: Tagged) -> Q:
        operator, value = wanted.operator, wanted.value
        if operator == "service":
            having = Q(text__contains=f"\n{value}\n")
            if value not in self.catalogue.reference.services:
                having |= Q(text__contains=f"\n{EVERY_SERVICE}\n")
            return Q(services__in=TagSet.objects.filter(having))
        if operator == "kind":
            return Q(kind=value)
        if operator == "risk":
            return _of_versions(RISK_VALUES[value].of_versions)
        if operator == "lint":
            return _of_versions(having_finding(value))
        column, order = _MASKS[operator]
        if value not in order:
            return NOTHING
        bit = 1 << order.index(value)
        return Q(**{f"{column}__in": [each for each in range(1 << len(order)) if each & bit]})

    def _key(self, wanted: Key) -> Q:
        having = Q(text__contains=f"\n{wanted.name}\n") | Q(text__contains=f"\n{wanted.name}/")
        return Q(conditions__in=TagSet.objects.filter(having))

    def _resource(self, wanted: ResourcePart) -> Q:
        return Q(resources__in=TagSet.objects.filter(text__contains=wanted.as_in_set))

    def _actions(self, wanted: Actions) -> Q:
        return _behind([self.catalogue.behind(name) for name in wanted.names])

    def keeping_among(self, wanted: Iterable[Wanted], policies: Collection[int | None]) -> Q:
        """The rows of some policies, by their keys, that one action of an operator's value keeps.

        Those of other policies may be kept or not.
        """
        names = [name for each in wanted if isinstance(each, Actions) for name in each.names]
        return _behind([self.catalogue.behind_among(name, policies) for name in names])

    def _changed(self, wanted: Changed) -> Q:
        digits = wanted.day.replace("-", "")
        first, last = int(digits.ljust(8, "0")), int(digits.ljust(8, "9"))
        return {
            "": Q(day__gte=first, day__lte=last),
            "=": Q(day__gte=first, day__lte=last),
            "<": Q(day__lt=first),
            "<=": Q(day__lte=last),
            ">": Q(day__gt=last),
            ">=": Q(day__gte=first),
        }[wanted.sign]


_KEEPING: dict[type[Any], Callable[[Kept, Any], Q]] = {
    Tagged: Kept._tagged,
    Key: Kept._key,
    ResourcePart: Kept._resource,
    Actions: Kept._actions,
    Changed: Kept._changed,
}


def _behind(found: Sequence[Behind]) -> Q:
    """The policies that grant an action, and the statements behind that."""
    policies = {name for each in found for name in each.policies}
    statements = {statement_name(*place) for each in found for place in each.statements}
    return Q(group=POLICIES.key, name__in=as_subquery(policies)) | Q(
        group=STATEMENTS.key, name__in=as_subquery(statements)
    )


def _of_versions(kept: Q) -> Q:
    """The policies of versions in force; statements and changes have none of these values."""
    versions = PolicyVersion.objects.in_force().filter(kept)
    return Q(group=POLICIES.key, policy__in=versions.values("policy"))


def best_first(
    rows: QuerySet[FoundText], group: Group, words: Sequence[str] = ()
) -> QuerySet[FoundText]:
    """A group's rows with the best first: by which of the words the names contain, then the
    shortest name.
    """
    # By code points on every database, as in memory.
    collation = "C" if connection.vendor == "postgresql" else "BINARY"
    letters = Collate(F("lowered"), collation)
    # Changes of one title: the newest first.
    order: list[str | Combinable] = ["length", letters, "position"]
    if group == CHANGES:
        order += ["-change__date", "-change__pk"]
    if not words:
        return rows.order_by(*order)
    whens = [When(rank, then=Value(place)) for place, (_, rank) in enumerate(ranks(words))]
    rank = Case(*whens[:-1], default=Value(len(whens) - 1))
    return rows.annotate(rank=rank).order_by("rank", *order)


def ranks(words: Sequence[str]) -> list[tuple[bool, Q]]:
    """The rows by which of the words their names contain, and whether they contain all.

    First those that are called so, then those of which a name begins with the first word.
    """
    named = _naming(words)
    whole = named & Q(names__contains=f"\n{' '.join(words)}\n")
    begun = named & Q(names__contains=f"\n{words[0]}")
    return [(True, whole), (True, begun & ~whole), (True, named & ~begun), (False, ~named)]


def _naming(words: Sequence[str]) -> Q:
    return reduce(lambda all_of, word: all_of & Q(names__contains=word), words, Q())


def count_with_resources(rows: QuerySet[FoundText], wanted: Sequence[Sequence[str]]) -> list[int]:
    """How many rows have a resource pattern that contains one of some texts, for each of several.

    The texts of each set of patterns are looked at once, however many rows have it.
    """
    by_set = (
        rows.order_by()
        .values("resources")
        .annotate(count=Count("pk"))
        .values_list("resources", "count")
    )
    try:
        found, parameters = by_set.query.sql_with_params()
    except EmptyResultSet:
        return [0] * len(wanted)
    place = "strpos" if connection.vendor == "postgresql" else "instr"
    sums = [
        f"SUM(CASE WHEN {' OR '.join([f'{place}(sets.text, %s) > 0'] * len(each)) or 'false'} "
        "THEN found.count ELSE 0 END)"
        for each in wanted
    ]
    sets = f"{TagSet._meta.db_table} AS sets ON sets.id = found.resources"
    counting = f"SELECT {', '.join(sums)} FROM ({found}) AS found JOIN {sets}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(counting, [*chain.from_iterable(wanted), *parameters])
        return [int(each or 0) for each in cursor.fetchone()]


class Counted:
    """How many of some rows have each value of each operator; `policies` are those of policies."""

    def __init__(
        self, rows: QuerySet[FoundText], policies: QuerySet[FoundText], unlisted: Sequence[str]
    ) -> None:
        self._unlisted, self._policies = unlisted, policies
        year = Func(F("day"), function="", template="%(expressions)s / 10000")
        counted = rows.order_by().annotate(year=year).values(*_PROFILE, "year")
        self._profiles = list(
            counted.annotate(count=Count("pk")).values_list(*_PROFILE, "year", "count")
        )

    @cached_property
    def groups(self) -> Counter[str]:
        """How many rows each group has."""
        found: Counter[str] = Counter()
        for *_, group, _, count in self._profiles:
            found[group] += count
        return found

    @cached_property
    def _sets(self) -> dict[int, set[str]]:
        """The values of the sets that the rows have, by their keys."""
        keys = {key for profile in self._profiles for key in profile[3:5]}
        return {
            key: {value for value in text.split("\n") if value}
            for some in in_parts(keys, _SETS_AT_ONCE)
            for key, text in TagSet.objects.filter(pk__in=some).values_list("pk", "text")
        }

    def of(self, operator: str) -> Counter[str]:
        """The counts by value."""
        if operator == "risk":
            return self._by_risk()
        if operator == "lint":
            return self._by_finding()
        column = _COUNTED_BY.index(operator)
        counted: Counter[Any] = Counter()
        for profile in self._profiles:
            counted[profile[column]] += profile[-1]
        found: Counter[str] = Counter()
        for value, count in counted.items():
            for each in self._values(operator, value):
                found[each] += count
        return found

    def _by_risk(self) -> Counter[str]:
        """The counts by risk, of which only policies have any."""
        rows = PolicyRisk.objects.filter(version__in=self._in_force.values("pk")).order_by()
        answers = list(dict.fromkeys(each.answers for each in RISK_VALUES.values()))
        counts = {
            f"n{place}": Count("version", distinct=True, filter=Q(answer__in=some))
            for place, some in enumerate(answers)
        }
        by_family = {
            family: dict(zip(answers, found, strict=True))
            for family, *found in rows.values_list("family").annotate(**counts)
        }
        none = dict.fromkeys(answers, 0)
        return +Counter(
            {
                value: by_family.get(each.family, none)[each.answers]
                for value, each in RISK_VALUES.items()
            }
        )

    def _by_finding(self) -> Counter[str]:
        """The counts by what linting finds, likewise."""
        rows = PolicyFinding.objects.filter(version__in=self._in_force.values("pk")).order_by()
        policies = Count("version", distinct=True)
        found: Counter[str] = Counter()
        for column in ("code", "type"):
            for value, count in rows.values_list(column).annotate(count=policies):
                found[value.lower()] += count
        return found

    @property
    def _in_force(self) -> QuerySet[PolicyVersion]:
        """The versions of the policies among the rows."""
        policies = self._policies.order_by().values("policy")
        return PolicyVersion.objects.in_force().filter(policy__in=policies)

    def _values(self, operator: str, value: Any) -> Iterator[str]:
        if operator in _MASKS:
            order = _MASKS[operator][1]
            yield from (each for place, each in enumerate(order) if value >> place & 1)
        elif operator in ("service", "condition"):
            members = self._sets[value]
            if operator == "service" and EVERY_SERVICE in members:
                members = (members - {EVERY_SERVICE}).union(self._unlisted)
            yield from members
        elif value:
            yield str(value)
