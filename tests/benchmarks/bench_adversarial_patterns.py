"""How long wildcard patterns take that are made to take long, by hand:

    uv run --group dev python -m tests.benchmarks.bench_adversarial_patterns --count 10000

Patterns have up to 6,144 characters, values up to 2,048. Times are of the processor.
"""

from __future__ import annotations

import argparse
import random
import time
from statistics import median

from policyhub.iam.language.patterns import WildcardPattern
from tests.iam.language.adversarial_patterns import adversarial_pair

GOAL = 50


def main() -> None:
    """Compile and match so many pairs; print median and worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    times = []
    for _ in range(options.count):
        pattern, value = adversarial_pair(source, 6_144, 2_048)
        began = time.process_time()
        WildcardPattern(pattern).matches(value)
        times.append((time.process_time() - began) * 1_000)
    print(f"{options.count:,} pairs: median {median(times):.3f} ms, worst {max(times):.1f} ms, ")
    print(f"{max(times) / GOAL:.2f} of {GOAL} ms")


if __name__ == "__main__":
    main()
