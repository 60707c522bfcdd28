"""The list of a signed-in reader: which policies it has, and how forms change it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict

from policyhub.catalog.models import Policy
from policyhub.workbench.models import WatchedPolicy


def keys_watched(user: User) -> list[str]:
    """The keys of the policies on the list, by name."""
    rows = WatchedPolicy.objects.filter(user=user).order_by("policy__name", "policy__key")
    return list(rows.values_list("policy__key", flat=True))


def change_list(user: User, form: QueryDict, most: int) -> None:
    """Add and remove what a form asks for; beyond `most` policies nothing is added."""
    removed = form.getlist("remove")
    with transaction.atomic():
        WatchedPolicy.objects.filter(user=user, policy__key__in=removed).delete()
        _add(user, form.getlist("add"), most)


def _add(user: User, keys: Iterable[str], most: int) -> None:
    room = most - WatchedPolicy.objects.filter(user=user).count()
    others = Policy.objects.exclude(watched_by__user=user).filter(key__in=list(keys))
    WatchedPolicy.objects.bulk_create(
        [WatchedPolicy(user=user, policy=each) for each in others[: max(room, 0)]],
        ignore_conflicts=True,
    )
