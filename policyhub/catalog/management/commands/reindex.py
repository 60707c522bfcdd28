"""`manage.py reindex`: rebuild what is derived, or say whether any of it drifted."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console

from policyhub.catalog.deriving.derivers import late_derivers
from policyhub.catalog.deriving.indexing import find_drift, rebuild
from policyhub.catalog.models import CatalogState, PolicyVersion
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.catalog.signals import import_finished
from policyhub.commands import QuickCommand
from policyhub.terminal import progress_bar

_LONGEST_VALUE = 200


class Command(QuickCommand):
    """Rebuild, or with --check only compare."""

    help = (
        "Rebuild everything that is derived from the documents and the service authorization "
        "reference. With --check change nothing, name what drifted, and exit 1 if anything did."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the switch."""
        parser.add_argument("--check", action="store_true", help="only say what drifted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or check, and say what came of it."""
        if options["check"]:
            self._check()
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        count = PolicyVersion.objects.count()
        reference = get_reference()
        total = count + len(reference.actions)
        with progress_bar("Indexing", total, Console(stderr=True)) as advance:
            rebuild(advance)
            import_finished.send(Command)
        for each in late_derivers():
            state = each.state()
            left = state.of - state.done
            with progress_bar(each.what, left, Console(stderr=True)) as advance:
                each.bring_in(advance)
        self.stdout.write(f"{count:,} versions indexed by the reference {reference.version}")

    def _check(self) -> None:
        drifts = find_drift()
        for drift in drifts:
            place = f"{drift.version}: {drift.what}" if drift.version else drift.what
            expected, found = map(_shortened_value, (drift.expected, drift.found))
            self.stdout.write(f"{place}: should be {expected}, is {found}")
        if drifts:
            self.stdout.write(
                f"{len(drifts):,} derived values drifted: `manage.py reindex` rebuilds them"
            )
            sys.exit(1)
        self.stdout.write("Nothing drifted.")
        state = CatalogState.current()
        if state.history_done < state.history_total:
            self.stdout.write(
                f"The history is still being loaded: {state.history_done:,} of "
                f"{state.history_total:,} policies."
            )
        for each in late_derivers():
            late = each.state()
            if not late.is_complete:
                self.stdout.write(f"{each.what} goes on: {late.done:,} of {late.of:,} policies.")


def _shortened_value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
