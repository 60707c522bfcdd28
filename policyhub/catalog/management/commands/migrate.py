"""Django's `migrate`, which here makes the database file too."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from policyhub.catalog.database_file import database_file, make_file


class Command(migrate.Command):
    """Bring the tables up to date, in a new file where there is none."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the file, then migrate."""
        if file := database_file():
            make_file(file)
        super().handle(*args, **options)
