"""The help: what Policyhub does and how to use it, by reader."""

from django.apps import AppConfig


class HelpConfig(AppConfig):
    """The room of the documentation."""

    name = "policyhub.help"
    label = "help"
