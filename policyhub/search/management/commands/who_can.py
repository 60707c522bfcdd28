"""`manage.py who_can`: which managed policies let someone do this, on that, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from policyhub.catalog.compiled import get_catalogue
from policyhub.catalog.reference import get_reference
from policyhub.catalog.terminal import ending_with_the_reader
from policyhub.iam.wording import plain
from policyhub.search.who_can import Answer, SenselessQuestionError, questions, read_pairs, who_can

_HEADINGS = {"yes": "Yes", "conditional": "Only when", "no": "No, though near"}


class Command(BaseCommand):
    """Ask every managed policy at its default version, without an AWS account."""

    help = "List the managed policies that allow an action: freely, under conditions, or nearly."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the question."""
        parser.add_argument("action", help="such as iam:PassRole, or ecs:Run* for several")
        parser.add_argument("--resource", default="", help="an ARN; by default whichever")
        parser.add_argument(
            "--context", action="append", default=[], metavar="KEY=VALUE",
            help="a context key; given twice, the key has a list; others are open",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the answers as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, and print the answers, the freest first."""
        try:
            context = read_pairs(options["context"])
            catalogue = get_catalogue()
            asked = questions(
                catalogue, get_reference(), options["action"], options["resource"], context
            )
        except SenselessQuestionError as error:
            raise CommandError(f"{error.parameter}: {error}") from error
        except DatabaseError as error:
            raise CommandError(
                f"the managed policies can't be read ({error}): run `uv run manage.py start` "
                "once, which prepares the database"
            ) from error
        with ending_with_the_reader():
            self._print(who_can(catalogue, asked), as_json=options["json"])

    def _print(self, answers: list[Answer], as_json: bool) -> None:
        if as_json:
            rows = [each.to_dict() for each in answers]
            self.stdout.write(json.dumps({"count": len(rows), "results": rows}, indent=1))
            return
        for line in _in_words(answers):
            self.stdout.write(line)


def _in_words(answers: list[Answer]) -> Iterator[str]:
    if not answers:
        yield "No managed policy allows it, and none is near."
    for name, heading in _HEADINGS.items():
        rows = [each for each in answers if each.name == name]
        if rows:
            yield f"{heading}: {len(rows):,}"
        for each in rows:
            yield f"  {each.policy} ({each.version_id}), {each.action}{_remark(each)}"


def _remark(answer: Answer) -> str:
    if answer.conditions:
        return f": {plain(answer.conditions)}"
    if answer.near:
        return f": {plain(answer.near[0])}"
    return ": a statement denies it" if answer.name == "no" else ""
