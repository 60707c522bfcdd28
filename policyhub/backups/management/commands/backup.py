"""`manage.py backup FILE`: the whole database in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from policyhub.backups.contents import kept_models
from policyhub.backups.writing import write_backup
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar


class Command(QuickCommand):
    """Write everything that is stored, as it is at one moment."""

    help = (
        "Write the whole database to FILE, compressed: policies, history, curators' work and "
        "accounts. Safe while the server runs; `restore` reads it on SQLite and PostgreSQL."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to."""
        parser.add_argument("file", type=Path, help="where to write; must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, and say how much."""
        path: Path = options["file"]
        if path.exists():
            raise CommandError(f"{path} exists already: name a new file")
        total = sum(model._base_manager.count() for model in kept_models())
        with progress_bar("Writing", total, Console(stderr=True)) as advance:
            count = write_backup(path, advance)
        size = path.stat().st_size / 1_000_000
        self.stdout.write(f"{count:,} rows in {path} ({size:,.1f} MB), password hashes included.")
