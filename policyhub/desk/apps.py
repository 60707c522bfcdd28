"""The desk: what curators have to look at."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The room in which findings are accepted, taken on and settled."""

    name = "policyhub.desk"
    label = "desk"
