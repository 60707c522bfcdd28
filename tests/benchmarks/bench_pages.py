"""How long the server takes for each page, by hand:

    uv run --group dev python -m tests.benchmarks.bench_pages [--every N]

It asks the database that the settings name, which must contain the corpus (`manage.py
load_fixtures`), and for the policy with most versions the history (`manage.py load_history`). Of
the 22,321 actions every Nth is asked for, 20 by default; of everything else all. A median over
50 ms or a worst page over 150 ms is marked, other limits for pages about the whole history.

Times are the processor's: with SQLite all work is done in this process, and what else runs on
the machine counts less. The slowest page of a kind is asked for again, so that one unlucky
moment is not taken for it.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from statistics import median

import django
from django.conf import settings
from rich.console import Console
from rich.progress import track
from rich.table import Table

MEDIAN_BUDGET = 50
WORST_BUDGET = 150
# By the name of a kind: with the whole history, some pages are about thousands of changes.
BUDGETS = {"most versions": (500, 500), "changes": (300, 300)}
SUSPECTS = 5
LISTS = (
    "/policies/",
    "/policies/?page=16",
    "/policies/?sort=-actions",
    "/policies/?q=ecs",
    "/policies/?service=ecs&level=write",
    "/policies/?service=iam&service=ec2&kind=service-role&conditions=some",
    "/policies/?key=aws:resourceaccount",
    "/policies/?since=2026-07-02&uses=deny",
    "/policies/?all=service&all=key",
)
TABS = ("", "permissions/", "document/", "changes/", "checks/")


def addresses(every: int) -> Iterator[tuple[str, list[str]]]:
    """What is measured: a name, and the pages behind it."""
    from policyhub.catalog.models import Action, ConditionKey, Policy, Service

    policies = list(Policy.objects.all())
    yield "overview", ["/"] * 20
    yield "policies", list(LISTS) * 5
    yield "policies.json, .csv", ["/policies.json", "/policies.csv"] * 5
    for tab in TABS:
        name = f"policy: {tab.strip('/') or 'summary'}"
        yield name, [f"{policy.get_absolute_url()}{tab}" for policy in policies]
    yield "most versions", [f"/policies/ReadOnlyAccess/{tab}" for tab in TABS] * 3
    yield "services", ["/services/"] * 10
    yield "service", [service.get_absolute_url() for service in Service.objects.all()]
    yield "action", [action.get_absolute_url() for action in Action.objects.all()[::every]]
    yield "condition keys", ["/condition-keys/"] * 10
    names = ConditionKey.objects.values_list("name", flat=True)
    yield "condition key", [f"/condition-keys/{name}/" for name in names]
    yield "changes", ["/changes/", "/changes/?service=ecs", "/changes/?month=2024-01"] * 5
    yield "removals", ["/changes/removals/"] * 5
    yield "search", [f"/search/?q={text}" for text in ("e", "role", "ecs task", "tag")] * 5
    texts = ("e", "ec", "ecs", "passrole", "ecs run", "tag", "aws:")
    yield "suggestions", [f"/search/suggestions/?q={text}" for text in texts] * 5


def timed(path: str) -> float:
    """Ask for a page and return the milliseconds that it took."""
    from django.test import Client

    client = Client()
    began = time.process_time()
    answer = client.get(path)
    took = (time.process_time() - began) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    return took


def row(name: str, paths: Sequence[str]) -> list[str]:
    """Measure pages of one kind."""
    timed(paths[0])
    times = [(timed(path), path) for path in track(paths, description=name, transient=True)]
    times.sort()
    middle = median(took for took, _ in times)
    quick = times[int(len(times) * 0.95)][0]
    slowest, worst = max(
        (min(took, timed(path), timed(path)), path) for took, path in times[-SUSPECTS:]
    )
    most_in_the_middle, most = BUDGETS.get(name, (MEDIAN_BUDGET, WORST_BUDGET))
    is_over = middle > most_in_the_middle or slowest > most
    numbers = (f"{value:.1f}" for value in (middle, quick, slowest))
    return [f"[red]{name}[/red]" if is_over else name, str(len(paths)), *numbers, worst]


def main() -> None:
    """Measure every page and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=20, help="ask for every Nth action")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    django.setup()
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DEBUG = False
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    table = Table(
        "page",
        "asked",
        "median ms",
        "95 % ms",
        "worst ms",
        "the worst",
        title="Milliseconds a page",
    )
    for name, paths in addresses(arguments.every):
        table.add_row(*row(name, paths))
    Console().print(table)


if __name__ == "__main__":
    main()
