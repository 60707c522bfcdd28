"""`manage.py load_fixtures`: the reference, the ECS page and the corpus."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from rich.console import Console

from policyhub.catalog.deriving import indexing
from policyhub.catalog.importing.fixtures import BrokenFixtureError, load_fixtures
from policyhub.catalog.importing.readiness import ready_database
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar


class Command(QuickCommand):
    """Load what changed since it was last loaded; `start` does the same."""

    help = "Load the service authorization reference and the fixtures that changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what was done."""
        try:
            with ready_database(), progress_bar("Loading", None, Console(stderr=True)) as advance:
                indexing.load_reference()
                results = load_fixtures(advance)
        except BrokenFixtureError as error:
            raise CommandError(str(error)) from error
        for result in results:
            self.stdout.write(str(result) if result.loaded else f"{result.name}: already loaded")
            for line in result.report.lines()[1:]:
                self.stdout.write(line)
