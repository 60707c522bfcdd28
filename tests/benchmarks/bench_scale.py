"""How search and "who can" grow with the policies, in memory and in the database, by hand:

    uv run --group dev python -m tests.benchmarks.bench_scale 10 [anew]

The argument says how many times the corpus: beside the fixtures there are as many variations of
each policy, less one. The rows of the search that are missing are written first, with `anew` all
of them: what that takes is said. It works in the database that DATABASE_URL names, else on SQLite
in a temporary folder, or in POLICYHUB_DATA_DIR where that is given: what is there already is kept,
so that a second run needs not make it again. Each line has the median, the 99th percentile and
the worst in milliseconds, of 200 actions, or of 200 words, the short ones apart from the others;
in the database facets are asked of every fifth word, and all answers explained about every fifth
action. Who can is all answers counted and those of the first page explained.
"""

from __future__ import annotations

import math
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django
from rich.console import Console
from rich.progress import track
from rich.table import Table

if TYPE_CHECKING:
    from policyhub.catalog.access.catalogue import Catalogue
    from policyhub.search.finding.index import Index

QUESTIONS = 200
SHOWN = 20
CONSOLE = Console(width=140)
STATM = Path("/proc/self/statm")


def main(arguments: list[str]) -> int:
    """Make the database where it lacks policies, and measure."""
    times = arguments[0] if arguments else ""
    if not times.isdigit() or int(times) < 1 or arguments[1:] not in ([], ["anew"]):
        CONSOLE.print("say how many times the corpus, such as 10, and then `anew` or nothing")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("POLICYHUB_DATA_DIR", folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "policyhub.settings"
        django.setup()
        grow(int(times))
        write(anew=len(arguments) > 1)
        CONSOLE.print(measured(int(times)))
    return 0


def grow(times: int) -> None:
    """Bring in the fixtures and the variations that are missing."""
    from django.core.management import call_command

    from policyhub.catalog.deriving import indexing
    from policyhub.catalog.importing import fixtures
    from policyhub.catalog.importing.run import import_policies
    from policyhub.catalog.models import Policy, PolicyVersion
    from tests.benchmarks.variations import variations

    call_command("migrate", verbosity=0)
    indexing.load_reference()
    fixtures.load_fixtures()
    rows = PolicyVersion.objects.in_force().filter(policy__arn__startswith="arn:aws:iam::aws:")
    documents = list(rows.order_by("policy__name").values_list("policy__name", "document"))
    ends = {name[-5:] for name in Policy.objects.order_by().values_list("name", flat=True)}
    missing = [copy for copy in range(1, times) if f"-{copy:04}" not in ends]
    for copy in track(missing, "making variations", console=CONSOLE):
        import_policies(variations(documents, copy))


def write(*, anew: bool) -> None:
    """Write the rows of the search, as a start or an import does, and say what it takes."""
    from policyhub.catalog.access.current import stored_catalogue
    from policyhub.search.finding.in_database.side_by_side import processors
    from policyhub.search.finding.in_database.writing import forget, write_missing

    if anew:
        forget(None)
    began, used = time.perf_counter(), processor_seconds()
    count = write_missing(stored_catalogue(), processors())
    CONSOLE.print(
        f"rows of {count:,} policies written in {time.perf_counter() - began:.0f} s, Policyhub's "
        f"own processes taking {processor_seconds() - used:.0f} s of processor time"
    )


def processor_seconds() -> float:
    """What this process and those that it began have used so far."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(times: int) -> Table:
    """Ask everything of the catalogue in memory, where it has room, and in the database."""
    from django.db import connection

    from policyhub.catalog.access.current import fits_in_memory, stored_catalogue
    from policyhub.catalog.access.in_memory import compile_catalogue
    from policyhub.catalog.reference.in_memory import get_reference
    from policyhub.search.finding.in_database.index import StoredIndex
    from policyhub.search.finding.in_memory.filters import Filters
    from policyhub.search.finding.in_memory.following import gather_entries
    from policyhub.search.finding.in_memory.index import MemoryIndex
    from policyhub.search.finding.reached import Reached

    table = Table("what", "where", "ready in s", "median", "p99", "worst", "0.1 ms to 10 s")
    table.title = f"{times} times"
    reference = get_reference()
    before = resident()
    stored = stored_catalogue()
    began = time.perf_counter()
    index: Index = StoredIndex(stored)
    ask(table, connection.vendor, time.perf_counter() - began, stored, index)
    CONSOLE.print(f"{connection.vendor}: grown by {resident() - before:.0f} MB")
    if fits_in_memory():
        before = resident()
        began = time.perf_counter()
        compiled = compile_catalogue()
        compiled.warm_up()
        entries = gather_entries(compiled, Reached(reference))
        index = MemoryIndex(entries, Filters(entries, compiled))
        ask(table, "memory", time.perf_counter() - began, compiled, index)
        CONSOLE.print(f"memory: grown by {resident() - before:.0f} MB")
    return table


def ask(table: Table, where: str, ready: float, catalogue: Catalogue, index: Index) -> None:
    """Ask every kind of question and note how long the answers took."""
    from policyhub.catalog.reference.in_memory import get_reference
    from policyhub.iam.budget import NO_LIMIT
    from policyhub.search.finding.query import OPERATORS, Query, Term
    from policyhub.search.who_can.asking import explain, who_can_within
    from policyhub.search.who_can.questions import questions as asked_about
    from policyhub.search.who_can.table import answers_in_words
    from policyhub.search.who_can.views import PAGE_SIZE
    from tests.search.finding.plain_scan import Line, sampled_words

    choose = random.Random(5)
    lines: list[Line] = [
        ("", action.id, (action.id.lower(),)) for action in get_reference().actions
    ]
    words = sampled_words(lines, QUESTIONS, seed=2)
    actions = [action.id for action in choose.sample(get_reference().actions, QUESTIONS)]

    def search(word: str) -> None:
        hits = index.find(Query((Term(word),)))
        for group in hits.counts():
            hits.page(group, 0, SHOWN)

    def narrow(word: str) -> None:
        index.find(Query((Term(word),))).options(OPERATORS)

    def first_page(action: str) -> None:
        asked = asked_about(catalogue, get_reference(), action)
        explain(who_can_within(NO_LIMIT, catalogue, asked).answers[:PAGE_SIZE])

    def table_of(action: str) -> None:
        asked = asked_about(catalogue, get_reference(), action)
        list(answers_in_words(list(who_can_within(NO_LIMIT, catalogue, asked).answers)))

    step = 1 if where == "memory" else 5
    questions: list[tuple[str, Callable[[str], None], Sequence[str]]] = [
        ("search, a word of 1 or 2 letters", search, [each for each in words if len(each) < 3]),
        ("search, a longer word", search, [each for each in words if len(each) >= 3]),
        ("facets", narrow, words[::step]),
        ("who can, first asked", first_page, actions),
        ("who can, asked again", first_page, actions),
        ("who can, the whole table", table_of, actions[::step]),
    ]
    for name, question, given in questions:
        times = sorted(
            _milliseconds(question, each) for each in track(list(given), name, console=CONSOLE)
        )
        late = times[min(int(len(times) * 0.99), len(times) - 1)]
        figures = (times[len(times) // 2], late, times[-1])
        shown = (f"{each:,.1f}" for each in figures)
        table.add_row(name, where, f"{ready:.1f}", *shown, bar(*figures))


def bar(median: float, late: float, worst: float) -> str:
    """Three milliseconds on a line: the median as a bar, a rule to the second, dots to the last.

    Each eight characters are ten times as much, from 0.1 ms on.
    """
    ends = [max(0, round(8 * (math.log10(each) + 1))) for each in (median, late, worst)]
    return "█" * ends[0] + "─" * (ends[1] - ends[0]) + "·" * (ends[2] - ends[1])


def _milliseconds(question: Callable[[str], None], given: str) -> float:
    began = time.perf_counter()
    question(given)
    return (time.perf_counter() - began) * 1_000


def resident() -> float:
    """The memory of this process, in megabytes."""
    return int(STATM.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
