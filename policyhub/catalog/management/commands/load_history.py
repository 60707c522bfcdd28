"""`manage.py load_history`: every known version of AWS's policies into the catalogue."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from policyhub.catalog.deriving import indexing
from policyhub.catalog.importing.fixtures import BrokenFixtureError
from policyhub.catalog.importing.history import HistoryState, load_history
from policyhub.catalog.importing.readiness import ready_database
from policyhub.catalog.importing.report import printable
from policyhub.catalog.signals import import_finished
from policyhub.commands import QuickCommand, give_way
from policyhub.terminal import progress_bar

# Where no bar is shown, a line is written after so many parts of all.
_LINES = 10


class ParentGoneError(Exception):
    """The process for which the history was brought in has ended."""


class Command(QuickCommand):
    """Bring in what is missing; ended at any moment, the next run goes on from there."""

    help = (
        "Load the history that comes with Policyhub, policy by policy. `start` does the same "
        "while it serves. Ended at any moment, the next run continues from there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what `start` says."""
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="end when this parent process has ended"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how far it has come."""
        parent, console = options["parent"], Console(stderr=True)
        if parent:
            give_way()
        try:
            with ready_database(), progress_bar("Loading the history", None, console) as advance:
                indexing.load_reference()
                self._told = self._done = 0

                def progress(state: HistoryState) -> None:
                    advance(state.done - self._done)
                    self._done = state.done
                    if not console.is_terminal or parent:
                        self._tell(state)
                    if parent and os.getppid() != parent:
                        raise ParentGoneError

                report = load_history(progress)
                import_finished.send(Command)
        except BrokenFixtureError as error:
            raise CommandError(str(error)) from error
        except ParentGoneError:
            return
        for each in report.rejected:
            self.stdout.write(printable(f"History: left out: {each.place}: {each.reason}"))
        self.stdout.write("History: complete")

    def _tell(self, state: HistoryState) -> None:
        reached = _LINES * state.done // max(state.of, 1)
        if reached > self._told and not state.is_complete:
            self._told = reached
            self.stdout.write(f"History: {state.done:,} of {state.of:,} policies")
            self.stdout.flush()
