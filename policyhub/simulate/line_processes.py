"""JSON lines answered by as many processes as there are processors, in the lines' order.

A process is handed the lines that one reading brought, and more once its answers were taken: no
more is in memory than that of each. Answers are never kept back while more lines are waited for.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkProcess
from typing import IO, TypeAlias

from django.db import connections

from policyhub.simulate.expectations import AnsweredLine, answered_line
from policyhub.simulate.lines import answer_line, read_lines
from policyhub.simulate.managed import catalogue_now
from policyhub.simulate.recoded_lines import RecodedLines

_Answering: TypeAlias = Callable[[Sequence[bytes]], list[AnsweredLine]]

# Fewer bytes are answered sooner than processes are begun.
_WORTH_PROCESSES = 40_000
_ENDED = "a process that answered lines was ended from outside: check that there is enough memory"


def answered_lines(
    file: IO[bytes], with_trace: bool = False
) -> Generator[AnsweredLine, None, None]:
    """The answers to the lines of a file, in order; blank lines are passed over."""
    lines, answering = RecodedLines(file), _answering(with_trace)
    processes = _Processes(answering)
    try:
        for chunk in _chunks(lines):
            if processes.are_idle and not _is_worth_processes(chunk):
                yield from answering(chunk)
            else:
                yield from processes.hand_over(chunk)
            while lines.must_wait and not processes.are_idle:
                yield from processes.take()
        while not processes.are_idle:
            yield from processes.take()
    finally:
        processes.end()


def _answering(with_trace: bool) -> _Answering:
    """What answers lines; the run of a command takes the catalogue as it was at one moment."""
    now = cache(catalogue_now)

    def answer(chunk: Sequence[bytes]) -> list[AnsweredLine]:
        found = (answer_line(each, with_trace, now) for each in chunk)
        return [answered_line(each) for each in found if each is not None]

    return answer


def _chunks(lines: RecodedLines) -> Iterator[list[bytes]]:
    """The lines in parts, each as many as are known without reading on."""
    chunk: list[bytes] = []
    for line in read_lines(lines):
        chunk.append(line)
        if not lines.has_line:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _is_worth_processes(chunk: Sequence[bytes]) -> bool:
    return _processors() > 1 and sum(map(len, chunk)) >= _WORTH_PROCESSES


@cache
def _processors() -> int:
    """How many processes can work at once; 1 where a process can't be split in two."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Processes:
    """Processes that answer lines, begun with the first lines for them."""

    def __init__(self, answering: _Answering) -> None:
        self._answering = answering
        self._begun: list[tuple[ForkProcess, Connection]] = []
        self._idle: list[Connection] = []
        self._busy: deque[Connection] = deque()

    @property
    def are_idle(self) -> bool:
        """Whether no answers are left to take."""
        return not self._busy

    def hand_over(self, chunk: Sequence[bytes]) -> list[AnsweredLine]:
        """Hand lines over to a process; if all are busy, first take the answers of the oldest.

        Raises as `take` does.
        """
        if not self._begun:
            self._begin()
        answers: list[AnsweredLine] = []
        if not self._idle:
            answers = self.take()
        worker = self._idle.pop()
        with _told_when_ended():
            worker.send(chunk)
        self._busy.append(worker)
        return answers

    def take(self) -> list[AnsweredLine]:
        """The answers to the lines that were handed over first. Raises what answering raised.

        Raises ChildProcessError where the process is no more.
        """
        worker = self._busy.popleft()
        with _told_when_ended():
            answers = worker.recv()
        self._idle.append(worker)
        if isinstance(answers, Exception):
            raise answers
        found: list[AnsweredLine] = answers
        return found

    def end(self) -> None:
        """End the processes; one that has no more to read ends by itself."""
        for _, connection in self._begun:
            connection.close()
        for process, _ in self._begun:
            process.join()

    def _begin(self) -> None:
        # No two processes can share what is connected to the database.
        connections.close_all()
        context = ForkContext()
        for _ in range(_processors()):
            ours, theirs = Pipe()
            # With an end of another's pipe open, that process would outlive this one.
            others = [ours, *(connection for _, connection in self._begun)]
            process = context.Process(target=_work, args=(theirs, others, self._answering))
            process.start()
            theirs.close()
            self._begun.append((process, ours))
            self._idle.append(ours)


@contextmanager
def _told_when_ended() -> Iterator[None]:
    """Raise ChildProcessError where the process on the other side is no more."""
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise ChildProcessError(_ENDED) from error


def _work(connection: Connection, others: Sequence[Connection], answering: _Answering) -> None:
    """Answer lines until there are no more."""
    # Whoever interrupts the command interrupts its first process, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in others:
        each.close()
    gc.freeze()
    while True:
        try:
            chunk = connection.recv()
        except EOFError:
            return
        try:
            answers: list[AnsweredLine] | Exception = answering(chunk)
        except Exception as error:
            answers = error
        try:
            connection.send(answers)
        except OSError:
            return
