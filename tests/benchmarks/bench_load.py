"""How long readers wait while many ask at once, by hand, beside an older commit:

    uv run --group dev --all-extras python -m tests.benchmarks.bench_load
        [--seconds 60] [--rates 50 100] [--databases sqlite postgresql] [--idle 0]
        [--baseline 031bdcd | --baseline none]

An open loop: requests of all kinds arrive on schedule, each on a connection of its own, whether
or not the earlier ones were answered, and the time of each counts from its place in the
schedule. So a server that falls behind is seen to fall behind. With `--idle` each server has so
many seconds for itself after its first visitors: it makes pages in advance in them.

The older commit is checked out into a temporary folder with an environment of its own. Servers
run one after the other with two processes each; the client takes its share of the machine too.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from tests.postgresql import postgresql, postgresql_programs
from tests.servers import ROOT, started_from

BASELINE = "031bdcd"
CLIENTS = 200
TIMEOUT = 30
WARM_UP_SECONDS = 3
# Of each kind how many in a hundred; {name} is any policy of the corpus.
MIX = (
    (20, "/policies/{name}/"),
    (10, "/policies/{name}/document/"),
    (5, "/policies/{name}/permissions/"),
    (10, "/policies/{name}.json"),
    (5, "/"),
    (10, "/policies/?service=ecs&level=write"),
    (5, "/services/ecs/"),
    (5, "/actions/ecs:RunTask/"),
    (5, "/changes/"),
    (10, "/search/?q=passrole"),
    (5, "/who-can/?action=iam:PassRole"),
    (5, "/simulate/?policy={name}&action=ecs:RunTask"),
    (3, "/compare/?policy=AmazonECS_FullAccess@v20&policy=AmazonECS_FullAccess"),
    (2, "/healthz"),
)


@dataclass(frozen=True)
class Source:
    """A tree of the sources, with the Python that runs it."""

    name: str
    tree: Path
    python: str


@dataclass(frozen=True)
class Measured:
    """The answers at one rate: seconds from the schedule on, and what failed, how often."""

    seconds: list[float]
    errors: Counter[str]

    @property
    def middle(self) -> float:
        """The median, in milliseconds."""
        return 1_000 * median(self.seconds)

    @property
    def slow(self) -> float:
        """The 99th percentile, in milliseconds."""
        return 1_000 * quantiles(self.seconds, n=100)[98]


def addresses(url: str, count: int) -> list[str]:
    """As many addresses, the same ones for every server."""
    with urllib.request.urlopen(f"{url}/policies.csv", timeout=TIMEOUT) as answer:  # noqa: S310
        rows = csv.reader(io.TextIOWrapper(answer, encoding="utf-8"))
        next(rows)
        names = sorted(row[0] for row in rows)
    chance = random.Random(1)
    paths = chance.choices([path for _, path in MIX], [share for share, _ in MIX], k=count)
    return [path.format(name=chance.choice(names)) for path in paths]


def load(url: str, rate: int, seconds: float) -> Measured:
    """Ask `rate` times a second, on schedule."""
    place = urlsplit(url).netloc
    began = time.monotonic() + 0.5

    def ask(number: int, path: str) -> tuple[str, float]:
        due = began + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        return _failure(place, path), time.monotonic() - due

    with ThreadPoolExecutor(CLIENTS) as pool:
        paths = addresses(url, round(rate * seconds))
        answers = list(pool.map(ask, range(len(paths)), paths))
    return Measured([taken for _, taken in answers], Counter(each for each, _ in answers if each))


def _failure(place: str, path: str) -> str:
    """What went wrong with a request: nothing, a status, or a connection."""
    connection = http.client.HTTPConnection(place, timeout=TIMEOUT)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__} for {path}"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"{answer.status} for {path}"


@contextmanager
def checked_out(commit: str) -> Iterator[Source | None]:
    """An older commit, ready to run; None, with a word about it, where it can't be had."""
    with TemporaryDirectory(prefix="policyhub-baseline-") as folder:
        tree = Path(folder) / "tree"
        try:
            _run("git", "worktree", "add", "--detach", str(tree), commit, within=ROOT)
        except (OSError, subprocess.CalledProcessError):
            print(f"{commit} is not in this history: measured without it", file=sys.stderr)
            yield None
            return
        try:
            _run("uv", "sync", "--quiet", "--all-extras", within=tree)
            yield Source(commit, tree, str(tree / ".venv" / "bin" / "python"))
        finally:
            _run("git", "worktree", "remove", "--force", str(tree), within=ROOT)


def _run(*command: str, within: Path) -> None:
    subprocess.run(command, cwd=within, check=True, stdout=subprocess.DEVNULL)


def measure(
    source: Source, database: str, rates: Sequence[int], seconds: float, idle: float
) -> list[Measured]:
    """Start the server on a fresh database, and load it at each rate."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="policyhub-load-")))
        folder.chmod(0o755)
        extra = {"POLICYHUB_WARMING": "on"}
        if database == "postgresql":
            programs = postgresql_programs()
            if programs is None:
                sys.exit("PostgreSQL is not installed: --databases sqlite")
            own = stack.enter_context(postgresql(programs, folder / "server"))
            extra["DATABASE_URL"] = own.url
        running = started_from(source.tree, source.python, folder / "data", **extra)
        server = stack.enter_context(running)
        load(server.url, min(rates), WARM_UP_SECONDS)
        time.sleep(idle)
        return [load(server.url, rate, seconds) for rate in rates]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--idle", type=float, default=0)
    parser.add_argument("--baseline", default=BASELINE)
    options = parser.parse_args()
    table = Table("database", "a second", "commit", "median ms", "99th %", "worst", "errors")
    with ExitStack() as stack:
        sources = [Source("this", ROOT, sys.executable)]
        if options.baseline != "none":
            older = stack.enter_context(checked_out(options.baseline))
            sources = [*([older] if older else []), *sources]
        for database in options.databases:
            given = database, options.rates, options.seconds, options.idle
            measured = [measure(each, *given) for each in sources]
            for rate, found in zip(options.rates, zip(*measured, strict=True), strict=True):
                for source, each in zip(sources, found, strict=True):
                    table.add_row(database, str(rate), source.name, *_figures(each, found[0]))
                    for failure, count in each.errors.items():
                        print(f"{source.name} on {database} at {rate}: {count} times {failure}")
    Console(width=100).print(table)


def _figures(found: Measured, beside: Measured) -> list[str]:
    ratios = (found.middle / beside.middle, found.slow / beside.slow)
    middle, slow = (
        f"{value:.0f} (x {ratio:.2f})"
        for value, ratio in zip((found.middle, found.slow), ratios, strict=True)
    )
    return [middle, slow, f"{1_000 * max(found.seconds):.0f}", str(found.errors.total())]


if __name__ == "__main__":
    main()
