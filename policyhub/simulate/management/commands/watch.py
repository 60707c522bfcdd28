"""`manage.py watch FILE --since DAY`: which answers to scenarios changed with new versions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser

from policyhub.commands import QuickCommand
from policyhub.iam.language.days import read_day
from policyhub.simulate.lines import answer_lines, to_line

CHANGED, UNUSABLE = 1, 2
STANDARD_INPUT = "-"

Json = dict[str, Any]
_NOT_THERE: Json = {"decision": None, "versions": {}}


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
            for result in answer_lines(file, replay=True):
                if "error" in result:
                    status = UNUSABLE
                    self.stderr.write(f"{result['id']}: {result['error']['message']}")
                    continue
                for change in changes_since(result, since):
                    status = status or CHANGED
                    as_json = options["format"] == "json"
                    self.stdout.write(to_line(change) if as_json else _change_in_words(change))
        if status:
            sys.exit(status)


def changes_since(result: Mapping[str, Any], since: date) -> Iterator[Json]:
    """The changes of a replayed answer from a day on, each with what it was before.

    `before` is null where a policy of the simulation did not exist yet.
    """
    for old, new in pairwise([_NOT_THERE, *result["history"]]):
        if new["since"] and date.fromisoformat(new["since"]) >= since:
            yield {
                "id": result["id"],
                "since": new["since"],
                "before": old["decision"],
                "after": new["decision"],
                "versions": new["versions"],
            }


def _change_in_words(change: Json) -> str:
    by = ", ".join(f"{name} {version}" for name, version in _versions_by_name(change["versions"]))
    before = change["before"] or "no such policy"
    after = change["after"] or "no such policy"
    return f"{change['id']}: {after} since {change['since']} ({by}), before: {before}"


def _versions_by_name(versions: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, version or "unnumbered") for name, version in versions.items())


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
