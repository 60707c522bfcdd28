"""The catalogue: policies, what they grant, and where that is known from."""

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_delete, post_save, pre_save

from policyhub.catalog.generics import allow_subscripts


class CatalogConfig(AppConfig):
    """The room with the models; everything else reads from it."""

    name = "policyhub.catalog"
    label = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Have every edit of prose move its generation, before the admin is read."""
        allow_subscripts()
        from policyhub.catalog.prose_edits import note_what_changes, prose_was_edited

        pre_save.connect(note_what_changes, sender=self.get_model("Policy"))
        for model in ("Policy", "PermissionDescription", "ChangelogEntry"):
            for signal in (post_save, post_delete):
                signal.connect(prose_was_edited, sender=self.get_model(model))
        connection_created.connect(_answer_without_compiling)


def _answer_without_compiling(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have PostgreSQL run queries as they are: to compile one takes longer than most answers."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
