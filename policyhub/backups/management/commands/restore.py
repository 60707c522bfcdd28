"""`manage.py restore FILE`: the database as a backup has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from policyhub.backups.reading import UnusableBackupError, read_head, restore
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar


class Command(QuickCommand):
    """Load a backup, all of it or nothing."""

    help = (
        "Load a backup into a database that `migrate` has prepared, in one transaction: all of it "
        "or nothing. A server that is running shows it at the next request."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and the switch."""
        parser.add_argument("file", type=Path, help="a file that `backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="put it in place of everything in the database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file, load it, and say how much."""
        try:
            head = read_head(options["file"])
            total = sum(head["rows"].values())
            with progress_bar("Restoring", total, Console(stderr=True)) as advance:
                count = restore(options["file"], options["replace"], advance)
        except UnusableBackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count:,} rows restored, as of {head['madeAt'][:19]} UTC.")
