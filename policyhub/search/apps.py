"""Finding: the search box and its suggestions."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """The room of the search box."""

    name = "policyhub.search"
    label = "search"

    def ready(self) -> None:
        """Have the index built before the first request."""
        from policyhub.catalog.compiled import build_before_serving
        from policyhub.search.held import get_index

        build_before_serving(get_index)
