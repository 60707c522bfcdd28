"""How long it takes to say what became of policies from one version to the next, by hand:

    uv run --group dev python -m tests.benchmarks.bench_history_verdicts
    uv run --group dev python -m tests.benchmarks.bench_history_verdicts FILE --pairs 300

FILE is a history as the one of the fixtures, which is taken without it. Every two versions that
follow each other with another document are compared; nothing is stored. Times are of the
processor; run it on two commits side by side, since machines differ.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import django
from rich.console import Console

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
django.setup()

# Models can only be imported once the settings are complete.
from policyhub.catalog.deriving.comparisons import observe_documents  # noqa: E402
from policyhub.catalog.facts.services import get_service_facts  # noqa: E402
from policyhub.catalog.importing.history import history_path  # noqa: E402
from policyhub.catalog.sources.history_file import read_history_file  # noqa: E402

SEED = 7
SLOWEST_SHOWN = 5


def main() -> None:
    """Compare, and print the total, the distribution, the slowest pairs and the answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=history_path())
    parser.add_argument("--pairs", type=int, default=0, help="so many at random; default: all")
    options = parser.parse_args()
    _, policies = read_history_file(options.file)
    pairs = [
        (f"{policy.name} v{old.number} to v{new.number}", old.document, new.document)
        for policy in policies
        for old, new in pairwise(policy.versions)
        if old.document != new.document
    ]
    if options.pairs:
        pairs = random.Random(SEED).sample(pairs, options.pairs)
    get_service_facts().reference.read_whole()
    gc.collect()
    gc.freeze()
    times: list[tuple[float, str]] = []
    answers: Counter[str] = Counter()
    for name, old, new in pairs:
        began = time.process_time()
        answers[str(observe_documents(old, new).access) or "undecided"] += 1
        times.append((time.process_time() - began, name))
    _show(times, answers)


def _show(times: list[tuple[float, str]], answers: Counter[str]) -> None:
    console = Console()
    times.sort()
    median, late = (times[int(len(times) * share)][0] * 1_000 for share in (0.5, 0.99))
    total = sum(each for each, _ in times)
    console.print(
        f"{len(times):,} pairs in {total:.1f} s: median {median:.1f} ms, 99 % within {late:.0f} ms"
    )
    for seconds, name in times[-SLOWEST_SHOWN:]:
        console.print(f"{seconds * 1_000:6.0f} ms  {name}", highlight=False)
    console.print(dict(answers))


if __name__ == "__main__":
    main()
