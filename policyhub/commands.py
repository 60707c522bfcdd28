"""What the commands of all rooms have in common."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand


class QuickCommand(BaseCommand):
    """A command that begins at once.

    Django's checks of the whole site import every view, which takes longer than most answers:
    `start` and `check` make them.
    """

    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own signature
    # Of a command that takes long beside a server.
    gives_way = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a process of its own."""
        if self.gives_way:
            give_way()
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Answer; where no garbage was looked for while modules were loaded, it is from now on."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return super().execute(*args, **options)


# As long as a server answers, it comes first; the rest is as quick as ever.
_NICENESS = 10


def give_way() -> None:
    """Have other processes come first from now on: what this one does takes long anyway."""
    if not hasattr(os, "nice"):
        return
    os.nice(max(0, _NICENESS - os.nice(0)))
    # Linux shares out the processors by sessions first: a process with one of its own has to say
    # it for the session too. Source: sched(7), "The autogroup feature".
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS), "ascii")
