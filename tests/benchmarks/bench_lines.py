"""How many JSON lines are answered a second, beside another simulator, by hand:

    uv run --group dev python -m tests.benchmarks.bench_lines

Each line has a document of its own. The other is iam-simulate 0.1.173 (AGPL), which `npm` installs
into a temporary folder: Node reads the same lines, which its library validates and answers as ours
does. Both read a file and write answers; start-up is left out by a run of few lines. In turns,
medians of three; on one processor by processor time, on all of them by the clock.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
LINES, FEW, ROUNDS = 20_000, 2_000, 3
ROLE = "arn:aws:iam::123456789012:role/app"
TASK = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"
GOALS = {"one processor": 2.5, "all processors": 4.0}
OTHER = """
import { runSimulation } from "@cloud-copilot/iam-simulate"
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const asked = JSON.parse(line)
  const simulation = {
    request: {
      principal: asked.principal,
      action: asked.action,
      resource: { resource: asked.resource, accountId: "123456789012" },
      contextVariables: asked.context,
    },
    identityPolicies: asked.identityPolicies.map((policy, i) => ({ name: `p${i}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  const answer = await runSimulation(simulation, {})
  process.stdout.write(JSON.stringify({ id: asked.id, answer }) + "\\n")
}
"""


def line(number: int) -> str:
    """A simulation with a document that no other has."""
    statements = [
        {
            "Sid": f"S{number}",
            "Effect": "Allow",
            "Action": ["ecs:RunTask", "ecs:StopTask"],
            "Resource": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "web"}},
        },
        {"Effect": "Deny", "Action": "ecs:Delete*", "Resource": "*"},
    ]
    simulation = {
        "id": number,
        "action": "ecs:RunTask",
        "resource": TASK,
        "principal": ROLE,
        "context": {"aws:RequestTag/team": "web"},
        "identityPolicies": [{"Version": "2012-10-17", "Statement": statements}],
    }
    return json.dumps(simulation) + "\n"


class Took(NamedTuple):
    """Seconds by the clock and of the processors."""

    clock: float
    processor: float


def took(command: Sequence[str], folder: Path, one_processor: bool) -> Took:
    """How long a command takes whose answers are thrown away."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    only = (lambda: os.sched_setaffinity(0, {0})) if one_processor else None
    with open(os.devnull, "wb") as nowhere:
        subprocess.run(command, cwd=folder, stdout=nowhere, check=True, preexec_fn=only)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - began, spent)


def rate(run: Callable[[str], Took], measure: str) -> float:
    """Lines a second, without what a run of few lines takes."""
    many, few = (getattr(run(name), measure) for name in ("many.jsonl", "few.jsonl"))
    return (LINES - FEW) / float(many - few)


def main() -> None:
    """Answer the lines in turns, and print both rates and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "many.jsonl").write_text("".join(map(line, range(LINES))), encoding="utf-8")
        (folder / "few.jsonl").write_text("".join(map(line, range(FEW))), encoding="utf-8")
        (folder / "other.mjs").write_text(OTHER, encoding="utf-8")
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE]
        subprocess.run(npm, cwd=folder, check=True)
        for title, goal in GOALS.items():
            compare(title, goal, folder)


def compare(title: str, goal: float, folder: Path) -> None:
    """Print the rates on so many processors."""
    is_one = title == "one processor"
    measure = "processor" if is_one else "clock"

    def ours(name: str) -> Took:
        command = [sys.executable, "manage.py", "simulate", "--jsonl", str(folder / name)]
        return took(command, ROOT, is_one)

    def others(name: str) -> Took:
        return took(["node", "other.mjs", name], folder, is_one)

    pairs = [(rate(ours, measure), rate(others, measure)) for _ in range(ROUNDS)]
    ratio = median(one / other for one, other in pairs)
    mine, theirs = (median(each) for each in zip(*pairs, strict=True))
    print(f"{title}: {mine:,.0f} lines a second, {theirs:,.0f} there: {ratio:.2f}, goal {goal:g}")


if __name__ == "__main__":
    main()
