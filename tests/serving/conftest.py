"""The production server around a small application, which is there in a moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.servers import ROOT, free_port


@dataclass(frozen=True)
class SmallServer:
    """A running server: its port and its master process."""

    port: int
    master: subprocess.Popen[str]


@contextmanager
def small_server(*arguments: str) -> Iterator[SmallServer]:
    """Run the server until the tests are through with it."""
    port = free_port()
    command = [sys.executable, "-m", "tests.serving.small_application", str(port), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as master:
        assert master.stdout is not None
        try:
            assert master.stdout.readline() == "ready\n"
            yield SmallServer(port, master)
        finally:
            master.terminate()
            master.wait(timeout=40)


@pytest.fixture(scope="package")
def small() -> Iterator[SmallServer]:
    """A server for all tests that leave it running."""
    with small_server() as server:
        yield server


@pytest.fixture
def own() -> Iterator[SmallServer]:
    """A server of the test's own, to stop or to break."""
    with small_server() as server:
        yield server
