"""The processes that a test has started."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def children() -> set[str]:
    """The processes that this one has started and that are not over; none is waited for here."""
    own = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return {pid for pid in own if not is_over(pid)}


def is_over(pid: str) -> bool:
    """Whether a process has ended, be it that nobody has asked how."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)
