"""How long the worst of many damaged policy texts takes, and that none is allowed, by hand:

    uv run --group dev python -m tests.benchmarks.bench_damaged_documents --count 100000

Each text is read and a request is decided by it. Times are of the processor.
"""

from __future__ import annotations

import argparse
import os
import random
import time

from policyhub.iam.deciding.applied_policies import AppliedPolicies
from policyhub.iam.deciding.documents import applied_policy
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.request import make_request
from policyhub.iam.language.elements import Usage
from tests.iam.reading.damage import damaged, small_documents

GOAL = 200
REQUEST = make_request("ecs:RunTask", "*")


def main() -> None:
    """Damage, read and decide so many times; print the worst and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    from tests.catalog.corpus import documents

    source = random.Random(options.seed)
    texts = [*small_documents() * 40, *source.sample(documents(), 200)]
    worst, errors, allowed = 0.0, 0, 0
    for _ in range(options.count):
        text = damaged(texts, source)
        began = time.process_time()
        applied = applied_policy("damaged", text, Usage.IDENTITY)
        decision = evaluate(REQUEST, AppliedPolicies(identity=(applied,)))
        worst = max(worst, time.process_time() - began)
        errors += applied.compiled is None
        allowed += applied.compiled is None and decision.is_allowed
    print(f"{options.count:,} texts, {errors:,} with errors, {allowed:,} of these allowed")
    print(f"worst {worst * 1_000:.0f} ms, {worst * 1_000 / GOAL:.2f} of {GOAL} ms")


if __name__ == "__main__":
    main()
