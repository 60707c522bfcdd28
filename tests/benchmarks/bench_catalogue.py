"""How long the catalogue takes to read, index and answer, and how much memory, by hand:

    uv run --group dev python -m tests.benchmarks.bench_catalogue

It works in a database of its own, made in a temporary folder. Each line has the seconds of
the clock and of the processor, the goal, and the processor's part of the goal: what is above
100 % is marked.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django
from rich.console import Console
from rich.table import Table

STATM = Path("/proc/self/statm")
BIG = (
    "AdministratorAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "AWSSupportServiceRolePolicy",
    "SageMakerStudioProjectProvisioningRolePolicy",
)


class Measures:
    """A table of measures, a line each as it is taken."""

    def __init__(self) -> None:
        self.table = Table("what", "seconds", "processor", "goal", "of the goal")

    def take(self, name: str, goal: float, work: Callable[[], Any], times: int = 1) -> None:
        """Run some work so many times and note the mean."""
        clock, processor = time.perf_counter(), time.process_time()
        for _ in range(times):
            work()
        took = (time.perf_counter() - clock) / times
        used = (time.process_time() - processor) / times
        self._note(name, f"{took:.4f}", f"{used:.4f}", f"{goal:g}", used / goal)

    def take_memory(self, name: str, goal: float, grown: float) -> None:
        """Note by how many megabytes a process grew."""
        self._note(f"{name}, MB", "", f"{grown:.0f}", f"{goal:g}", grown / goal)

    def _note(self, name: str, took: str, used: str, goal: str, part: float) -> None:
        shown = f"[red]{part:.0%}[/red]" if part > 1 else f"{part:.0%}"
        self.table.add_row(name, took, used, goal, shown)


def resident() -> float:
    """Return the megabytes of the process that are in memory."""
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def growth() -> tuple[float, float]:
    """Return by how many megabytes the reference, then the catalogue, lets a process grow."""
    django.setup()
    from policyhub.catalog.access.current import get_catalogue
    from policyhub.catalog.reference.in_memory import get_reference

    sizes = [resident()]
    for build in (get_reference, get_catalogue):
        build()
        sizes.append(resident())
    return sizes[1] - sizes[0], sizes[2] - sizes[1]


def measure_memory(measures: Measures) -> None:
    """Measure in a process of its own, if the system reports it: it has no memory to use again."""
    if not STATM.exists():
        return
    with get_context("spawn").Pool(1) as pool:
        reference, catalogue = pool.apply(growth)
    measures.take_memory("reference", 30, reference)
    measures.take_memory("compiled catalogue", 30, catalogue)


def measure_database(measures: Measures) -> None:
    """Measure the way in: the reference's rows, the import, the index and its check."""
    from django.core.management import call_command
    from django.db import transaction

    from policyhub.catalog.deriving import indexing
    from policyhub.catalog.importing import fixtures
    from policyhub.catalog.models import PolicyVersion, ServiceGrant
    from policyhub.catalog.models import Statement as StoredStatement

    call_command("migrate", verbosity=0)
    measures.take("rows of the reference", 2, indexing.load_reference)
    measures.take("import of all fixtures", 15, fixtures.load_fixtures)
    measures.take("import with nothing new", 3, fixtures.load_fixtures)
    versions = list(PolicyVersion.objects.all())
    with transaction.atomic():
        StoredStatement.objects.all().delete()
        ServiceGrant.objects.all().delete()
        measures.take("index of every version", 6, lambda: indexing.index_versions(versions))
    measures.take("check for drift", 10, indexing.find_drift)


def measure_answers(measures: Measures) -> None:
    """Measure expansion, permissions and the compiled catalogue."""
    from policyhub.catalog.access.in_memory import compile_catalogue
    from policyhub.catalog.access.permissions import effective_permissions
    from policyhub.catalog.reference.in_memory import get_reference

    measures.take("compiling the catalogue", 1, compile_catalogue)
    catalogue, reference = compile_catalogue(), get_reference()
    documents = {each.name: each.document for each in catalogue.policies.values()}
    patterns = {
        action.lower()
        for document in documents.values()
        for statement in document.statements
        for action in statement.actions
    }
    name = f"expansion of {len(patterns):,} patterns"
    measures.take(name, 0.5, lambda: [reference.expand(pattern) for pattern in patterns])
    measures.take(
        "permissions of every policy", 5, lambda: [*map(effective_permissions, documents.values())]
    )
    for policy in BIG:
        work = partial(effective_permissions, documents[policy])
        measures.take(f"permissions of {policy}", 0.05, work, 5)
    actions = iter(random.Random(4).choices(reference.actions, k=1_000))
    measures.take(
        "who grants an action", 0.002, lambda: catalogue.granting(next(actions).id), 1_000
    )


def main() -> None:
    """Measure everything and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(POLICYHUB_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="policyhub.settings")
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        from django.db import connections

        from policyhub.catalog.reference.in_memory import get_reference

        measures = Measures()
        measures.take("reference", 1, get_reference)
        measure_database(measures)
        measure_memory(measures)
        measure_answers(measures)
        connections.close_all()
    Console(file=sys.stdout).print(measures.table)


if __name__ == "__main__":
    main()
