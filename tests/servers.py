"""Real servers for tests: Policyhub as `manage.py start` runs it, and moto's IAM."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = re.compile(r"Policyhub is ready at (http://\S+)/")


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """The environment of a fresh installation with its data in `data_dir`."""
    own = {"DATABASE_URL", "SECRET_KEY", "DEBUG", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    # The rest would come in behind every server that a test starts.
    without = {f"POLICYHUB_{name}": "off" for name in ("HISTORY", "LINTING", "WARMING")}
    own_settings = {"POLICYHUB_DATA_DIR": str(data_dir), **without}
    return {**kept, **own_settings, "PYTHONUNBUFFERED": "1", **extra}


def manage(data_dir: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py to its end, in an installation of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(data_dir, **extra),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


IN_TURN = """
import json, sys
import django
from django.core.management import call_command
django.setup()
for command in json.loads(sys.argv[1]):
    call_command(*command)
"""


def manage_in_turn(
    data_dir: Path, *commands: Sequence[str], **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run commands one after the other in one process: where it is not about the process."""
    return subprocess.run(
        [sys.executable, "-c", IN_TURN, json.dumps(commands)],
        cwd=ROOT,
        env=environment(data_dir, DJANGO_SETTINGS_MODULE="policyhub.settings", **extra),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@dataclass
class Server:
    """A running Policyhub, whoever started it."""

    url: str


@dataclass
class StartedServer(Server):
    """A running `manage.py start`: its process, its URL, what it printed, when it was ready."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def output(self) -> str:
        """Everything printed until now."""
        return "".join(self.lines)

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


@contextmanager
def started(data_dir: Path, *arguments: str, **extra: str) -> Iterator[StartedServer]:
    """Run `manage.py start` until it is ready; end it on the way out."""
    with started_from(ROOT, sys.executable, data_dir, *arguments, **extra) as server:
        yield server


@contextmanager
def started_at_once(*data_dirs: Path, **extra: str) -> Iterator[list[StartedServer]]:
    """Run `manage.py start` in several installations, begun together, until all are ready."""
    with ExitStack() as stack, ThreadPoolExecutor(len(data_dirs)) as pool:
        servers = [started(each, **extra) for each in data_dirs]
        yield list(pool.map(stack.enter_context, servers))


@contextmanager
def served_to_all(installation: Path, shared: Path) -> Iterator[Server]:
    """One server for all test processes: the first starts it, and ends it when all are through."""
    kept = shared / "served.url"
    with ExitStack() as stack, (shared / "served.users").open("w") as users:
        with alone(shared / "served.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            if is_first := not kept.exists():
                shutil.copytree(installation, data_dir := shared / "served")
                kept.write_text(stack.enter_context(started(data_dir)).url, "utf-8")
            url = kept.read_text("utf-8")
        yield Server(url)
        if is_first:
            with alone(shared / "served.lock"):
                kept.unlink()
            fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other process of the tests be here meanwhile."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def started_from(
    tree: Path, python: str, data_dir: Path, /, *arguments: str, **extra: str
) -> Iterator[StartedServer]:
    """The same from another source tree, with the Python of its environment."""
    port = str(free_port())
    process = subprocess.Popen(
        [python, "manage.py", "start", "--port", port, *arguments],
        cwd=tree,
        env=environment(data_dir, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = StartedServer("", process)
    ready = threading.Event()
    began = time.monotonic()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            server.lines.append(line)
            if found := READY.search(line):
                server.url, server.seconds = found[1], time.monotonic() - began
                ready.set()
        ready.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert ready.wait(timeout=300), f"no word of being ready:\n{server.output}"
        assert server.url, f"ended before it was ready:\n{server.output}"
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)
        reader.join(timeout=5)
        assert process.stdout is not None
        process.stdout.close()


@dataclass(frozen=True)
class FirstStart:
    """What a first start left, to be copied: its data folder, what it printed and answered."""

    folder: Path
    output: str
    home_page: str
    status: int


def installed(shared: Path) -> FirstStart:
    """A first start, interrupted when it had answered: made once in `shared` for all tests."""
    folder, kept = shared / "installed", shared / "first-start.json"
    with alone(shared / "installed.lock"):
        if not kept.exists():
            with started(folder) as server:
                with urllib.request.urlopen(server.url, timeout=20) as answer:  # noqa: S310 - ours
                    home_page = answer.read().decode()
                status = server.interrupt()
            kept.write_text(json.dumps([server.output, home_page, status]), "utf-8")
    return FirstStart(folder, *json.loads(kept.read_text("utf-8")))


def tables_made(shared: Path) -> Path:
    """A data folder with the tables of SQLite and nothing in them: made once in `shared`."""
    folder = shared / "tables"
    with alone(shared / "tables.lock"):
        if not folder.exists():
            made = manage(being_made := shared / "tables-being-made", "migrate", "-v", "0")
            assert made.returncode == 0, made.stderr
            being_made.rename(folder)
    return folder


@contextmanager
def moto(names: Path | None = None) -> Iterator[str]:
    """Run moto's server, in place of AWS with its managed policies; yield its URL.

    `names` is a file with those that it has, as a list in JSON; without it moto has all.
    """
    port = free_port()
    whole: list[str | Path] = [Path(sys.executable).with_name("moto_server")]
    some: list[str | Path] = [sys.executable, "-m", "tests.some_of_moto", names or ""]
    command = [*(some if names else whole), "-H", "127.0.0.1", "-p", str(port)]
    with _answering(command, port, MOTO_IAM_LOAD_MANAGED_POLICIES="true") as url:
        yield url


@contextmanager
def openid_provider() -> Iterator[str]:
    """Run an OpenID Connect provider that lets everybody in; yield its URL, which is its issuer."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with _answering(command, port) as url:
        yield url


@contextmanager
def _answering(command: Sequence[str | Path], port: int, **environment: str) -> Iterator[str]:
    """Run somebody else's server until the end of a test; yield its URL once it answers."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until something answers at `url`, whatever it says."""
    ends = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"the server for {url} ended with {process.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own server
        except urllib.error.HTTPError as answer:
            answer.close()
        except OSError:
            assert time.monotonic() < ends, f"nothing answers at {url}"
            time.sleep(0.1)
            continue
        return
