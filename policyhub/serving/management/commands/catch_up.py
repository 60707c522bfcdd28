"""`manage.py catch_up`: what a start leaves for later, the history and the findings of linting."""

from __future__ import annotations

import os
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from rich.console import Console

from policyhub.catalog.deriving.derivers import LateDeriver, late_derivers
from policyhub.commands import QuickCommand, give_way
from policyhub.terminal import progress_bar

# How often a process behind a server looks whether an import has left something to be done.
_LOOK_SECONDS = 10
# Where no bar is shown, a line is written after so many parts of all.
_LINES = 5


class ServerGoneError(Exception):
    """The server for which this process works has ended."""


class Command(QuickCommand):
    """Bring in what is missing; ended at any moment, the next run goes on from there."""

    help = (
        "Bring in what a start leaves for later: lint every policy that is not linted yet. `start` "
        "does this while it serves. Ended at any moment, the next run continues from there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what `start` says."""
        parser.add_argument(
            "--parent",
            type=int,
            metavar="PID",
            help="go on until this parent process has ended, for imports leave more to do",
        )
        parser.add_argument("--history", action="store_true", help="load the history first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what there is to be done."""
        self._parent = options["parent"]
        if self._parent:
            give_way()
        if options["history"]:
            call_command("load_history", parent=self._parent, stdout=self.stdout)
        if self._parent and not settings.LINTING:
            return
        try:
            self._catch_up()
            while self._parent and not hasattr(os, "fork"):
                # There is no process beside the server that looks whether an import has left more.
                self._wait()
                self._catch_up()
        except ServerGoneError:
            return
        except DatabaseError as error:
            raise CommandError(f"the database can't be used: {error}") from error

    def _wait(self) -> None:
        for _ in range(_LOOK_SECONDS):
            self._require_parent()
            time.sleep(1)

    def _require_parent(self) -> None:
        if self._parent and os.getppid() != self._parent:
            raise ServerGoneError

    def _catch_up(self) -> None:
        for each in late_derivers():
            if not each.state().is_complete:
                self._bring_in(each)

    def _bring_in(self, deriver: LateDeriver) -> None:
        state, console = deriver.state(), Console(stderr=True)
        done, told = state.done, _LINES * state.done // max(state.of, 1)
        with progress_bar(deriver.what, state.of - state.done, console) as advance:

            def progress(count: int) -> None:
                nonlocal done, told
                advance(count)
                done += count
                reached = _LINES * done // max(state.of, 1)
                if reached > told and (self._parent or not console.is_terminal):
                    told = reached
                    self._say(f"{deriver.what}: {min(done, state.of):,} of {state.of:,} policies")
                self._require_parent()

            deriver.bring_in(progress)
        if not self._parent:
            self._say(f"{deriver.what}: complete")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
