"""Memory that threads have freed is given back, or used by others, in a process that serves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from policyhub.serving import memory

# Eight threads, one after the other is done with it, take and free what is too small to be mapped
# by itself; what is counted are the places that they took it from.
THREADS = """
import threading
from policyhub.serving.memory import keep_memory_together
if {kept}:
    keep_memory_together()
begin = threading.Barrier(8)
def work():
    begin.wait()
    blocks = [bytearray(60_000) for _ in range(50)]
    begin.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
import ctypes, re
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def places(*, kept: bool) -> int:
    """From how many places the threads of a process take memory."""
    code = THREADS.format(kept=kept)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return told.stdout.count("<heap nr=")


@pytest.mark.skipif(memory._glibc() is None, reason="only glibc has a place for each thread")
def test_threads_take_memory_from_one_place() -> None:
    assert places(kept=False) > 1
    assert places(kept=True) == 1


def test_where_there_is_another_library_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.delattr("ctypes.CDLL")
    memory.keep_memory_together()
    memory.give_back_free_memory()
