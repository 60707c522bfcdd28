"""How much memory a server takes, by hand, as people run it:

    uv run --group dev python -m tests.benchmarks.bench_memory [--workers 3] [--requests 4000]

An installation without the history, whose policies are linted, is started and makes its pages in
advance; then it answers requests of all kinds, and what its processes take is printed: memory that
they share counts once (`Pss`), and how much of it only one of them has.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.servers import manage, started
from tests.serving.running import (
    addresses,
    ask,
    megabytes,
    policy_names,
    processes,
    wait_until_made,
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--requests", type=int, default=4_000)
    options = parser.parse_args()
    table = Table("when", "processes", "MB together", "MB of one alone")
    with TemporaryDirectory(prefix="policyhub-memory-") as folder:
        data = Path(folder) / "data"
        with started(data):
            pass
        manage(data, "catch_up")
        arguments = ("--workers", str(options.workers))
        as_people_run_it = {"POLICYHUB_WARMING": "on", "POLICYHUB_LINTING": "on"}
        with started(data, *arguments, **as_people_run_it) as server:

            def note(when: str) -> None:
                pids = processes(server)
                found = megabytes(pids)
                counted = f"{found['Pss']:.0f}", f"{found['Private']:.0f}"
                table.add_row(when, str(len(pids)), *counted)

            note("ready")
            paths = list(addresses(policy_names(server), options.requests))
            made = wait_until_made(server, data / "answers")
            ask(server, paths[:40])
            note(f"{made:,} answers made in advance")
            ask(server, paths)
            note(f"{len(paths):,} requests answered")
    Console().print(table)


if __name__ == "__main__":
    main()
