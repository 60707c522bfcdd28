"""Finding: the search box and its suggestions, who can, and the best fit."""

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig, apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete

from policyhub.catalog.signals import import_finished, policies_changed, policies_judged


class SearchConfig(AppConfig):
    """The room of the search box."""

    name = "policyhub.search"
    label = "search"

    def ready(self) -> None:
        """Have the index built before the first request, and its texts follow every change."""
        from policyhub.catalog.before_serving import build_before_serving

        build_before_serving(_build_index)
        policies_changed.connect(_forget)
        policies_judged.connect(_judged)
        import_finished.connect(_write)
        for model in ("Policy", "PermissionDescription", "ChangelogEntry"):
            for signal in (post_save, post_delete):
                signal.connect(_forget_owner, sender=apps.get_model("catalog", model))
        for model in ("Policy", "ChangelogEntry"):
            pre_delete.connect(_drop, sender=apps.get_model("catalog", model))


def _build_index() -> None:
    from policyhub.search.finding.current import get_index

    get_index()


def _forget(policies: Collection[int] | None, **_: Any) -> None:
    from policyhub.search.finding.in_database.writing import forget
    from policyhub.search.models import TextStamp

    forget(policies)
    TextStamp.move(policies)


def _judged(policies: Collection[int] | None, **_: Any) -> None:
    from policyhub.search.models import TextStamp

    TextStamp.move(policies)


def _forget_owner(instance: Model, **_: Any) -> None:
    of_a_policy = getattr(instance, "policy_id", None)
    owner = instance.pk if instance._meta.model_name == "policy" else of_a_policy
    _forget([owner] if owner else [])


def _drop(instance: Any, **_: Any) -> None:
    from policyhub.search.finding.in_database.writing import drop_rows_of

    drop_rows_of(instance)


def _write(**_: Any) -> int | None:
    from policyhub.search.finding.current import write_where_needed

    return write_where_needed()
