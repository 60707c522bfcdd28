"""How long the search takes, and that it finds all that a plain scan finds, by hand:

    uv run --group dev python -m tests.benchmarks.bench_search

It works on the fixtures in a database of its own, made in a temporary folder, and asks 1,000
words out of what can be found, of one letter to ten, and some that nothing contains.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence

import django
from rich.console import Console
from rich.progress import track

WORDS = 1_000
GOAL_MS = 10.0
SHOWN = 20


def spread(times: Sequence[float]) -> str:
    """Median, 99th percentile and worst of some milliseconds."""
    ordered = sorted(times)
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    ratio = f"{late / GOAL_MS:.0%} of the goal"
    return f"median {middle:.1f} ms, p99 {late:.1f} ms ({ratio}), worst {ordered[-1]:.1f} ms"


def main() -> int:
    """Search for every word, and compare with the plain scan."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["POLICYHUB_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "policyhub.settings"
        django.setup()
        return _measure(Console())


def _measure(console: Console) -> int:
    from django.core.management import call_command

    from policyhub.catalog.deriving import indexing
    from policyhub.catalog.importing import fixtures
    from policyhub.search.finding.current import get_index
    from policyhub.search.finding.query import OPERATORS, Query, Term
    from policyhub.search.finding.results import Results
    from tests.search.finding.plain_scan import all_lines, holding, sampled_words

    call_command("migrate", verbosity=0)
    indexing.load_reference()
    fixtures.load_fixtures()
    began = time.perf_counter()
    index = get_index()
    console.print(f"catalogue and index built in {time.perf_counter() - began:.1f} s")
    lines = all_lines()
    finding, narrowing, wrong = [], [], []
    for word in track(sampled_words(lines, WORDS, seed=1), "asking", console=console):
        began = time.perf_counter()
        hits = index.find(Query((Term(word),)))
        for group in hits.counts():
            hits.page(group, 0, SHOWN)
        finding.append((time.perf_counter() - began) * 1_000)
        began = time.perf_counter()
        hits.options(OPERATORS)
        narrowing.append((time.perf_counter() - began) * 1_000)
        found = set()
        if not hits.corrections:
            every = Results(hits, list(hits.counts()))[:]
            found = {(each.entry.group.key, each.entry.name) for each in every}
        if found != set(holding(lines, [word])):
            wrong.append(word)
    console.print(f"{WORDS:,} words, the first {SHOWN} of each group: {spread(finding)}")
    console.print(f"the facets beside them: {spread(narrowing)}")
    console.print(f"not all that a plain scan finds: {len(wrong)} {wrong[:5]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
