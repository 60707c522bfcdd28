"""How fast the engine decides and explains, by hand:

    uv run --group dev python -m tests.benchmarks.bench_engine

Works on the corpus of the fixtures, without a database. Times are of the processor; each line
says what was measured, the goal, and the ratio of the two (1 and more meets the goal).
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

import django
from rich.console import Console
from rich.table import Table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
django.setup()

# Models can only be imported once the settings are complete.
from policyhub.catalog.access.catalogue import CatalogPolicy  # noqa: E402
from policyhub.catalog.access.in_memory import CompiledCatalogue  # noqa: E402
from policyhub.catalog.facts.services import service_facts  # noqa: E402
from policyhub.catalog.reference.in_memory import get_reference  # noqa: E402
from policyhub.iam.deciding.applied_policies import AppliedPolicies, AppliedPolicy  # noqa: E402
from policyhub.iam.deciding.evaluation import evaluate  # noqa: E402
from policyhub.iam.deciding.request import make_request  # noqa: E402
from policyhub.iam.deciding.statements import CompiledPolicy  # noqa: E402
from policyhub.iam.reading.document import parse_policy  # noqa: E402
from policyhub.simulate.lines import answer_lines, to_line  # noqa: E402
from tests.catalog.corpus import corpus  # noqa: E402

SEED = 2026
QUESTIONS = 400
LINES = 10_000
ROLE = "arn:aws:iam::123456789012:role/app"


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of some work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def per_second(work: Callable[[], Any], times: int) -> float:
    """How often a second, the best of five rounds."""
    rounds = [seconds(lambda: [work() for _ in range(times)]) for _ in range(5)]
    return times / min(rounds)


def attached(name: str) -> AppliedPolicies:
    """A policy of the corpus as the only identity policy."""
    return AppliedPolicies(identity=(AppliedPolicy(name, CompiledPolicy(corpus()[name])),))


def named_actions(table: Table) -> None:
    """One policy, an action that it names."""
    policies = attached("AmazonECS_FullAccess")
    for title, request in (
        ("action without condition", make_request("ecs:RunTask")),
        (
            "action with a condition",
            make_request(
                "iam:PassRole", ROLE, context={"iam:PassedToService": "ecs-tasks.amazonaws.com"}
            ),
        ),
    ):
        rate = per_second(partial(evaluate, request, policies), 20_000)
        row(table, f"evaluations a second, {title}", f"{rate:,.0f}", "100,000", rate / 100_000)


def whole_catalogue(table: Table) -> None:
    """One request against all policies, decisions and explanations."""
    policies = [CatalogPolicy(name, "v1", document) for name, document in corpus().items()]
    catalogue = CompiledCatalogue(policies, get_reference())
    took = seconds(catalogue.warm_up)
    table.add_row(f"compiling {len(policies):,} policies", f"{took:.2f} s", "", "")
    actions = random.Random(SEED).sample(get_reference().actions, QUESTIONS)
    requests = [make_request(each.id) for each in actions]
    for title, ask, goal in (
        ("decisions", catalogue.deciding, 5),
        ("explanations", catalogue.explaining, 50),
    ):
        times = sorted(seconds(partial(ask, each)) * 1_000 for each in requests)
        late = times[int(len(times) * 0.99)]
        row(
            table,
            f"all policies, {title}: median {median(times):.2f} ms, 99th percentile",
            f"{late:.2f} ms",
            f"{goal} ms",
            goal / late,
        )


def with_the_reference(table: Table) -> None:
    """One request against the whole catalogue, with the facts about services and without."""
    facts = service_facts(get_reference())
    plain = [
        AppliedPolicies(identity=(AppliedPolicy(name, CompiledPolicy(document)),))
        for name, document in corpus().items()
    ]
    told = [replace(each, facts=facts) for each in plain]
    actions = random.Random(SEED).sample(get_reference().actions, 20)
    requests = [make_request(each.id) for each in actions]

    def decide(policies: list[AppliedPolicies]) -> None:
        for request in requests:
            for each in policies:
                evaluate(request, each)

    decide(told)
    rounds = [(seconds(partial(decide, told)), seconds(partial(decide, plain))) for _ in range(7)]
    ratio = median(one / other for one, other in rounds)
    row(
        table,
        "decisions with the reference, times as long as without",
        f"{ratio:.2f}",
        "1.10",
        1.1 / ratio,
    )


def matrix(table: Table) -> None:
    """A hundred actions by ten policies."""
    names = random.Random(SEED).sample(sorted(corpus()), 10)
    policies = [attached(name) for name in names]
    actions = random.Random(SEED).sample(get_reference().actions, 100)
    requests = [make_request(each.id) for each in actions]
    took = min(
        seconds(lambda: [evaluate(each, one) for each in requests for one in policies])
        for _ in range(5)
    )
    table.add_row("100 actions by 10 policies", f"{took * 1_000:.1f} ms", "", "")


def growth(table: Table) -> None:
    """The cost of a decision by the number of statements about its action."""
    request = make_request("ecs:RunTask", context={"aws:RequestTag/team": "none"})
    base = 0.0
    for count in (10, 100, 1_000):
        statements = [
            {
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestTag/team": f"team{number}"}},
            }
            for number in range(count)
        ]
        document = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        assert document.policy is not None
        compiled = CompiledPolicy(document.policy)
        policies = AppliedPolicies(identity=(AppliedPolicy("grown", compiled),))
        each = 1e6 / per_second(partial(evaluate, request, policies), 50) / count
        base = base or each
        row(table, f"µs a statement of {count:,}", f"{each:.2f}", f"{base:.2f}", base / each)


def lines(distinct: bool) -> bytes:
    """JSON lines with documents of their own, or with fifty different ones."""
    return b"\n".join(_line(number, number if distinct else number % 50) for number in range(LINES))


def _line(number: int, document: int) -> bytes:
    statements = [
        {
            "Sid": f"S{document}",
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
        "resource": "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1",
        "principal": ROLE,
        "context": {"aws:RequestTag/team": "web"},
        "identityPolicies": [{"Version": "2012-10-17", "Statement": statements}],
    }
    return json.dumps(simulation).encode()


def json_lines(table: Table) -> None:
    """Lines read, decided and written a second."""
    for title, distinct in (("fifty documents", False), ("each its own document", True)):
        text = lines(distinct)

        def answered(text: bytes = text) -> Iterator[str]:
            return (to_line(each) for each in answer_lines(io.BytesIO(text)))

        rate = LINES / min(seconds(lambda: sum(1 for _ in answered())) for _ in range(3))
        row(table, f"JSON lines a second, {title}", f"{rate:,.0f}", "9,000", rate / 9_000)


def row(table: Table, what: str, measured: str, goal: str, ratio: float) -> None:
    """Add a measure with its goal."""
    shown = f"{ratio:.2f}" if ratio >= 1 else f"[red]{ratio:.2f}[/red]"
    table.add_row(what, measured, goal, shown)


def main() -> None:
    """Take every measure and print the table."""
    table = Table("what", "measured", "goal", "ratio")
    for measure in (named_actions, whole_catalogue, with_the_reference, matrix, growth, json_lines):
        measure(table)
    Console().print(table)


if __name__ == "__main__":
    main()
