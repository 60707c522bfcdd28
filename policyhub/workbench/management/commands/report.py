"""`manage.py report NAME|FILE`: a review on record, with the digest that the page has."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from policyhub.catalog.sources.items import Rejection
from policyhub.commands import QuickCommand
from policyhub.iam.language.elements import Usage
from policyhub.judge.lint.codes import LINT
from policyhub.judge.reporting.command import SOMETHING, UNUSABLE
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.sources import gather_documents
from policyhub.workbench.reports.markdown import review_in_markdown
from policyhub.workbench.reports.review import ReviewKind, ReviewReport, review_of
from policyhub.workbench.reports.since import UnusableSinceError
from policyhub.workbench.reports.standalone import standalone_html
from policyhub.workbench.reports.subject import (
    ReportSubject,
    UnusableSubjectError,
    subject_of_text,
    subject_of_version,
)
from policyhub.workbench.versions import version_named


class Command(QuickCommand):
    """Report on documents."""

    help = (
        "Print a review on record: verdict, risks with their proofs, bounds, denies, linting, "
        "checks, and changes since the last review. Exit 0 if linting finds nothing at or above "
        "--fail-on, 1 if it finds something, 2 if a source can't be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sources, the last review, and how to print."""
        parser.add_argument(
            "sources", nargs="+", metavar="SOURCE",
            help="a policy's name or ARN, NAME@v20 for a version; a file, a folder, - for standard "
            "input; several are a set, on one role or user",
        )  # fmt: skip
        parser.add_argument(
            "--compare", action="store_true", help="compare two sources: the second with the first"
        )
        parser.add_argument(
            "--since", default="", metavar="VERSION|DAY",
            help="the last review, by version (v20) or day (2026-01-31); if left out, the version "
            "before",
        )  # fmt: skip
        parser.add_argument(
            "--format", choices=sorted(_FORMATS), default="markdown", help="how to print"
        )
        parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it")
        parser.add_argument(
            "--fail-on", choices=LINT.thresholds, default="error", metavar="TYPE",
            help=f"exit 1 from this type on: {', '.join(LINT.thresholds)}; error if left out",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge, print, and exit."""
        subjects = self._subjects(options["sources"])
        kind = _kind(subjects, compares=options["compare"])
        today = datetime.now(UTC).date()
        try:
            review = review_of(kind, subjects, options["since"], today)
        except UnusableSinceError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        text = _FORMATS[options["format"]](review)
        if options["output"] is None:
            self.stdout.write(text, ending="")
        else:
            options["output"].write_text(text, encoding="utf-8")
        types = {each.type for subject in subjects for each in subject.findings}
        if any(LINT.counts(each, options["fail_on"]) for each in types):
            sys.exit(SOMETHING)

    def _subjects(self, sources: Iterable[str]) -> list[ReportSubject]:
        """The documents of all sources; with one that can't be used there is no report."""
        found: list[ReportSubject] = []
        unusable = False
        for source in sources:
            for each in gather_documents([source]):
                if isinstance(each, SourceDocument) and each.usage is Usage.TRUST:
                    # It grants its holder nothing.
                    continue
                try:
                    found.append(_subject(each, source))
                except UnusableSubjectError as error:
                    unusable = True
                    place = each.place if isinstance(each, Rejection) else each.source
                    self.stderr.write(f"{place}: {error}")
        if unusable or not found:
            sys.exit(UNUSABLE)
        return found


def _subject(given: SourceDocument | Rejection, source: str) -> ReportSubject:
    if isinstance(given, Rejection):
        raise UnusableSubjectError(given.reason)
    if not given.file:
        return subject_of_version(version_named(source))
    return subject_of_text(given.source, given.text, given.is_aws_managed)


def _kind(subjects: list[ReportSubject], *, compares: bool) -> ReviewKind:
    if not compares:
        return "policy" if len(subjects) == 1 else "set"
    if len(subjects) != 2:
        message = f"--compare takes two documents, and there are {len(subjects)}"
        raise CommandError(message, returncode=UNUSABLE)
    return "comparison"


def _as_json(review: ReviewReport) -> str:
    return f"{json.dumps(review.to_dict(), indent=1, ensure_ascii=False, cls=DjangoJSONEncoder)}\n"


_FORMATS: dict[str, Callable[[ReviewReport], str]] = {
    "html": standalone_html,
    "json": _as_json,
    "markdown": review_in_markdown,
}
