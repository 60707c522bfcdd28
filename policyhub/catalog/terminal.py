"""What commands show in a terminal while they work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

# What a shell reports of a program that was ended by SIGPIPE.
_PIPE_CLOSED = 141


@contextmanager
def progress_bar(what: str, total: int | None, console: Console) -> Iterator[Callable[[int], None]]:
    """Show a bar that advances by the number it is called with; nothing where no one looks."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


@contextmanager
def ending_with_the_reader() -> Iterator[None]:
    """End the program without a word when who reads its output has seen enough."""
    try:
        yield
    except BrokenPipeError:
        # Python would complain once more when it closes the pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)
