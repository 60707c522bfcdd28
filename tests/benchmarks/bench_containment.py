"""How fast containment is decided, beside another prover, over thirty pairs, by hand:

    uv run --group dev python -m tests.benchmarks.bench_containment

Asked is whether the left policy allows nothing that the right one doesn't, of policies of the
corpus and of small documents (containment_pairs.json). The other is iamprover 0.7.1 (Apache-2.0),
which is installed into a temporary folder with its solver Z3: its encoding of both policies,
allowed by one and not by the other. Policies are read before; times are of the processor, medians
of three after a first question. What Z3 has not decided within the limit, by the clock, counts with
the time that it took, and is asked once: on a busy machine that is less than the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
django.setup()

# The corpus is found by the settings.
from policyhub.iam.comparing.comparison import excess  # noqa: E402
from policyhub.iam.reading.document import parse_policy  # noqa: E402
from tests.catalog.corpus import documents_by_name  # noqa: E402

PACKAGE = "iamprover==0.7.1"
PAIRS = Path(__file__).with_name("containment_pairs.json")
ROUNDS, GOAL = 3, 500
# So often that the clock is fine enough for what takes tens of microseconds.
TIMES = 20
ANSWERS = {"unsat": "contained", "sat": "not contained"}
THEIRS = """
import json, sys, time
from statistics import median
import z3
from iamprover.engine.context import Context
from iamprover.engine.encoder import allowed
from iamprover.model import Principal
from iamprover.parsers.iam import parse_policy_document

rounds, limit = int(sys.argv[1]), float(sys.argv[2])

def read(document):
    policy = parse_policy_document("policy", document)
    return Principal("arn:aws:iam::123456789012:role/app", [policy])

def ask(left, right):
    began = time.process_time()
    action, resource, context = z3.String("action"), z3.String("resource"), Context("")
    solver = z3.Solver()
    solver.set("timeout", int(limit * 1000))
    solver.add(allowed(left, action, resource, context))
    solver.add(z3.Not(allowed(right, action, resource, context)))
    answer = str(solver.check())
    return answer, time.process_time() - began

for line in sys.stdin:
    pair = json.loads(line)
    left, right = read(pair["left"]), read(pair["right"])
    answer, seconds = ask(left, right)
    if answer != "unknown":
        seconds = median(ask(left, right)[1] for _ in range(rounds))
    print(json.dumps([answer, seconds]), flush=True)
"""


class Decided(NamedTuple):
    """What a side says of a pair, and in how many processor seconds."""

    answer: str
    seconds: float


def pairs() -> Iterator[dict[str, Any]]:
    """Each pair with both documents, those of the corpus in place of their names."""
    named = documents_by_name()
    for pair in json.loads(PAIRS.read_text("utf-8")):
        sides = {
            side: json.loads(named[pair[side]]) if isinstance(pair[side], str) else pair[side]
            for side in ("left", "right")
        }
        yield {"name": pair["name"], **sides}


def ours(pair: dict[str, Any]) -> Decided:
    """What Policyhub says."""
    left, right = (parse_policy(json.dumps(pair[side])).policy for side in ("left", "right"))
    assert left is not None
    assert right is not None
    found = excess(left, right)
    answer = "contained" if found.is_none else "not contained" if found.witnesses else "undecided"
    return Decided(answer, median(_seconds(lambda: excess(left, right)) for _ in range(ROUNDS)))


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES


def theirs(asked: list[dict[str, Any]], limit: float) -> Iterator[Decided]:
    """What the other says of all pairs."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run(["uv", "venv", "-q", folder], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "--python", python, PACKAGE], check=True)
        lines = "".join(f"{json.dumps(each)}\n" for each in asked)
        done = subprocess.run(
            [python, "-c", THEIRS, str(ROUNDS), str(limit)],
            input=lines, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    for line in done.stdout.splitlines():
        answer, seconds = json.loads(line)
        yield Decided(ANSWERS.get(answer, "undecided"), seconds)


def main() -> None:
    """Ask both sides about every pair, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds a question, for theirs")
    options = parser.parse_args()
    asked = list(pairs())
    mine = [ours(each) for each in asked]
    its = list(theirs(asked, options.limit))
    for pair, one, other in zip(asked, mine, its, strict=True):
        print(
            f"{pair['name']:<38} {one.seconds * 1_000:8.3f} ms {one.answer:<13} "
            f"{other.seconds * 1_000:10.1f} ms {other.answer:<13} "
            f"{other.seconds / one.seconds:10.0f}"
        )
    sums = [sum(each.seconds for each in side) for side in (mine, its)]
    slower = sum(one.seconds >= other.seconds for one, other in zip(mine, its, strict=True))
    differ = sum(
        one.answer != other.answer != "undecided" for one, other in zip(mine, its, strict=True)
    )
    print(
        f"{len(asked)} pairs: {sums[0]:.3f} s, {sums[1]:.1f} s there: {sums[1] / sums[0]:.0f} "
        f"times, goal {GOAL}; slower on {slower}; other answers on {differ}"
    )


if __name__ == "__main__":
    main()
