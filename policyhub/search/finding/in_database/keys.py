"""Rows by many keys, and texts of which there may be as many: each time as one parameter."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from django.db import connection
from django.db.models import BigAutoField, Lookup, Q, QuerySet
from django.db.models.expressions import RawSQL

from policyhub.catalog.one_block import with_setting
from policyhub.search.models import FoundText

# To ask again for more rows by their keys takes longer than by what a query keeps.
MOST_KEYS = 20_000
# What grants an action is read of these alone, where they are no more.
MOST_POLICIES = 1_000


@BigAutoField.register_lookup
class _AmongKeys(Lookup):
    """Keys that are among some: of them the planner knows how many they are."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """The comparison and its parameters."""
        left, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            some = "IN (SELECT value FROM json_each(%s))"
            return f"{left} {some}", [*parameters, json.dumps(self.rhs)]
        # Of the keys' own type they are looked up by a hash, of another one after the other.
        return f"{left} = ANY(%s::bigint[])", [*parameters, self.rhs]


def having_key(keys: Iterable[int]) -> Q:
    """The rows of some keys, as a filter."""
    some = list(keys)
    return Q(pk__any_of=some) if some else Q(pk__in=())


def with_keys(keys: Iterable[int]) -> QuerySet[FoundText]:
    """The rows of some keys."""
    return FoundText.objects.filter(having_key(keys)).order_by()


def as_subquery(texts: Iterable[str]) -> RawSQL:
    """Texts as the rows of a subquery."""
    given = json.dumps(sorted(texts))
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [given])
    return RawSQL("SELECT json_array_elements_text(%s::json)", [given])


def by_indexes() -> AbstractContextManager[None]:
    """Have PostgreSQL count on finding in memory what an index leads to.

    Else it reads all sets of patterns for a few thousand rows, and all rows for those of policies,
    which stand together.
    """
    return with_setting(FoundText.objects.db, "random_page_cost", "1.1")
