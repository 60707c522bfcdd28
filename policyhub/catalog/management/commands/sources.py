"""`manage.py sources`: how old each source is, and how it is renewed."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.source_ages import SourceAge, source_ages
from policyhub.commands import QuickCommand


class Command(QuickCommand):
    """List the sources; fail where one is older than asked."""

    help = (
        "Say how old each source is (policies, history, reference, documentation, tables of "
        "facts), and how it is renewed. Exits 1 if one is older than --older-than allows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the form and the limit."""
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument(
            "--older-than", type=int, metavar="DAYS", help="fail if a source is older than this"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them, then fail or not."""
        limit = options["older_than"]
        if limit is not None and limit < 0:
            raise CommandError("--older-than takes a number of days, 0 or more", returncode=2)
        ages = source_ages()
        if options["json"]:
            results = [each.to_dict() for each in ages]
            self.stdout.write(json.dumps({"count": len(results), "results": results}, indent=1))
        else:
            for each in ages:
                self.stdout.write(_in_words(each))
        late = [each for each in ages if limit is not None and each.is_older_than(limit)]
        if late:
            names = ", ".join(each.name for each in late)
            raise CommandError(f"older than {limit:,} days: {names}")


def _in_words(source: SourceAge) -> str:
    days = source.days_old
    ago = "" if days is None else f" ({days:,} day{'s' if days != 1 else ''} ago)"
    renewal = source.renewal.replace("`", "")
    return f"{source.name}: {source.as_of or 'day not known'}{ago}\n    renew: {renewal}"
