"""PostgreSQL for tests: servers of their own, empty or with the tables of Policyhub."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql

from tests.servers import alone, free_port, manage


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, or None where none is installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@dataclass
class PostgreSQL:
    """A PostgreSQL of our own, in a folder of its own."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address as DATABASE_URL has it."""
        return f"postgresql://policyhub@127.0.0.1:{self.port}/postgres"

    def url_of(self, database: str) -> str:
        """The address of another of its databases."""
        return self.url.removesuffix("postgres") + database

    def make_database(self, name: str) -> None:
        """Make an empty database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def ask(self, query: str, database: str = "postgres") -> Any:
        """The first column of the first row that a query finds."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            return (connection.execute(query).fetchone() or (None,))[0]

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return (self.cluster / "postmaster.pid").exists()

    @property
    def cluster(self) -> Path:
        """The folder of its files."""
        return self.folder / "cluster"

    def make(self) -> None:
        """Make its files."""
        self._run("initdb", "-U", "policyhub", "--auth=trust", "-E", "UTF8", "--no-sync")

    def take(self, cluster: Path) -> None:
        """Take a copy of the files of another one, which is stopped."""
        subprocess.run(["cp", "-a", cluster, self.cluster], check=True, timeout=60)

    def copy(self, primary: PostgreSQL) -> None:
        """Make its files as a copy of a running one, which it then follows as its replica."""
        place = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "policyhub")
        self._run("pg_basebackup", *place, "-R", "-X", "stream", "-c", "fast", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c full_page_writes=off -c wal_retrieve_retry_interval=200ms"
        )
        self._run("pg_ctl", "-o", options, "-w", "start", "-l", str(self.folder / "log"))

    def stop(self, how: str = "immediate") -> None:
        """Stop it at once, whoever is connected."""
        self._run("pg_ctl", "-m", how, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root: there it runs as the account of its package.
        user = "postgres" if os.geteuid() == 0 else None
        subprocess.run(
            [self.programs / program, "-D", self.cluster, *arguments],
            check=True, user=user, cwd="/", timeout=60,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def postgresql(
    programs: Path,
    folder: Path,
    primary: PostgreSQL | None = None,
    cluster: Path | None = None,
) -> Iterator[PostgreSQL]:
    """Run a PostgreSQL of our own in `folder`.

    An empty one, a replica that follows another, or one with a copy of the files of another.
    """
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = PostgreSQL(programs, folder, free_port())
    if primary:
        server.copy(primary)
    elif cluster:
        server.take(cluster)
    else:
        server.make()
    server.start()
    try:
        yield server
    finally:
        if server.is_running:
            server.stop()


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that the account of a PostgreSQL may look into, as it may not into pytest's own."""
    with TemporaryDirectory(prefix="policyhub-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def cluster_made(programs: Path, shared: Path) -> Path:
    """The files of a PostgreSQL with the tables and nothing in them: made once in `shared`."""
    kept = shared / "cluster"
    with alone(shared / "cluster.lock"):
        if not kept.exists():
            with open_folder() as folder, postgresql(programs, folder / "server") as server:
                made = manage(folder / "data", "migrate", "-v", "0", DATABASE_URL=server.url)
                assert made.returncode == 0, made.stderr
                # A copy of one that was stopped at once would begin with what is left to do.
                server.stop("fast")
                shutil.move(server.cluster, kept)
    return kept
