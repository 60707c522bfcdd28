"""The kept power of versions and of policies in force, for pictures in lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from policyhub.catalog.access.power import PowerColumn
from policyhub.catalog.models import PowerMap


def power_of_versions(versions: Collection[int]) -> Mapping[int, Sequence[PowerColumn]]:
    """The columns of versions by key; of those that are no default there are none."""
    rows = PowerMap.objects.filter(version__in=versions).order_by()
    return dict(rows.values_list("version_id", "columns"))


def power_of_named(
    keys: Collection[str],
) -> Mapping[tuple[str, str], Sequence[PowerColumn]]:
    """The columns of the default versions of policies, by key and version id."""
    rows = PowerMap.objects.filter(version__policy__key__in=keys).order_by()
    named = rows.values_list("version__policy__key", "version__version_id", "columns")
    return {(key, version): columns for key, version, columns in named}


def power_of_policies(keys: Collection[str]) -> Mapping[str, Sequence[PowerColumn]]:
    """The columns of the default versions of policies, by the policies' keys."""
    rows = PowerMap.objects.filter(version__policy__key__in=keys).order_by()
    return dict(rows.values_list("version__policy__key", "columns"))
