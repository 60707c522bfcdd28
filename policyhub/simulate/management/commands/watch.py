"""`manage.py watch FILE --since DAY`: which answers to scenarios changed with new versions."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser

from policyhub.commands import QuickCommand
from policyhub.iam.language.days import read_day
from policyhub.simulate.changed_answers import replayed_lines
from policyhub.simulate.lines import to_line

CHANGED, UNUSABLE = 1, 2
STANDARD_INPUT = "-"


class Command(QuickCommand):
    """Say what changed."""

    help = (
        "Decide each simulation of a file by all versions that its managed policies have had, and "
        "print every answer that changed since a day. Exit 0 if none did, 1 if any did, 2 if a "
        "line can't be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file, the day, and how to print."""
        parser.add_argument(
            "scenarios", metavar="FILE", help="one simulation per line; - is standard input"
        )
        parser.add_argument(
            "--since", required=True, metavar="YYYY-MM-DD", help="the first day that counts"
        )
        parser.add_argument(
            "--format", choices=["json", "text"], default="text", help="how to print"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, print, and exit."""
        since, status = _day(options["since"]), 0
        with _opened(options["scenarios"]) as file:
            for line in replayed_lines(file, since):
                if line.problem:
                    status = UNUSABLE
                    self.stderr.write(f"{line.name}: {line.problem}")
                for change in line.changes:
                    status = status or CHANGED
                    as_json = options["format"] == "json"
                    self.stdout.write(to_line(change.to_dict()) if as_json else change.in_words)
        if status:
            sys.exit(status)


def _day(text: str) -> date:
    try:
        return read_day(text)
    except ValueError as error:
        raise CommandError(f"--since: {error}", returncode=UNUSABLE) from error


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    if name == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        reason = f"{name} can't be read ({error.strerror}): check the path and its permissions"
        raise CommandError(reason, returncode=UNUSABLE) from error
