"""What no start waits for, brought in by a process of its own while the server answers.

It is the history that comes with Policyhub, and what takes too long to derive at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError

from policyhub.catalog.importing.fixtures import BrokenFixtureError
from policyhub.catalog.importing.history import begin_history

_STOP_SECONDS = 10


@contextmanager
def rest_coming_in(say: Callable[[str], object]) -> Iterator[None]:
    """Bring in what is missing while the block runs; the next start goes on where this one ends.

    It is a process in a session of its own: Ctrl-C ends the server first, which then ends it.
    """
    has_history = settings.HISTORY and _has_begun(say)
    if not has_history and not settings.LINTING:
        yield
        return
    arguments = ["--parent", str(os.getpid())]
    if has_history:
        arguments.append("--history")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "catch_up", *arguments],
        cwd=settings.BASE_DIR,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def _has_begun(say: Callable[[str], object]) -> bool:
    """Whether there is something to bring in, and the database takes it."""
    try:
        state = begin_history()
    except (BrokenFixtureError, OperationalError) as error:
        say(f"History: not loaded ({error}); everything else is served")
        return False
    if state.is_complete:
        say("History: complete")
    else:
        say(f"History: {state.done:,} of {state.of:,} policies; the others follow while serving")
    return not state.is_complete
