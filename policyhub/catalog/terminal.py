"""What commands show in a terminal: progress while they work, a report when they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from policyhub.catalog.importing import ImportReport


def console_on(out: OutputWrapper) -> Console:
    """A console that writes where a command's output goes; lines are never wrapped short."""
    return Console(file=cast(IO[str], out), width=200)


@contextmanager
def progress_bar(what: str, total: int | None, console: Console) -> Iterator[Callable[[int], None]]:
    """Show a bar that advances by the number it is called with; nothing where no one looks."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


def show_report(report: ImportReport, console: Console, dry_run: bool = False) -> None:
    """Print the counts, then everything left out, each with its reason."""
    verb = "would be " if dry_run else ""
    console.print(
        f"{len(report.created):,} {verb}created, {len(report.updated):,} {verb}updated, "
        f"{len(report.unchanged):,} unchanged, {len(report.rejected):,} rejected, "
        f"{len(report.skipped):,} left out",
        highlight=False,
    )
    for word, items in (("rejected", report.rejected), ("left out", report.skipped)):
        for item in items:
            line = f"{word}: {item.place}: {item.reason}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
