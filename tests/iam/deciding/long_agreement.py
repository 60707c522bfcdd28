"""Compare the engine with the naive reference for as long as wished, by hand:

    uv run --group dev python -m tests.iam.deciding.long_agreement --count 150000 --seed 1
    uv run --group dev python -m tests.iam.deciding.long_agreement --count 50000 --seed 1 --corpus

Stops at the first simulation on which they disagree, and prints it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any


def maker(source: random.Random, corpus: bool) -> Callable[[], dict[str, Any]]:
    """A function that makes one simulation after the other."""
    from tests.iam.corpus_generation import corpus_simulation, usable_documents
    from tests.iam.generation import Choices, random_simulation

    if not corpus:
        return lambda: random_simulation(source)
    texts = usable_documents()
    choices = Choices(lambda count: int(source.random() * count))
    return lambda: corpus_simulation(choices, texts)


def option_parser() -> argparse.ArgumentParser:
    """What can be asked of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", action="store_true", help="out of AWS's own policies")
    return parser


def main() -> None:
    """Make, decide twice, compare."""
    options = option_parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    from tests.iam.deciding.test_evaluation import engine_says
    from tests.iam.reference import decide

    make = maker(random.Random(options.seed), options.corpus)
    decisions: Counter[str] = Counter()
    for _ in range(options.count):
        simulation = make()
        said, expected = engine_says(simulation), decide(simulation)
        decisions[said["decision"]] += 1
        if said != expected:
            print(json.dumps(simulation, indent=1))
            sys.exit(f"the engine says {said}, the reference {expected}")
    print(f"{options.count:,} simulations, no disagreement: {dict(decisions)}")


if __name__ == "__main__":
    main()
