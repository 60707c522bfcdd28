"""Every policy of the corpus minimised: how much shorter, with which proof, in what time.

uv run --group dev python -m tests.benchmarks.bench_minimise
uv run --group dev python -m tests.benchmarks.bench_minimise --rows 20 --every 10 --wildcards
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import django

STEPS = ("removed", "joined", "shortened")
# Percent, from at least to less than, and what the row is called.
SHORTER = (
    (40, 101, "40 % or more"),
    (20, 40, "20 to 40 %"),
    (10, 20, "10 to 20 %"),
    (5, 10, "5 to 10 %"),
    (0, 5, "less than 5 %"),
)


@dataclass(frozen=True)
class MinimisedRow:
    """A policy with its characters before and after, its steps by kind, proof and seconds.

    `unchanged` says why, where nothing was removed or joined; `doubts` what is not decided.
    """

    name: str
    before: int
    after: int
    steps: Counter[str]
    verdict: str
    unchanged: str
    doubts: Sequence[str]
    seconds: float

    @property
    def saved(self) -> int:
        """How many characters fewer there are."""
        return self.before - self.after

    @property
    def percent(self) -> float:
        """The same of a hundred."""
        return 100 * self.saved / self.before


def measured(
    documents: Iterable[tuple[str, str]], *, wildcards: bool = False
) -> Iterator[MinimisedRow]:
    """Each document minimised. Raises `UnusableDocumentError`."""
    from policyhub.workbench.minimising.minimised import minimised

    for name, text in documents:
        began = time.process_time()
        found = minimised(text, wildcards=wildcards)
        yield MinimisedRow(
            name, found.before, found.after, Counter(each.kind for each in found.steps),
            found.verdict, found.why_no_step, found.doubts, time.process_time() - began,
        )  # fmt: skip


def how_much_shorter(rows: Sequence[MinimisedRow]) -> Iterator[str]:
    """How many policies became shorter by how much, as Markdown."""
    yield "| shorter by | policies | characters before | after |"
    yield "|---|---|---|---|"
    for least, most, name in SHORTER:
        yield _row(name, [each for each in rows if each.saved and least <= each.percent < most])
    yield _row("not at all", [each for each in rows if not each.saved])
    yield _row("all", rows)


def _row(name: str, rows: Sequence[MinimisedRow]) -> str:
    before, after = sum(each.before for each in rows), sum(each.after for each in rows)
    return f"| {name} | {len(rows):,} | {before:,} | {after:,} |"


def shortest(rows: Sequence[MinimisedRow], most: int) -> Iterator[str]:
    """The policies that lost most, as Markdown."""
    yield "| policy | before | after | shorter | steps |"
    yield "|---|---|---|---|---|"
    for each in sorted(rows, key=lambda each: -each.percent)[:most]:
        steps = ", ".join(f"{each.steps[kind]} {kind}" for kind in STEPS if each.steps[kind])
        yield (
            f"| {each.name} | {each.before:,} | {each.after:,} | {each.percent:.1f} % | {steps} |"
        )


def totals(rows: Sequence[MinimisedRow]) -> Iterator[str]:
    """What all of them have together, a line each."""
    before, after = sum(each.before for each in rows), sum(each.after for each in rows)
    steps = sum((each.steps for each in rows), Counter[str]())
    yield f"characters: {100 * (before - after) / before:.2f} % fewer"
    yield f"steps: {', '.join(f'{steps[kind]:,} {kind}' for kind in STEPS)}"
    for name, found in (
        ("proofs", Counter(each.verdict for each in rows)),
        ("no step", Counter(each.unchanged for each in rows if each.unchanged)),
        ("not decided", Counter(doubt for each in rows for doubt in each.doubts)),
    ):
        yield f"{name}: {'; '.join(f'{count:,} {what}' for what, count in sorted(found.items()))}"
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
    parser.add_argument("--wildcards", action="store_true", help="with patterns for actions")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    django.setup()
    from tests.catalog.corpus import documents_by_name

    documents = list(documents_by_name().items())[:: options.every]
    rows = list(measured(documents, wildcards=options.wildcards))
    print(*how_much_shorter(rows), "", sep="\n")
    print(*shortest(rows, options.rows), "", sep="\n")
    print(*totals(rows), sep="\n")


if __name__ == "__main__":
    main()
