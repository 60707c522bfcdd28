"""Parts of a work made by several processes, each of them the next part once one was taken."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkProcess
from typing import TypeVar

from django.db import connection, connections

P = TypeVar("P")
M = TypeVar("M")


def processors() -> int:
    """How many processes can work at once; 1 where this one can't be split in two.

    With threads it can't: of these the others hold locks. Nor within a transaction, whose data no
    other process sees.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1 or connection.in_atomic_block:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def made_in_processes(
    make: Callable[[P], M], parts: Sequence[P], processes: int
) -> Iterator[M | None]:
    """What is made of each part, in order; None where the process that should has ended."""
    # No two processes can share what is connected to the database.
    connections.close_all()
    context = ForkContext()
    begun: list[tuple[ForkProcess, Connection]] = []
    try:
        for number in range(processes):
            ours, theirs = Pipe(duplex=False)
            # With an end of another's pipe open, that process would outlive this one.
            others = [ours, *(each for _, each in begun)]
            given = (make, parts[number::processes], theirs, others)
            process = context.Process(target=_make_each, args=given)
            process.start()
            theirs.close()
            begun.append((process, ours))
        for number in range(len(parts)):
            yield _taken(begun[number % processes][1])
    finally:
        for _, ours in begun:
            ours.close()
        for process, _ in begun:
            process.join()


def _taken(process: Connection) -> M | None:
    try:
        made: M = process.recv()
    except (EOFError, OSError):
        return None
    return made


def _make_each(
    make: Callable[[P], M], parts: Sequence[P], theirs: Connection, others: Sequence[Connection]
) -> None:
    """Be the process: it waits with each part until the one before was taken."""
    # Ctrl-C is for the process that takes: without it nobody does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in others:
        each.close()
    # A collection now and then walks through all of a part's rows, which takes a third as long
    # as to make them, and through all that was there before.
    gc.freeze()
    gc.disable()
    # Whoever gets nothing makes the part, and is told what is wrong.
    with suppress(Exception):
        for part in parts:
            theirs.send(make(part))
            gc.collect()
