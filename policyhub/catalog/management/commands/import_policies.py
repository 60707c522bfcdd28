"""`manage.py import_policies`: documents and exports into the catalogue."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console

from policyhub.catalog.importing.readiness import ready_database
from policyhub.catalog.importing.report import ImportReport, printable
from policyhub.catalog.importing.run import import_in_parts, import_policies
from policyhub.catalog.signals import import_finished
from policyhub.catalog.sources.files import gather, gather_history, has_history
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar


class Command(QuickCommand):
    """Import what is good, name what is not, and exit 0, 1 or 2 accordingly."""

    gives_way = True
    help = (
        "Import policies from JSON files, folders, the history of git clones, exports of "
        "authorization details or standard input (-). Exits 0 when all were imported, 1 when some "
        "were rejected, 2 when nothing was usable."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare sources and the two switches."""
        parser.add_argument(
            "sources", nargs="+", metavar="SOURCE", help="file, folder, git clone or -"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--dry-run", action="store_true", help="only report what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report."""
        sources, dry_run = options["sources"], options["dry_run"]
        # A dry run takes all in one transaction, which it undoes.
        clones = [] if dry_run else [each for each in sources if has_history(each)]
        # Everything else is read first: the database is not locked while someone types into a pipe.
        items = list(gather([each for each in sources if each not in clones]))
        console = Console(stderr=True)
        with ready_database():
            with progress_bar("Importing", len(items), console) as advance:
                report = import_policies(items, dry_run=dry_run, progress=advance)
            for clone in clones:
                report.add(_import_history(clone, console))
            import_finished.send(Command)
        if options["json"]:
            self.stdout.write(json.dumps(report.to_dict(), indent=1))
        else:
            self.stdout.write("\n".join(report.lines(dry_run)))
        if report.exit_status:
            sys.exit(report.exit_status)


def _import_history(clone: str, console: Console) -> ImportReport:
    """Bring in a clone's history while it is read; ended half-way, a second run goes on."""
    with progress_bar(f"Importing the history of {printable(clone)}", None, console) as advance:
        return import_in_parts(gather_history(clone), progress=advance)
