"""`manage.py lint SOURCE...`: what is wrong with policies, by AWS's checks and further ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from policyhub.judge.lint.codes import LINT
from policyhub.judge.lint.linting import KINDS, findings_of
from policyhub.judge.reporting.command import JudgingCommand, judged_source
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.options import add_kind
from policyhub.judge.reporting.report import JudgedSource


class Command(JudgingCommand):
    """Lint documents."""

    help = (
        "Say what is wrong with policies: what AWS rejects, what can never take effect, what "
        "grants more than it seems to. Exit 0 if nothing is at or above --fail-on, 1 if something "
        "is, 2 if a source can't be used."
    )
    kind = LINT
    default_threshold = "error"

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sources, the kind of policy, and how to report."""
        super().add_arguments(parser)
        add_kind(parser, KINDS.values())
        parser.add_argument(
            "--quick", action="store_true",
            help="leave out the rules that have to compare the policy with itself",
        )  # fmt: skip

    def judged(self, document: SourceDocument, options: dict[str, Any]) -> JudgedSource:
        """What is found in a document."""
        findings = findings_of(
            document.text,
            document.usage or KINDS[options["kind"]],
            is_aws_managed=document.is_aws_managed,
            proves=not options["quick"],
        )
        return judged_source(document, findings)
