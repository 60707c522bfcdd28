"""`manage.py risks [SOURCE...]`: what is dangerous in policies, each claim with its proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.catalog.models import PolicyVersion
from policyhub.catalog.sources.items import Rejection
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.document import parse_policy, read_alone
from policyhub.judge.reporting.command import UNUSABLE, JudgingCommand, judged_source
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.report import JudgedSource
from policyhub.judge.reporting.sources import stored_document
from policyhub.judge.risks.attached import JudgedDocument, Vocabulary
from policyhub.judge.risks.findings import findings_of_risks, report_kind
from policyhub.judge.risks.judging import risks_of
from policyhub.judge.risks.paths import InvalidPathError, known_paths
from policyhub.judge.risks.rules_file import read_rules
from policyhub.judge.risks.rules_of_today import rules_of_today


class Command(JudgingCommand):
    """Judge what documents open."""

    help = (
        "Say what is dangerous in policies: which paths to more power or to data they open, "
        "freely or within bounds, and what rules others out. Every claim is proved by requests. "
        "Exit 0 if nothing is at or above --fail-on, 1 if something is, 2 if a source can't be "
        "used."
    )
    kind = report_kind()
    default_threshold = "free"
    sources_nargs = "*"
    vocabulary: Vocabulary | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sources, how they belong together, and further rules."""
        super().add_arguments(parser)
        parser.add_argument(
            "--together", action="store_true",
            help="all documents are attached to one role or user: judge them as one",
        )  # fmt: skip
        parser.add_argument(
            "--rules", type=Path, metavar="FILE",
            help="further paths, a YAML file in the form of the table that comes with Policyhub",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge with the rules that are asked for."""
        self._take_rules(options["rules"])
        super().handle(*args, **options)

    def gathered(
        self, sources: Sequence[str], asked: Usage | None
    ) -> list[SourceDocument | Rejection]:
        """The documents of the sources, of the whole catalogue without any."""
        found = super().gathered(sources, asked) if sources else list(_catalogue())
        return [_readable(each) for each in found if not _is_trust(each)]

    def judged(self, document: SourceDocument, options: dict[str, Any]) -> JudgedSource:
        """The risks of one document."""
        return self._judged([document], options)

    def judged_all(
        self, documents: Sequence[SourceDocument], options: dict[str, Any]
    ) -> list[JudgedSource]:
        """The risks of each document, or of all of them together."""
        if options["together"] and len(documents) > 1:
            return [self._judged(documents, options)]
        return super().judged_all(documents, options)

    def _judged(self, documents: Sequence[SourceDocument], options: dict[str, Any]) -> JudgedSource:
        risks = risks_of(*map(_as_judged, documents), vocabulary=self.vocabulary)
        result = judged_source(documents[0], findings_of_risks(risks))
        # Proofs have the whole documents in them: they are made where they are shown.
        told = [each.to_dict() for each in risks] if options["format"] == "json" else None
        return replace(result, source=" + ".join(each.source for each in documents), json=told)

    def _take_rules(self, path: Path | None) -> None:
        """Those of the database, and of a file where one is given."""
        own = rules_of_today().own
        try:
            given = read_rules(path, {each.id for each in own}) if path else ()
        except InvalidPathError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if own or given:
            self.vocabulary = Vocabulary([*known_paths(), *own, *given])
            self.kind = report_kind([*own, *given])


def _catalogue() -> Iterator[SourceDocument]:
    versions = PolicyVersion.objects.in_force().select_related("policy")
    yield from map(stored_document, versions.order_by("policy__key").iterator())


def _is_trust(found: SourceDocument | Rejection) -> bool:
    """Whether a document is a role's trust policy, which grants its holder nothing."""
    return isinstance(found, SourceDocument) and found.usage is Usage.TRUST


def _readable(found: SourceDocument | Rejection) -> SourceDocument | Rejection:
    if isinstance(found, Rejection):
        return found
    parsed = parse_policy(found.text)
    if parsed.policy is None:
        return Rejection(found.source, parsed.errors[0].message)
    return found


def _as_judged(document: SourceDocument) -> JudgedDocument:
    policy = read_alone(document.text)
    assert policy is not None  # noqa: S101 (others are rejected)
    return JudgedDocument(document.source, str(document.text), policy)
