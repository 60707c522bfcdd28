"""`manage.py template NAME --keep FILE`: what is chosen of a policy as a policy of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.sources.items import Rejection
from policyhub.commands import QuickCommand
from policyhub.iam.reading.encoding import decoded
from policyhub.judge.reporting.sources import gather_documents
from policyhub.workbench.building.added_conditions import ContradictingConditionError
from policyhub.workbench.building.choices import (
    InvalidChoicesError,
    TemplateChoices,
    read_choices,
)
from policyhub.workbench.building.copying import NothingLeftError
from policyhub.workbench.building.in_words import as_markdown, as_text
from policyhub.workbench.building.keeping import TooManyNamesError
from policyhub.workbench.building.recorded.reading import read_recorded
from policyhub.workbench.building.requests import UnusableRequestsError, read_requests
from policyhub.workbench.building.template import (
    PolicyTemplate,
    TemplateSource,
    template_source,
)
from policyhub.workbench.documents import UnusableDocumentError
from policyhub.workbench.outputs.all_outputs import OUTPUTS
from policyhub.workbench.outputs.naming import LONGEST_NAME, is_policy_name

FITS, DOES_NOT_FIT, UNUSABLE = 0, 1, 2
_UNUSABLE_CHOICES = (NothingLeftError, TooManyNamesError, ContradictingConditionError)


class Command(QuickCommand):
    """Make a policy out of what is chosen of another one."""

    help = (
        "Print what is chosen of a policy as a policy of its own, with the proof that it grants "
        "nothing beyond the original and still allows the requests that are required. Exit 0 if "
        "it fits, 1 if that is not proved or a request is not decided as expected, 2 if the policy "
        "or the choices can't be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the policy, the choices, the requests, and how to print."""
        parser.add_argument(
            "source", metavar="NAME[@VERSION]|FILE",
            help="a policy's name or ARN, NAME@v20 for a version; a file, or - for standard input",
        )  # fmt: skip
        parser.add_argument(
            "--keep", type=Path, metavar="FILE",
            help="the choices, a JSON file; without it all of the policy is kept",
        )  # fmt: skip
        parser.add_argument(
            "--requests", type=Path, metavar="FILE",
            help="requests that the copy must allow, one per line as `simulate --jsonl` takes them",
        )  # fmt: skip
        parser.add_argument(
            "--calls", type=Path, metavar="FILE",
            help="recorded calls that it must allow: events of CloudTrail as JSON, compressed "
            "or not, or messages of denied calls",
        )  # fmt: skip
        parser.add_argument(
            "--name", default="", help="the name of the new policy, in the formats that have one"
        )
        parser.add_argument(
            "--format", choices=["text", "markdown", *OUTPUTS], default="text",
            help="how to print; json has the document and everything that is known of it",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the copy, print it, and exit."""
        if options["name"] and not is_policy_name(options["name"]):
            raise CommandError(
                f"--name: IAM takes letters, digits and +=,.@-_, {LONGEST_NAME} at most",
                returncode=UNUSABLE,
            )
        choices = self._choices(options)
        try:
            template = PolicyTemplate(_source(options["source"]), choices)
        except _UNUSABLE_CHOICES as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        self.stdout.write(_printed(template, options), ending="")
        if not template.fits:
            self._complain(template)
            sys.exit(DOES_NOT_FIT)

    def _choices(self, options: dict[str, Any]) -> TemplateChoices:
        keep: Path | None = options["keep"]
        choices = TemplateChoices() if keep is None else _choices_in(keep)
        requests = [*choices.requests, *_requests_in(options["requests"])]
        if options["calls"] is not None:
            requests += self._recorded(options["calls"])
        return replace(choices, requests=tuple(requests))

    def _recorded(self, path: Path) -> Sequence[Any]:
        """The requests of recorded calls; what can't be told is said on standard error."""
        found = read_recorded(_bytes(path))
        if found.problems:
            raise CommandError(f"{path}: {found.problems[0]}", returncode=UNUSABLE)
        for each in found.unknown:
            times = f" ({each.times:,} times)" if each.times > 1 else ""
            self.stderr.write(f"not known: {each.call}{times}: {each.why}")
        return found.requests

    def _complain(self, template: PolicyTemplate) -> None:
        """Say on standard error what does not fit, whatever is printed."""
        if template.containment.answer != "proved":
            self.stderr.write(f"the copy {template.containment.sentence}")
        for each in template.required:
            if not each.passed:
                self.stderr.write(f"request {each.id}: {each.decision or each.why}")


def _printed(template: PolicyTemplate, options: dict[str, Any]) -> str:
    match options["format"]:
        case "text":
            return as_text(template)
        case "markdown":
            return as_markdown(template)
        case "json":
            return f"{json.dumps(template.to_dict(), indent=1, ensure_ascii=False)}\n"
    return OUTPUTS[options["format"]].write(template, options["name"])


def _source(given: str) -> TemplateSource:
    """The one document of a source. Raises `CommandError`."""
    found = list(gather_documents([given]))
    usable = [each for each in found if not isinstance(each, Rejection)]
    if len(usable) != 1:
        raise CommandError(_why_not_one(given, found, len(usable)), returncode=UNUSABLE)
    document = usable[0]
    try:
        text = document.text if isinstance(document.text, str) else decoded(document.text)
        return template_source(text, document.source, is_aws_managed=document.is_aws_managed)
    except (UnusableDocumentError, UnicodeDecodeError) as error:
        raise CommandError(f"{given}: {error}", returncode=UNUSABLE) from error


def _why_not_one(given: str, found: Sequence[Any], usable: int) -> str:
    reasons = [each.reason for each in found if isinstance(each, Rejection)]
    if reasons and not usable:
        return f"{given}: {reasons[0]}"
    return f"{given}: {usable} documents: give a source with one"


def _choices_in(path: Path) -> TemplateChoices:
    try:
        return read_choices(json.loads(_text_of_file(path)))
    except InvalidChoicesError as error:
        listed = "\n".join(f"  {each}" for each in error.problems)
        raise CommandError(f"{path} can't be used:\n{listed}", returncode=UNUSABLE) from error
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}", returncode=UNUSABLE) from error


def _requests_in(path: Path | None) -> Sequence[Any]:
    if path is None:
        return ()
    try:
        return read_requests(_text_of_file(path))
    except UnusableRequestsError as error:
        raise CommandError(f"{path}: {error}", returncode=UNUSABLE) from error


def _text_of_file(path: Path) -> str:
    try:
        return decoded(_bytes(path))
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text", returncode=UNUSABLE) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = f"{path} can't be read: {error.strerror}"
        raise CommandError(reason, returncode=UNUSABLE) from error
