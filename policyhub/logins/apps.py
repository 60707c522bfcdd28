"""Logging in, with delays after wrong passwords."""

from django.apps import AppConfig


class LoginsConfig(AppConfig):
    """The room of `manage.py unlock`."""

    name = "policyhub.logins"
    label = "logins"
