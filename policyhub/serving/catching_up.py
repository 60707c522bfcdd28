"""What no start waits for, brought in by a process of its own while the server answers.

It is the history that comes with Policyhub, and what takes too long to derive at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, OperationalError, connections

from policyhub.catalog.deriving.derivers import late_derivers
from policyhub.catalog.importing.fixtures import BrokenFixtureError
from policyhub.catalog.importing.history import begin_history

_STOP_SECONDS = 10
# How often is looked whether an import has left something to be done, and how long the next process
# waits where one has left something too: the database may be locked, full or away.
LOOK_SECONDS = 10.0
AGAIN_SECONDS = 60.0


class Rest:
    """Has `manage.py catch_up` bring in what is missing, as often as something is.

    The process ends when nothing is: one that waits for more would take 45 MB.
    """

    def __init__(self, *, has_history: bool, now: Callable[[], float] = time.monotonic) -> None:
        self._has_history, self._now = has_history, now
        self._process: subprocess.Popen[bytes] | None = None
        self._next_look = self._next_start = now()

    def look(self) -> None:
        """See whether there is anything to bring in, and begin."""
        if self._process and self._process.poll() is None:
            return
        now = self._now()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if now >= self._next_start and (self._has_history or is_behind()):
            self._next_start = now + AGAIN_SECONDS
            self._begin()

    def close(self) -> None:
        """End the process, if there is one; the next one goes on where it ended."""
        if self._process:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)

    def _begin(self) -> None:
        """Begin a process in a session of its own: Ctrl-C ends the server first, then this."""
        arguments = ["--parent", str(os.getpid()), *(["--history"] if self._has_history else [])]
        self._has_history = False
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "manage.py", "catch_up", *arguments],
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )


def is_behind() -> bool:
    """Whether something that takes too long to derive at once is missing; no if nobody can say."""
    if not settings.LINTING:
        return False
    try:
        return any(not each.state().is_complete for each in late_derivers())
    except DatabaseError:
        return False
    finally:
        connections.close_all()


def rest_to_come(say: Callable[[str], object]) -> Rest | None:
    """What brings in the rest while a server answers; None where the settings want nothing."""
    has_history = settings.HISTORY and _has_begun(say)
    return Rest(has_history=has_history) if has_history or settings.LINTING else None


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
