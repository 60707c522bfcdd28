"""Serving: from an empty machine to a running server, in one command."""

from django.apps import AppConfig


class ServingConfig(AppConfig):
    """The room of `manage.py start`."""

    name = "policyhub.serving"
    label = "serving"
