"""The list that all who are signed in share: its policies and scenario files, changed by forms."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict

from policyhub.catalog.models import Policy
from policyhub.workbench.models import WatchedPolicy, WatchedScenario
from policyhub.workbench.watching.scenarios import MOST_FILES, ScenarioFile, UnusableFileError


def keys_watched() -> list[str]:
    """The keys of the policies on the list, by name."""
    rows = WatchedPolicy.objects.order_by("policy__name", "policy__key")
    return list(rows.values_list("policy__key", flat=True))


def files_watched() -> list[ScenarioFile]:
    """The scenario files on the list, by name."""
    rows = WatchedScenario.objects.order_by("name").values_list("name", "text")
    return [ScenarioFile(name, text) for name, text in rows]


def change_list(user: User, form: QueryDict, most: int) -> None:
    """Add and remove what a form asks for; beyond `most` policies nothing is added."""
    with transaction.atomic():
        WatchedPolicy.objects.filter(policy__key__in=form.getlist("remove")).delete()
        WatchedScenario.objects.filter(name__in=form.getlist("forget")).delete()
        _add(user, form.getlist("add"), most)


def _add(user: User, keys: Iterable[str], most: int) -> None:
    room = most - WatchedPolicy.objects.count()
    others = Policy.objects.filter(watched=None, key__in=list(keys))
    WatchedPolicy.objects.bulk_create(
        [WatchedPolicy(user=user, policy=each) for each in others[: max(room, 0)]],
        ignore_conflicts=True,
    )


def keep_file(user: User, file: ScenarioFile) -> None:
    """Put a scenario file on the list, in place of one of its name. Raises `UnusableFileError`."""
    with transaction.atomic():
        others = WatchedScenario.objects.exclude(name=file.name)
        if others.count() >= MOST_FILES:
            raise UnusableFileError(
                f"there are {MOST_FILES} files on the list already: remove one of them first"
            )
        WatchedScenario.objects.update_or_create(
            name=file.name, defaults={"text": file.text, "user": user}
        )
