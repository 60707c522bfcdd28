"""Backups: the whole database in one file, and back."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """The room of `backup` and `restore`."""

    name = "policyhub.backups"
    label = "backups"
