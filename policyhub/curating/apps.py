"""Curating, next to the admin."""

from django.apps import AppConfig


class CuratingConfig(AppConfig):
    """The room of the pages that only curators see."""

    name = "policyhub.curating"
    label = "curating"

    def ready(self) -> None:
        """Have the desk list the imports that are not decided."""
        from policyhub.curating.waiting import undecided_imports
        from policyhub.curators import register_work

        register_work(undecided_imports)
