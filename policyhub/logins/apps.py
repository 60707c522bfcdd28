"""Logging in, with delays after wrong passwords."""

from django.apps import AppConfig
from django.core.checks import register


class LoginsConfig(AppConfig):
    """The room of `manage.py unlock`."""

    name = "policyhub.logins"
    label = "logins"

    def ready(self) -> None:
        """Register the checks of this room's settings."""
        from policyhub.logins.checks import check_provider

        register(check_provider)
