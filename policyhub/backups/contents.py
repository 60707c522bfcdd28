"""What a backup contains: which rows, and the release that wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.apps import apps
from django.core.serializers import sort_dependencies
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

# Kept by Django itself, only for a while, or written anew from other rows.
_LEFT_OUT = {
    "auth.permission",
    "contenttypes.contenttype",
    "sessions.session",
}
_APPS_LEFT_OUT = {"axes", "search"}


def kept_models() -> Sequence[type[Model]]:
    """The models whose rows are kept; what others refer to comes first."""
    configs = [(each, None) for each in apps.get_app_configs() if each.label not in _APPS_LEFT_OUT]
    models = sort_dependencies(configs, allow_cycles=True)
    return [each for each in models if each._meta.label_lower not in _LEFT_OUT]


def newest_migrations() -> Mapping[str, str]:
    """The newest migration of each app that this database has: what its tables look like."""
    newest: dict[str, str] = {}
    for app, name in sorted(MigrationExecutor(connection).loader.applied_migrations):
        newest[app] = name
    return newest
