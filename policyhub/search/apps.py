"""Finding: the search box and its suggestions."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """The room of the search box."""

    name = "policyhub.search"
    label = "search"
