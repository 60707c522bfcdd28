"""Curating, next to the admin."""

from django.apps import AppConfig


class CuratingConfig(AppConfig):
    """The room of the pages that only curators see."""

    name = "policyhub.curating"
    label = "curating"
