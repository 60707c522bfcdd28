"""Hold comparisons against what must come of them, over the whole corpus, by hand:

    uv run --group dev python -m tests.iam.comparing.long_comparison --seed 1
    uv run --group dev python -m tests.iam.comparing.long_comparison --pairs 300 --requests 10000

Every default version is compared with itself rewritten, with one statement less, and with one
condition less; then random pairs are, and what is said of them is tried with random requests.
Every witness is decided by the engine. Prints what came of it, and exits 1 at a wrong verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import track

from policyhub.iam.comparing.comparison import Comparison, compare
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.statements import CompiledPolicy
from policyhub.iam.language.elements import PolicyDocument
from tests.catalog.corpus import documents
from tests.iam.comparing.pairs import (
    assert_agrees,
    check,
    policy_of,
    random_pair,
    random_requests,
    rewritten,
    with_one_condition_less,
    with_one_statement_less,
)

# One of a policy and the policy without something, the verdicts that may come of it.
Pair = tuple[PolicyDocument, PolicyDocument, set[str]]


def option_parser() -> argparse.ArgumentParser:
    """What can be asked of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=0, help="random pairs instead of the corpus")
    parser.add_argument("--requests", type=int, default=10_000, help="for each random pair")
    return parser


def corpus_pairs(choose: random.Random) -> Iterator[Pair]:
    """Every managed policy compared with itself in other words, and with itself with less.

    What is taken away may not matter, where other statements say the same. A Deny that compares
    one value can't be evaluated on a list, so that without the comparison some such requests
    are allowed: then either side may allow more.
    """
    for text in documents():
        document = json.loads(text)
        policy = policy_of(document)
        yield policy, policy_of(rewritten(document, choose)), {"equivalent"}
        for change in (with_one_statement_less, with_one_condition_less):
            changed, verdict = change(document, choose)
            if changed is not None:
                of_a_deny = change is with_one_condition_less and verdict == "right_subset"
                expected = {"equivalent", verdict} | ({"overlapping"} if of_a_deny else set())
                yield policy, policy_of(changed), expected


def random_pairs(choose: random.Random, count: int) -> Iterator[Pair]:
    """Random pairs, of which nothing is known before."""
    for _ in range(count):
        yield *random_pair(choose), set()


def main() -> int:
    """Compare, check, and say how it went."""
    options = option_parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    choose, console = random.Random(options.seed), Console()
    pairs = random_pairs(choose, options.pairs) if options.pairs else corpus_pairs(choose)
    verdicts: Counter[str] = Counter()
    times: list[float] = []
    wrong = 0
    asked = track(pairs, "comparing", console=console, total=options.pairs or None)
    for left, right, expected in asked:
        began = time.perf_counter()
        found = compare(left, right)
        times.append(time.perf_counter() - began)
        verdicts[found.verdict] += 1
        try:
            check(found, left, right)
            if expected:
                assert found.verdict in expected | {"undecided"}, (found.verdict, expected)
            else:
                _try(found, left, right, random.Random(len(times)), options.requests)
        except AssertionError as error:
            wrong += 1
            console.print(f"wrong: {error}", highlight=False)
    times.sort()
    figures = (times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])
    told = "median {:,.0f} ms, p99 {:,.0f} ms, worst {:,.0f} ms".format(
        *(1_000 * each for each in figures)
    )
    console.print(f"{len(times):,} pairs, {wrong} wrong: {dict(verdicts)}; {told}", highlight=False)
    return 1 if wrong else 0


def _try(
    found: Comparison,
    left: PolicyDocument,
    right: PolicyDocument,
    choose: random.Random,
    count: int,
) -> None:
    """Look for a request that contradicts the verdict."""
    sides = [
        AppliedPolicies(identity=(AppliedPolicy("side", CompiledPolicy(each)),))
        for each in (left, right)
    ]
    seen = {
        tuple(evaluate(request, side).is_allowed for side in sides)
        for request in random_requests(choose, count)
    }
    assert_agrees(found.verdict, seen)


if __name__ == "__main__":
    sys.exit(main())
