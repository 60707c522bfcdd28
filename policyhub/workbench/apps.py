"""The workbench: smaller policies, each proved."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class WorkbenchConfig(AppConfig):
    """The room in which documents are made smaller."""

    name = "policyhub.workbench"
    label = "workbench"

    def ready(self) -> None:
        """Have what a note said before go with it: with its policy, or its reader's account."""
        from policyhub.workbench.models import ReviewNote

        post_delete.connect(_forget_what_it_said, sender=ReviewNote)


def _forget_what_it_said(instance: Any, **_: Any) -> None:
    instance.history.all().delete()
