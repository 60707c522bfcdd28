"""`manage.py minimise FILE`: the same policy in fewer characters, proved."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandParser

from policyhub.catalog.sources.items import Rejection
from policyhub.commands import QuickCommand
from policyhub.iam.language.elements import Usage
from policyhub.iam.reading.encoding import decoded
from policyhub.iam.reading.policy_kinds import KINDS, quota_of
from policyhub.judge.reporting.documents import SourceDocument
from policyhub.judge.reporting.options import add_kind, add_sources
from policyhub.judge.reporting.sources import gather_documents
from policyhub.workbench.documents import UnusableDocumentError, characters
from policyhub.workbench.minimising.minimised import MinimisedPolicy, minimised
from policyhub.workbench.minimising.splitting import UnsplittableError, say_together, split

# Those that name no principals, which a comparison is not about.
_MINIMISED = (Usage.IDENTITY, Usage.BOUNDARY, Usage.SESSION, Usage.SERVICE_CONTROL)
_PROOFS = {
    "equivalent": "proved: both allow the same, whatever the request",
    "equivalent-today": "proved for all actions that are known today: both allow the same",
}
_TOGETHER = {
    True: "which together allow the same: proved",
    False: "of which it is not proved that together they allow the same",
}


@dataclass(frozen=True)
class _Result:
    """A source, the smaller document, and the documents to attach.

    `is_whole` says whether these are seen to say together what the smaller document says.
    """

    source: str
    found: MinimisedPolicy
    documents: Sequence[Any]
    is_whole: bool

    @property
    def remarks(self) -> list[str]:
        """What else is to be known, in sentences without a full stop."""
        found = self.found
        several = len(self.documents) > 1
        return [
            *([f"unchanged: {found.why_no_step}"] if found.why_no_step else []),
            *(f"not decided: {each}" for each in found.doubts),
            *([f"{len(self.documents)} documents, {_TOGETHER[self.is_whole]}"] if several else []),
        ]

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "before": self.found.before,
            "after": self.found.after,
            "verdict": self.found.verdict,
            "unchanged": self.found.why_no_step or None,
            "steps": self.found.steps_to_dict(),
            "openTo": [each.to_dict() for each in self.found.open_to],
            "undecided": list(self.found.doubts),
            "documents": list(self.documents),
            "documentsVerdict": "equivalent" if self.is_whole else "undecided",
        }


class Command(QuickCommand):
    """Make documents smaller."""

    help = (
        "Print the same policy in fewer characters: without what another part allows anyway, with "
        "statements joined that differ in one element only. Each step is proved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sources, the kind of policy, and how to print."""
        add_sources(parser)
        add_kind(parser, _MINIMISED)
        parser.add_argument(
            "--wildcards", action="store_true",
            help="write patterns for actions where they match exactly these today",
        )  # fmt: skip
        parser.add_argument(
            "--split", action="store_true",
            help="print several documents where one is over the quota of its kind",
        )  # fmt: skip
        parser.add_argument(
            "--format", choices=["json", "markdown", "text"], default="text", help="how to print"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Minimise, print, and exit 2 where a source can't be used."""
        results: list[_Result] = []
        failed = False
        for each in gather_documents(options["sources"], Usage(options["kind"])):
            try:
                results.append(_minimised(each, options))
            except (UnusableDocumentError, UnsplittableError, UnicodeDecodeError) as error:
                failed = True
                place = each.place if isinstance(each, Rejection) else each.source
                self.stderr.write(f"{place}: {error}")
        for line in _FORMATS[options["format"]](results):
            self.stdout.write(line)
        if failed:
            sys.exit(2)


def _minimised(given: SourceDocument | Rejection, options: dict[str, Any]) -> _Result:
    if isinstance(given, Rejection):
        raise UnusableDocumentError(given.reason)
    usage = given.usage or Usage(options["kind"])
    if usage not in _MINIMISED:
        raise UnusableDocumentError(
            f"{KINDS[usage].name} names principals: only others are minimised"
        )
    text = given.text if isinstance(given.text, str) else decoded(given.text)
    found = minimised(text, usage, wildcards=options["wildcards"])
    quota = quota_of(usage, "")
    documents = [found.document]
    if options["split"] and quota is not None:
        documents = split(found.document, quota.limit)
    is_whole = say_together(documents, found.document, usage)
    return _Result(given.source, found, documents, is_whole)


def _as_json(results: Sequence[_Result]) -> Iterator[str]:
    yield json.dumps({"results": [each.to_dict() for each in results]}, indent=1)


def _as_text(results: Sequence[_Result]) -> Iterator[str]:
    """The documents, and on lines that begin with `#` what was done."""
    for each in results:
        yield f"# {each.source}: {_amount(each.found)}; {_PROOFS[each.found.verdict]}"
        for step in each.found.steps:
            yield f"#   {step.kind}: {step.message}"
        for remark in each.remarks:
            yield f"#   {remark}"
        for document in each.documents:
            yield json.dumps(document, indent=2, ensure_ascii=False)


def _as_markdown(results: Sequence[_Result]) -> Iterator[str]:
    for each in results:
        yield f"## {each.source}\n\n{_amount(each.found)}; {_PROOFS[each.found.verdict]}.\n"
        for step in each.found.steps:
            yield f"- {step.kind}: {step.message}"
        for remark in each.remarks:
            yield f"- {remark}"
        for document in each.documents:
            yield f"\n{characters(document):,} characters:\n\n```json"
            yield json.dumps(document, indent=2, ensure_ascii=False)
            yield "```\n"


def _amount(found: MinimisedPolicy) -> str:
    return f"{found.before:,} characters are {found.after:,}"


_FORMATS = {"json": _as_json, "markdown": _as_markdown, "text": _as_text}
