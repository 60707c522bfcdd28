"""Real servers for tests: Policyhub as `manage.py start` runs it, PostgreSQL, and moto's IAM."""

from __future__ import annotations

import fcntl
import os
import pwd
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
from collections.abc import Iterator
from contextlib import contextmanager
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
    return {**kept, "POLICYHUB_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **extra}


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


@dataclass
class StartedServer:
    """A running `manage.py start`: its process, its URL, what it printed, when it was ready."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    url: str = ""
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
    server = StartedServer(process)
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
        assert ready.wait(timeout=120), f"no word of being ready:\n{server.output}"
        assert server.url, f"ended before it was ready:\n{server.output}"
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)
        reader.join(timeout=5)
        assert process.stdout is not None
        process.stdout.close()


def installed(shared: Path) -> Path:
    """A data folder as a first start leaves it: made once in `shared` for all that copy it."""
    folder = shared / "installed"
    with (shared / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with started(shared / "being-installed") as server:
                assert server.interrupt() == 0
            (shared / "being-installed").rename(folder)
    return folder


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, or None where none is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextmanager
def postgresql(programs: Path, folder: Path) -> Iterator[str]:
    """Run a PostgreSQL of our own in `folder`; yield its database URL."""
    # PostgreSQL refuses to run as root: there it runs as the account of its package.
    as_root = os.geteuid() == 0
    user = "postgres" if as_root else None
    folder.mkdir(parents=True)
    if as_root:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments], check=True, user=user, cwd="/", timeout=60,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    cluster = str(folder / "cluster")
    run("initdb", "-D", cluster, "-U", "policyhub", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-D", cluster, "-o", options, "-w", "start", "-l", str(folder / "log"))
    try:
        yield f"postgresql://policyhub@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server, which stands for AWS with all its managed policies; yield its URL."""
    port = free_port()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
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
