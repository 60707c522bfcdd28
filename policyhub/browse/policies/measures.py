"""What lists and the map of all policies measure of a version: how far it reaches, how much power.

Both are counted in the database, from rows that are derived from documents.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from django.db.models import Count, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from policyhub.catalog.access_levels import FREE_COLUMNS, POWER
from policyhub.catalog.models import ServiceGrant

_grants = ServiceGrant.objects.filter(version=OuterRef("pk")).order_by().values("version")
#: How many services it grants actions of, denies or names.
SERVICE_COUNT = Coalesce(Subquery(_grants.annotate(count=Count("pk")).values("count")), Value(0))
#: How many actions that change something it grants freely.
FREE_POWER = reduce(add, (F(FREE_COLUMNS[level]) for level in POWER))
