"""A running server as the system sees it: its processes, their memory, the pages it has made."""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.servers import StartedServer

AT_ONCE = 4
# Of twenty requests how many; {name} is any of the policies.
MIX = (
    (5, "/policies/{name}/"),
    (2, "/policies/{name}/permissions/"),
    (2, "/policies/{name}/document/"),
    (2, "/policies/{name}.json"),
    (1, "/policies/?q={word}"),
    (3, "/search/?q={word}"),
    (1, "/who-can/?action=iam:PassRole"),
    (1, "/actions/ecs:RunTask/"),
    (1, "/services/ecs/"),
    (1, "/simulate/?policy={name}&action=ecs:RunTask"),
    (1, "/changes/"),
)
WORDS = ("passrole", "ecs", "kms", "decrypt", "describe", "admin", "s3", "lambda", "tag", "network")
# A server makes pages once nothing has changed for a minute, in a few more.
_MADE_WITHIN = 1_800
_LOOK_SECONDS = 15
_FEWEST_MADE = 1_000


def processes(server: StartedServer) -> list[int]:
    """Those of a server: the one that was started, and all that come from it."""
    return list(_with_descendants(server.process.pid))


def _with_descendants(pid: int) -> Iterator[int]:
    yield pid
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in each.read_text().split():
            yield from _with_descendants(int(child))


def megabytes(pids: list[int]) -> dict[str, float]:
    """What they have together: `Pss`, where shared memory counts once, and what is not shared."""
    found = {"Pss": 0.0, "Private": 0.0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, rest = line.partition(":")
            kind = "Private" if name.startswith("Private_") else name
            if kind in found and name != "Private_Hugetlb":
                found[kind] += int(rest.split()[0]) / 1024
    return found


def addresses(names: list[str], count: int) -> Iterator[str]:
    """So many requests, in an order of their own."""
    choose = random.Random(19)
    kinds = [path for share, path in MIX for _ in range(share)]
    for _ in range(count):
        name, word = quote(choose.choice(names)), choose.choice(WORDS)
        yield choose.choice(kinds).format(name=name, word=word)


def ask(server: StartedServer, paths: list[str]) -> None:
    """Ask for all of them, some at once."""
    host = urlsplit(server.url).netloc

    def read(path: str) -> int:
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.request("GET", path)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(read, paths)) <= {200, 302}


def policy_names(server: StartedServer) -> list[str]:
    """Every policy's name."""
    names: list[str] = []
    url: str | None = f"{server.url}/policies.json"
    while url:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own
            body = json.load(answer)
        names += (each["name"] for each in body["results"])
        url = body["next"]
    return names


def wait_until_made(server: StartedServer, answers: Path) -> int:
    """Visit a server, wait until it has made pages in advance, and return how many are kept."""
    ask(server, ["/policies/"])
    ends, counts = time.monotonic() + _MADE_WITHIN, [0]
    while counts[-1] < _FEWEST_MADE or len(set(counts[-3:])) > 1:
        assert time.monotonic() < ends, f"after {_MADE_WITHIN} seconds the pages are not made"
        time.sleep(_LOOK_SECONDS)
        counts.append(sum(1 for _ in answers.iterdir()))
    return counts[-1]
