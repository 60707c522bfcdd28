"""`manage.py simulate`: one request by flags, or many as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.facts.services import get_service_facts
from policyhub.catalog.naming import SeveralPoliciesError, find_policy, split_version
from policyhub.commands import QuickCommand
from policyhub.iam.answering.outcome import outcome
from policyhub.iam.answering.outcome_in_words import outcome_in_words
from policyhub.iam.answering.settled_layers import settled_layers
from policyhub.iam.comparing.contexts import contexts_of_request
from policyhub.iam.comparing.solver import Solver
from policyhub.iam.deciding.decision import Decision
from policyhub.iam.deciding.evaluation import evaluate
from policyhub.iam.deciding.simulation import InvalidSimulationError, Simulation, read_simulation
from policyhub.iam.explaining.answers_in_words import (
    changes_in_words,
    match_in_words,
    near_miss_in_words,
)
from policyhub.iam.explaining.explanation import Explanation, explain
from policyhub.iam.explaining.layers import layer_outlooks
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.encoding import decoded
from policyhub.simulate.managed import find_managed_for

if TYPE_CHECKING:
    from policyhub.simulate.expectations import JUnitReport, Tally

DENIED = 3
STANDARD_INPUT = "-"


class Command(QuickCommand):
    """Answer and explain, without an AWS account."""

    help = (
        "Say whether a request would be allowed, and why. Exits 0 when it is allowed as asked and "
        "3 when it is denied; with --jsonl, 0 when every line was answered, and as expected where "
        "it has `expect`, and 1 otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the request's flags and the file of requests."""
        parser.add_argument(
            "--jsonl", metavar="FILE", help="a file with one request per line; - is standard input"
        )
        parser.add_argument(
            "--policy", action="append", default=[], metavar="NAME[@VERSION]",
            help="a managed policy attached to the caller, by name or ARN",
        )  # fmt: skip
        parser.add_argument(
            "--policy-file", action="append", default=[], metavar="FILE",
            help="a policy document attached to the caller",
        )  # fmt: skip
        parser.add_argument("--action", help="such as ecs:RunTask")
        parser.add_argument("--resource", default="*", help="an ARN, or * for none")
        parser.add_argument("--principal", help="the caller's ARN")
        parser.add_argument(
            "--context", action="append", default=[], metavar="KEY=VALUE",
            help="KEY=VALUE; repeat a key for a list",
        )  # fmt: skip
        parser.add_argument(
            "--at", default="", metavar="YYYY-MM-DD",
            help="take policies named without a version as they were on that day",
        )  # fmt: skip
        parser.add_argument(
            "--junit", metavar="FILE", help="with --jsonl: write a report of the lines as JUnit XML"
        )
        parser.add_argument(
            "--replay", action="store_true",
            help="with --jsonl: say when each answer changed, over all versions of the policies",
        )  # fmt: skip
        parser.add_argument("--trace", action="store_true", help="explain every statement")
        parser.add_argument(
            "--no-reference", action="store_true",
            help="decide by the policies alone, whether or not such a request is possible",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer the one request, or all of the file."""
        sys.exit(self._answer(options))

    def _answer(self, options: dict[str, Any]) -> int:
        if options["jsonl"]:
            if options["at"]:
                raise CommandError('--at is for one request: write "at" into the lines of the file')
            if options["replay"]:
                return self._replay_file(options["jsonl"])
            return self._answer_file(options["jsonl"], options["trace"], options["junit"])
        return self._answer_one(self._simulation(options), options["trace"])

    def _answer_one(self, simulation: Simulation, with_trace: bool) -> int:
        decision = evaluate(simulation.request, simulation.policies)
        explanation = explain(simulation.request, simulation.policies)
        for line in (
            *_answer(simulation, decision, explanation),
            *_what_is_near(explanation),
            *(_every_statement(explanation) if with_trace else ()),
        ):
            self.stdout.write(_printable(line))
        return 0 if decision.is_allowed else DENIED

    def _answer_file(self, name: str, with_trace: bool, junit: str | None) -> int:
        # Here and below imported where lines are answered: one question begins sooner without.
        from policyhub.simulate.expectations import JUnitReport

        with ExitStack() as files:
            lines = files.enter_context(_opened(name))
            if junit is None:
                tally = self._answer_lines(lines, with_trace, None)
            else:
                target = files.enter_context(_created(junit))
                cases = files.enter_context(TemporaryFile("w+", encoding="utf-8"))
                report = JUnitReport(name, cases)
                tally = self._answer_lines(lines, with_trace, report)
                report.write_to(target, tally)
        if words := tally.in_words():
            self.stderr.write(words)
        return 0 if tally.is_clean else 1

    def _replay_file(self, name: str) -> int:
        from policyhub.simulate.lines import answer_lines, to_line

        is_clean = True
        with _opened(name) as lines:
            for result in answer_lines(lines, replay=True):
                is_clean = is_clean and "error" not in result
                self.stdout.write(to_line(result))
        return 0 if is_clean else 1

    def _answer_lines(
        self, lines: IO[bytes], with_trace: bool, report: JUnitReport | None
    ) -> Tally:
        from policyhub.simulate.expectations import Tally
        from policyhub.simulate.line_processes import answered_lines

        tally = Tally()
        for line in answered_lines(lines, with_trace):
            tally.count(line)
            if report is not None:
                report.add(line)
            self.stdout.write(line.text)
        return tally

    def _simulation(self, options: dict[str, Any]) -> Simulation:
        if not options["action"]:
            raise CommandError("--action is needed, such as --action ecs:RunTask (or --jsonl FILE)")
        given = {
            "action": options["action"],
            "resource": options["resource"],
            "context": _context(options["context"]),
            "identityPolicies": [
                *map(_managed, options["policy"]),
                *map(_document, options["policy_file"]),
            ],
        }
        if options["at"]:
            given["at"] = options["at"]
        if options["no_reference"]:
            given["reference"] = False
        if options["principal"]:
            given["principal"] = options["principal"]
        try:
            return read_simulation(
                given, find_managed_for(given), _names_of_files(options), facts=get_service_facts()
            )
        except InvalidSimulationError as error:
            raise CommandError(_printable(str(error))) from error


def _names_of_files(options: dict[str, Any]) -> dict[str, str]:
    """What documents out of files are called, by their place after the managed policies."""
    first = len(options["policy"])
    return {
        f"identityPolicies[{place}]": f"identity policy {file}"
        for place, file in enumerate(options["policy_file"], first)
    }


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    if name == STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror}") from error


def _created(name: str) -> IO[str]:
    try:
        return Path(name).open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{name} can't be written: {error.strerror}") from error


def _answer(simulation: Simulation, decision: Decision, explanation: Explanation) -> Iterator[str]:
    """The answer, what it rests on, and on what it depends."""
    request = simulation.request
    solver = Solver(contexts=contexts_of_request(request, simulation.policies))
    found = outcome(request, decision, explanation.depends_on, solver)
    layers = settled_layers(layer_outlooks(request, simulation.policies, decision), solver)
    return outcome_in_words(found, layers, request)


def _what_is_near(explanation: Explanation) -> Iterator[str]:
    """The statements one clause short of matching, and what would change the decision."""
    for near in explanation.near_misses:
        yield f"  near miss: {plain(near_miss_in_words(near, explanation.request))}"
    for changes in explanation.smallest_changes:
        yield f"  would change the decision: {plain(changes_in_words(changes))}"


def _every_statement(explanation: Explanation) -> Iterator[str]:
    for each in explanation.statements:
        yield from match_in_words(each.policy, each.match, explanation.request)


def _printable(line: str) -> str:
    """A line in which no sign of a document's commands the terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line
    )


def _managed(text: str) -> dict[str, str]:
    """A policy by name or ARN. Raises `CommandError` for a name that several policies have."""
    name, version = split_version(text)
    try:
        find_policy(name)
    except SeveralPoliciesError as error:
        raise CommandError(str(error), returncode=2) from error
    return {"managed": name} if version is None else {"managed": name, "version": version}


def _document(file: str) -> str:
    """The text of a policy document; its problems become part of the answer."""
    try:
        return decoded(Path(file).read_bytes())
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text (byte {error.start + 1})") from error


def _context(pairs: list[str]) -> dict[str, str | list[str]]:
    """Read KEY=VALUE pairs; a key given more than once has a list."""
    context: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise CommandError(f"--context {pair}: write it as KEY=VALUE")
        context.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in context.items()}
