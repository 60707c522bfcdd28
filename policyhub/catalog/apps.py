"""The catalogue: policies, what they grant, and where that is known from."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save

from policyhub.catalog.generics import allow_subscripts


class CatalogConfig(AppConfig):
    """The room with the models; everything else reads from it."""

    name = "policyhub.catalog"
    label = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Have every edit of prose move its generation, before the admin is read."""
        allow_subscripts()
        for model in ("Policy", "PermissionDescription", "ChangelogEntry"):
            for signal in (post_save, post_delete):
                signal.connect(_prose_was_edited, sender=self.get_model(model), weak=False)


def _prose_was_edited(**_: Any) -> None:
    from policyhub.catalog.models import CatalogState

    CatalogState.advance_prose()
