"""What the commands that judge have in common: arguments, baseline, formats and exit status."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.sources.items import Rejection
from policyhub.catalog.sources.problem_places import place_in_file
from policyhub.commands import QuickCommand
from policyhub.iam.language.elements import Usage
from policyhub.judge.reporting.baseline import (
    Baseline,
    UnusableBaselineError,
    baseline_of,
    read_baseline,
)
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.formats.all_formats import FORMATS
from policyhub.judge.reporting.options import add_sources
from policyhub.judge.reporting.report import JudgedSource, Report, ReportKind
from policyhub.judge.reporting.sources import gather_documents

NOTHING, SOMETHING, UNUSABLE = 0, 1, 2


class JudgingCommand(QuickCommand):
    """A command that judges documents, reports, and exits 0, 1 or 2.

    0: nothing at or above `--fail-on`; 1: something; 2: a source or the baseline is unusable.
    """

    kind: ReportKind
    default_threshold: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what every such command takes."""
        thresholds = self.kind.thresholds
        self.add_sources(parser)
        parser.add_argument(
            "--format", choices=sorted(FORMATS), default="text", help="how to report"
        )
        parser.add_argument(
            "--fail-on", choices=thresholds, default=self.default_threshold, metavar="TYPE",
            help=f"exit 1 from this type on: {', '.join(thresholds)}; "
            f"{self.default_threshold} if left out",
        )  # fmt: skip
        parser.add_argument(
            "--baseline", type=Path, metavar="FILE",
            help="findings that are accepted, each with a reason and perhaps a last day",
        )  # fmt: skip
        parser.add_argument(
            "--write-baseline", metavar="REASON",
            help="write what is found to the baseline, accepted for this reason",
        )  # fmt: skip
        parser.add_argument(
            "--until", type=_day, metavar="DAY",
            help="with --write-baseline: the last day on which the findings are accepted",
        )  # fmt: skip

    sources_nargs: ClassVar[str] = "+"

    def add_sources(self, parser: CommandParser) -> None:
        """Declare what is judged."""
        add_sources(parser, self.sources_nargs)

    @abstractmethod
    def judged(self, document: SourceDocument, options: dict[str, Any]) -> JudgedSource:
        """What is found in a document."""

    def judged_all(
        self, documents: Sequence[SourceDocument], options: dict[str, Any]
    ) -> list[JudgedSource]:
        """What is found in documents, each by itself."""
        return [self.judged(each, options) for each in documents]

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge, report, and exit."""
        baseline = self._baseline(options)
        results, rejected = self._results(options)
        if options["write_baseline"] is not None:
            self._write_baseline(results, options)
            baseline = self._baseline(options)
        applied = [baseline.applied(each) for each in results]
        report = Report(self.kind, applied, options["fail_on"], _expired_in_words(baseline))
        self.stdout.write(FORMATS[options["format"]](report), ending="")
        for each in rejected:
            self.stderr.write(f"{each.place}: {each.reason}")
        status = UNUSABLE if rejected else SOMETHING if report.fails else NOTHING
        if status:
            sys.exit(status)

    def gathered(
        self, sources: Sequence[str], asked: Usage | None
    ) -> list[SourceDocument | Rejection]:
        """The documents of the sources, and what is unusable; `asked` is the kind, if any."""
        return list(gather_documents(sources, asked))

    def _results(self, options: dict[str, Any]) -> tuple[list[JudgedSource], list[Rejection]]:
        documents: list[SourceDocument] = []
        rejected: list[Rejection] = []
        asked = Usage(options["kind"]) if "kind" in options else None
        for each in self.gathered(options["sources"], asked):
            if isinstance(each, Rejection):
                rejected.append(each)
            else:
                documents.append(each)
        return self.judged_all(documents, options), rejected

    def _baseline(self, options: dict[str, Any]) -> Baseline:
        path: Path | None = options["baseline"]
        writes = options["write_baseline"] is not None
        if path is None and writes:
            raise CommandError("--write-baseline needs --baseline FILE", returncode=UNUSABLE)
        if path is None or (writes and not path.exists()):
            return Baseline()
        try:
            return read_baseline(path, date.today())
        except UnusableBaselineError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error

    def _write_baseline(self, results: Sequence[JudgedSource], options: dict[str, Any]) -> None:
        """Write the baseline again; what it accepted before keeps its reason and its last day."""
        path: Path = options["baseline"]
        made = baseline_of(
            results, options["write_baseline"], options["until"], self._baseline(options)
        )
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def judged_source(document: SourceDocument, findings: Sequence[ReportedFinding]) -> JudgedSource:
    """A result whose findings are placed in the document's file."""
    around = document.around
    is_document = around is not None and not around.path and around.text == document.text
    placed = tuple(_with_place_in_file(each, document) for each in findings)
    return JudgedSource(
        document.source, document.file, document.file_text, placed, is_document=is_document
    )


def _with_place_in_file(finding: ReportedFinding, document: SourceDocument) -> ReportedFinding:
    """A finding with line and column in the file in which the document is."""
    place = place_in_file(finding.path, finding.line, finding.column, document.around)
    line, column = place or (None, None)
    if document.around is None and isinstance(document.text, bytes):
        return finding
    return replace(finding, line=line, column=column)


def _expired_in_words(baseline: Baseline) -> list[str]:
    return [
        f"no longer accepted since {each.until}: {each.code} in {each.source} ({each.reason})"
        for each in baseline.expired
    ]


def _day(text: str) -> date:
    return date.fromisoformat(text)
