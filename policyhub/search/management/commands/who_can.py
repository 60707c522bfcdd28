"""`manage.py who_can`: which managed policies let someone do this, on that, and when."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.access.catalogue import Catalogue
from policyhub.catalog.access.current import get_catalogue, stored_catalogue
from policyhub.catalog.access.on_a_day import CatalogueDay, catalogue_day
from policyhub.catalog.reference.in_memory import get_reference
from policyhub.commands import QuickCommand
from policyhub.iam.language.days import read_day
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.document import MAX_DOCUMENT_BYTES
from policyhub.iam.reading.encoding import decoded
from policyhub.search.best_fit.fits import BestFit, Fit
from policyhub.search.best_fit.least_privilege import LeastPrivilege, least_privilege
from policyhub.search.best_fit.needed_actions import needed_actions
from policyhub.search.who_can.answers import Answer
from policyhub.search.who_can.asking import who_can
from policyhub.search.who_can.questions import (
    InvalidQuestionError,
    doubts_of,
    questions,
    read_pairs,
)

STANDARD_INPUT = "-"
# Four bytes a character at most: what is longer is refused as too long.
MOST_BYTES = 4 * MAX_DOCUMENT_BYTES + 1
_HEADINGS = {"yes": "Yes", "conditional": "Only when", "no": "No (near miss or denied)"}


class Command(QuickCommand):
    """Ask every managed policy at its default version, without an AWS account."""

    help = "List the managed policies that allow an action: always, under conditions, or almost."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the question."""
        parser.add_argument(
            "action", nargs="+",
            help="such as iam:PassRole, or ecs:Run* for several. Of several arguments, or of a "
            "policy document (its text, a file, or - for standard input), the managed policies "
            "that fit best are printed",
        )  # fmt: skip
        parser.add_argument(
            "--resource",
            default="",
            help="an ARN, or a type such as ecs:cluster; by default any resource",
        )
        parser.add_argument(
            "--context", action="append", default=[], metavar="KEY=VALUE",
            help="KEY=VALUE; repeat a key for a list; keys not given stay open",
        )  # fmt: skip
        parser.add_argument(
            "--at", default="", metavar="YYYY-MM-DD",
            help="ask the versions that were in force on that day",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print the answers as JSON")
        parser.add_argument(
            "--any-policy", action="store_true",
            help="best fit: also consider policies that can't be attached",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, and print the answers, the freest first."""
        try:
            context = read_pairs(options["context"])
            options["action"] = list(map(_text_of, options["action"]))
            if len(options["action"]) > 1 or not _is_one_action(options["action"][0]):
                self._print_best_fit(options, get_catalogue())
                return
            day = _day(options["at"])
            # One question asks the database sooner than every document is read.
            catalogue = day.catalogue() if day else stored_catalogue()
            asked = questions(
                catalogue, get_reference(), options["action"][0], options["resource"], context
            )
        except InvalidQuestionError as error:
            raise CommandError(f"{error.parameter}: {error}") from error
        self._print(who_can(catalogue, asked), doubts_of(asked), day, as_json=options["json"])

    def _print_best_fit(self, options: dict[str, Any], catalogue: Catalogue) -> None:
        if options["resource"] or options["context"] or options["at"]:
            raise CommandError(
                "--resource, --context and --at apply to one action: leave them out for several"
            )
        reference = get_reference()
        needed = needed_actions("\n".join(options["action"]), catalogue, reference)
        fit = BestFit(catalogue, reference, needed.actions, options["any_policy"])
        alternative = least_privilege(needed, reference)
        if options["json"]:
            answer = fit.to_dict() | alternative.to_dict()
            self.stdout.write(json.dumps(answer, indent=1))
            return
        for line in _best_fit_in_words(fit, alternative):
            self.stdout.write(line)

    def _print(
        self, answers: list[Answer], doubts: list[str], day: CatalogueDay | None, as_json: bool
    ) -> None:
        if as_json:
            rows = [each.to_dict() for each in answers]
            about = {"doubts": doubts, **(day.to_dict() if day else {})}
            answer = {"count": len(rows), **about, "results": rows}
            self.stdout.write(json.dumps(answer, indent=1))
            return
        for line in (*(day.remarks if day else ()), *doubts, *_answers_in_words(answers)):
            self.stdout.write(line)


def _day(text: str) -> CatalogueDay | None:
    """The catalogue on the day that is asked about. Raises `InvalidQuestionError`."""
    try:
        return catalogue_day(read_day(text)) if text else None
    except ValueError as error:
        raise InvalidQuestionError("at", str(error)) from error


def _is_one_action(text: str) -> bool:
    """Whether a text names an action or a pattern of them, not a list or a document."""
    return not text.lstrip().startswith("{") and len(text.replace(",", " ").split()) < 2


def _text_of(argument: str) -> str:
    """An argument itself, or the text of the file that it names; `-` is standard input."""
    try:
        if argument == STANDARD_INPUT:
            return decoded(sys.stdin.buffer.read(MOST_BYTES)).strip()
        path = Path(argument)
        if ":" in argument or argument.lstrip().startswith("{") or not path.is_file():
            return argument
        with path.open("rb") as file:
            return decoded(file.read(MOST_BYTES)).strip()
    except (OSError, ValueError) as error:
        raise CommandError(f"{argument[:200]} can't be read: {error}") from error


def _best_fit_in_words(fit: BestFit, alternative: LeastPrivilege) -> Iterator[str]:
    for heading, found in (
        ("Granted on every resource, without a condition", fit.freely()),
        ("Some only on some resources or under conditions", fit.in_bounds()),
    ):
        yield f"{heading}:"
        if found.uncovered:
            yield f"  no policy grants {', '.join(found.uncovered)}"
        for each in found.fits:
            yield f"  {' + '.join(each.names)}: {_in_addition(each)}"
            for action, name, freedom in each.bounded:
                yield f"    {action}: {freedom} by {name}"
        if not found.is_proven:
            yield "  there may be better ones: the search was cut short"
    for warning in alternative.warnings:
        yield f"Warning: {warning.message}"
        yield json.dumps({"Condition": warning.to_dict()["condition"]}, indent=2)
    yield f"Exactly these actions, {alternative.size:,} characters without white space:"
    yield alternative.text
    yield from alternative.notes


def _in_addition(fit: Fit) -> str:
    levels = ", ".join(f"{count:,} {level}" for level, count in fit.excess_counts.items() if count)
    if not levels:
        return "grants nothing else"
    plural = "" if fit.excess_total == 1 else "s"
    return f"grants {fit.excess_total:,} other action{plural} ({levels}; weight {fit.excess:,})"


def _answers_in_words(answers: list[Answer]) -> Iterator[str]:
    if not answers:
        yield "No managed policy allows it, and there are no near misses."
    for name, heading in _HEADINGS.items():
        rows = [each for each in answers if each.name == name]
        if rows:
            yield f"{heading}: {len(rows):,}"
        for each in rows:
            on = f" on {' and '.join(each.resources)}" if each.resources else ""
            yield f"  {each.policy} ({each.version_id}), {each.action}{on}{_remark(each)}"


def _remark(answer: Answer) -> str:
    because = answer.grounds.in_words
    if answer.conditions:
        return f": {plain(answer.conditions)} ({because})"
    near = f"; {plain(answer.near[0])}" if answer.near else ""
    return f": {because}{near}"
