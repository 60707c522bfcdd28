"""What a server takes for three pages, by hand, beside an older commit:

    uv run --group dev --all-extras python -m tests.benchmarks.bench_three_pages
        [--requests 60] [--baseline 031bdcd | --baseline none]

Both servers run at once with two processes each, this commit's as people run it, and take turns:
what else the machine does both meet. First this one's pages are made in advance, and both are asked
for each page a few times. Then each page is asked for so often in a row, in three rounds, of which
the medians count: as it is kept, and made anew, all kept answers having been deleted before each
request. The older commit keeps none. Times are milliseconds a request: of the processor, for all
threads of the server together, and by the clock, as the client sees it.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_load import BASELINE, Source, checked_out
from tests.servers import ROOT, StartedServer, started_from
from tests.serving.running import wait_until_made

ROUNDS = 3
WARM_UP = 12
PAGES = {
    "summary": "/policies/AmazonECS_FullAccess/",
    "permissions": "/policies/ReadOnlyAccess/permissions/",
    "comparison": "/compare/?policy=AmazonECS_FullAccess@v20&policy=AmazonECS_FullAccess",
}


@dataclass(frozen=True)
class Taken:
    """Milliseconds a request: of the processor, and by the clock."""

    processor: float
    clock: float


@dataclass(frozen=True)
class Asked:
    """A running server, with the folder of its kept answers."""

    server: StartedServer
    answers: Path

    def ask(self, path: str) -> float:
        """Ask for a page on a connection of its own, and return the seconds that it took."""
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=60)
        began = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "br, gzip"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            sys.exit(f"{self.server.url}{path} answered {answer.status}")
        return time.perf_counter() - began

    def taken(self, path: str, requests: int, before: Callable[[], object]) -> Taken:
        """What it takes for a page on average, and at the median by the clock."""
        clocks, processor = [], 0
        for _ in range(requests):
            before()
            began = self.nanoseconds()
            clocks.append(self.ask(path))
            processor += self.nanoseconds() - began
        return Taken(processor / requests / 1e6, median(clocks) * 1_000)

    def nanoseconds(self) -> int:
        """The time of the processor that the answering processes have taken until now."""
        return sum(
            int(each.read_text().split()[0])
            for pid in self._answering()
            for each in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )

    def _answering(self) -> Iterator[str]:
        """The processes that answer: the children that are what the server itself is."""
        first = self.server.process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return (each for each in children if b"start" in Path(f"/proc/{each}/cmdline").read_bytes())

    def forget(self) -> None:
        """Delete all kept answers."""
        for each in self.answers.glob("*"):
            each.unlink(missing_ok=True)


def nothing() -> None:
    """Leave kept what is kept."""


def rows(servers: Sequence[Asked], requests: int) -> Iterator[tuple[str, list[list[Taken]]]]:
    """Of each page what each server takes: the older commit, this one, and this one made anew."""
    this = servers[-1]
    turns = [*((each, nothing) for each in servers), (this, this.forget)]
    for name, path in PAGES.items():
        for each in servers:
            each.taken(path, WARM_UP, nothing)
        rounds: list[list[Taken]] = [[] for _ in turns]
        for _ in range(ROUNDS):
            for found, (server, before) in zip(rounds, turns, strict=True):
                found.append(server.taken(path, requests, before))
        yield name, rounds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--baseline", default=BASELINE)
    options = parser.parse_args()
    with ExitStack() as stack:
        sources = [Source("this", ROOT, sys.executable)]
        if options.baseline != "none" and (
            older := stack.enter_context(checked_out(options.baseline))
        ):
            sources.insert(0, older)
        servers = []
        for source in sources:
            data = Path(stack.enter_context(TemporaryDirectory(prefix="policyhub-pages-"))) / "data"
            running = started_from(source.tree, source.python, data, POLICYHUB_WARMING="on")
            servers.append(Asked(stack.enter_context(running), data / "answers"))
        wait_until_made(servers[-1].server, servers[-1].answers)
        kinds = [*(each.name for each in sources), "this, made anew"]
        table = Table(
            "page", "answers", "processor ms", "clock ms", title="Medians of three rounds"
        )
        for page, rounds in rows(servers, options.requests):
            for kind, found in zip(kinds, rounds, strict=True):
                table.add_row(page, kind, *_figures(found, rounds[0]))
    Console(width=100).print(table)


def _figures(found: Sequence[Taken], beside: Sequence[Taken]) -> list[str]:
    """The medians, each with its ratio to that of the first server."""
    pairs = (
        (median(each.processor for each in found), median(each.processor for each in beside)),
        (median(each.clock for each in found), median(each.clock for each in beside)),
    )
    return [f"{taken:.1f} (x {taken / older:.2f})" for taken, older in pairs]


if __name__ == "__main__":
    main()
