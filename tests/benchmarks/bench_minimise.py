"""Every policy of the corpus minimised: how much shorter, with which proof, in what time.

uv run --group dev python -m tests.benchmarks.bench_minimise
uv run --group dev python -m tests.benchmarks.bench_minimise --rows 20 --every 10
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import django

STEPS = ("removed", "joined")


@dataclass(frozen=True)
class MinimisedRow:
    """A policy with its characters before and after, its steps by kind, verdict and seconds."""

    name: str
    before: int
    after: int
    steps: Counter[str]
    verdict: str
    seconds: float

    @property
    def saved(self) -> int:
        """How many characters fewer there are."""
        return self.before - self.after

    @property
    def percent(self) -> float:
        """The same of a hundred."""
        return 100 * self.saved / self.before


def measured(documents: Iterable[tuple[str, str]]) -> Iterator[MinimisedRow]:
    """Each document minimised. Raises `UnusableDocumentError`."""
    from policyhub.workbench.minimising import minimised

    for name, text in documents:
        began = time.process_time()
        found = minimised(text)
        steps = Counter(each.kind for each in found.steps)
        yield MinimisedRow(
            name, found.before, found.after, steps, found.verdict, time.process_time() - began
        )


def table(rows: Sequence[MinimisedRow], most: int) -> Iterator[str]:
    """The policies that lost most, then what all of them lost together, as Markdown."""
    yield "| policy | before | after | shorter | steps |"
    yield "|---|---|---|---|---|"
    shorter = sorted((each for each in rows if each.saved), key=lambda each: -each.percent)
    for each in shorter[:most]:
        steps = ", ".join(f"{each.steps[kind]} {kind}" for kind in STEPS if each.steps[kind])
        yield (
            f"| {each.name} | {each.before:,} | {each.after:,} | {each.percent:.1f} % | {steps} |"
        )
    yield ""
    yield from totals(rows)


def totals(rows: Sequence[MinimisedRow]) -> Iterator[str]:
    """What all of them have together, a line each."""
    before, after = sum(each.before for each in rows), sum(each.after for each in rows)
    shorter = [each for each in rows if each.saved]
    verdicts = Counter(each.verdict for each in rows)
    steps = sum((each.steps for each in rows), Counter[str]())
    yield f"policies: {len(rows):,}, of which shorter: {len(shorter):,}"
    yield f"characters: {before:,} are {after:,}, {100 * (before - after) / before:.2f} % fewer"
    at_least_tenth = sum(each.percent >= 10 for each in rows)
    yield f"shorter by a tenth or more: {at_least_tenth:,}"
    yield f"steps: {', '.join(f'{steps[kind]:,} {kind}' for kind in STEPS)}"
    yield f"proofs: {', '.join(f'{count:,} {what}' for what, count in sorted(verdicts.items()))}"
    slowest = max(rows, key=lambda each: each.seconds)
    yield (
        f"processor: {sum(each.seconds for each in rows):.0f} s, "
        f"longest {slowest.seconds:.1f} s ({slowest.name})"
    )


def main() -> None:
    """Minimise and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=15, help="of so many policies a row")
    parser.add_argument("--every", type=int, default=1, help="take only every so many-th policy")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    django.setup()
    from tests.catalog.corpus import documents_by_name

    rows = list(measured(list(documents_by_name().items())[:: options.every]))
    print(*table(rows, options.rows), sep="\n")


if __name__ == "__main__":
    main()
