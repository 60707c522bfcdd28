"""Memory that the processes share when they are forked: how much stays shared while they answer.

Python counts references in the objects themselves: what a process only reads, it writes to, and
the page of memory becomes its own. What is left of the garbage collector's sight is spared that
one's writes, not these.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.servers import started
from tests.serving.running import (
    addresses,
    ask,
    megabytes,
    policy_names,
    processes,
    wait_until_made,
)

REQUESTS = 4_000
# With two processes on Python 3.11. Without pages made in advance it is 1.3: each makes its own.
MOST_GROWN = 1.10


@pytest.mark.endurance
def test_four_thousand_requests_leave_memory_shared(installation: Path, tmp_path: Path) -> None:
    shutil.copytree(installation, tmp_path / "data")
    with started(tmp_path / "data", POLICYHUB_WARMING="on") as server:
        paths = list(addresses(policy_names(server), REQUESTS))
        wait_until_made(server, tmp_path / "data" / "answers")
        # Each process has answered: it has its connections and what Python makes of first calls.
        ask(server, paths[:40])
        before = megabytes(processes(server))
        print(f"\nafter {40:,} requests: {before}")
        for part in range(4):
            ask(server, paths[part * REQUESTS // 4 : (part + 1) * REQUESTS // 4])
            after = megabytes(processes(server))
            print(f"after {(part + 1) * REQUESTS // 4:,} requests: {after}")
    print(f"grown to {after['Pss'] / before['Pss']:.2f} of the whole")
    assert after["Pss"] <= MOST_GROWN * before["Pss"]
