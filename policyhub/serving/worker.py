"""gunicorn's worker: a process that answers, with its threads.

gunicorn looks after the processes: it forks them with the catalogue loaded, so that they share
it, and replaces one that dies or hangs. Inside of each, `connections` serves with waitress.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

from gunicorn.workers.base import Worker

from policyhub.serving.connections import STOP_SECONDS, Server

# No request takes this long: the thread that has it is stuck.
STUCK_SECONDS = 60.0
# How long the requests at hand have when a thread is stuck, and the process ends for it; and
# when the master has died.
STUCK_STOP_SECONDS = 5
ORPHAN_STOP_SECONDS = 1

# How long a thread that calculates keeps others waiting; Python's own 0.005 adds up.
SWITCH_SECONDS = 0.001
# How many collections of young objects there are for one of all objects, Python's own being 10.
# That one holds up every thread, for up to 0.3 s beside an import: it is made while nobody asks,
# and after so many in any case.
YOUNG_COLLECTIONS = 100
MOST_YOUNG_COLLECTIONS = 1_000


class WholeRequestsWorker(Worker):
    """Answers whole requests only."""

    server: Server | None = None

    def run(self) -> None:
        """Serve until told to stop, then finish the requests at hand."""
        # A thread that only reads a row waits for each one that calculates: not for long.
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.set_threshold(*gc.get_threshold()[:2], MOST_YOUNG_COLLECTIONS)
        # The signal handlers below wake the loop.
        signal.set_wakeup_fd(-1)
        [listener] = self.sockets
        self.server = Server(self.wsgi, listener.sock, {})
        seconds: float = STOP_SECONDS
        while self.alive:
            self.notify()
            self.server.poll(1)
            if gc.get_count()[2] >= YOUNG_COLLECTIONS and not self._is_asked(self.server):
                gc.collect()
            if self.ppid != os.getppid():
                seconds = ORPHAN_STOP_SECONDS
                break
            if self.server.longest_running() > STUCK_SECONDS:
                self.log.error("a request does not end: process %s is replaced", self.pid)
                seconds = STUCK_STOP_SECONDS
                break
        self.server.drain(seconds)
        # The master's signal may come after the terminal's, while this process is ending already.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    @staticmethod
    def _is_asked(server: Server) -> bool:
        """Whether a request has a thread, or waits for one."""
        return any(each.requests for each in server.connections)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no further request; those at hand are finished."""
        self.alive = False
        if self.server:
            self.server.pull_trigger()

    # On Ctrl-C too, not in the midst of an answer.
    handle_quit = handle_exit
