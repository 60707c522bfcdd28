"""`manage.py compare A B`: what one allows that the other doesn't, with proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from policyhub.commands import QuickCommand
from policyhub.compare.comparing import ComparedSides, PairOfSides
from policyhub.compare.evidence import Evidence
from policyhub.compare.sides import Side, UnusableSideError, document_side, read_side
from policyhub.iam.language.wording import plain
from policyhub.iam.reading.encoding import decoded


class Command(QuickCommand):
    """Compare two policies, versions or files."""

    help = (
        "Say whether two policies allow the same, one more than the other, or neither, with a "
        "request as proof of every difference."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two sides."""
        for name in ("left", "right"):
            parser.add_argument(
                name, help="NAME or ARN, optionally with @VERSION, a file, or a document"
            )
        parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
        parser.add_argument(
            "--contexts", choices=("aws", "any"), default="aws",
            help="the requests to reckon with: those that AWS can send, in which keys such as "
            "aws:CurrentTime are never missing, or any at all",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Read both sides, compare, and print."""
        try:
            sides = [
                _named_or_read_side(options[name], number)
                for number, name in enumerate(("left", "right"), start=1)
            ]
        except UnusableSideError as error:
            raise CommandError(str(error), returncode=2 if error.is_ambiguous else 1) from error
        compared = ComparedSides(sides, any_context=options["contexts"] == "any")
        if options["json"]:
            self.stdout.write(json.dumps(compared.to_dict(), indent=1))
            return
        for line in _pair_in_words(compared.pairs[0], compared.contexts_in_words):
            self.stdout.write(line)


def _named_or_read_side(given: str, number: int) -> Side:
    """A side by name or, where there is such a file, by its content; or a document itself."""
    if given.lstrip().startswith("{"):
        return read_side(given, number)
    path = Path(given)
    try:
        text = decoded(path.read_bytes()) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise UnusableSideError(f"{given} can't be read: {error}") from error
    return read_side(given) if text is None else document_side(text, given)


def _pair_in_words(pair: PairOfSides, contexts: str) -> Iterator[str]:
    yield from (f"{side.remark}." for side in (pair.left, pair.right) if side.remark)
    yield pair.sentence
    yield from ([pair.remark] if pair.remark else [])
    yield contexts
    yield from (f"  {reason}" for reason in pair.found.undecided)
    yield f"{pair.sizes_in_words}, counted with today's reference."
    yield from _risks_told(pair)
    for only in pair.evidence:
        yield f"Only {only.side.label} allows:"
        for each in only.items:
            yield from _evidence_in_words(each, only.other)
    yield "Statements:"
    for row in pair.statements:
        places = [
            "none" if each is None else f"{each.position + 1} {each.sid}".strip()
            for each in (row.left, row.right)
        ]
        clauses = f" ({', '.join(row.clauses)})" if row.clauses else ""
        yield f"  {row.change}: {' -> '.join(places)}{clauses}"


def _risks_told(pair: PairOfSides) -> Iterator[str]:
    """The risks gained and lost, each with what it was and what it is."""
    if pair.risks is None or not pair.risks.in_words:
        return
    yield f"From {pair.left.label} to {pair.right.label}, {pair.risks.in_words}:"
    for each in (*pair.risks.gained, *pair.risks.lost):
        yield f"  {each.risk.title}: {each.before or 'not at all'} -> {each.after or 'not at all'}"


def _evidence_in_words(evidence: Evidence, other: Side) -> Iterator[str]:
    """The statement's sentence, then a request to try it with, which is only an example."""
    denied = f" ({other.label}: {plain(evidence.denied)})" if evidence.denied else ""
    yield f"  {plain(evidence.words)}{denied}"
    yield f"    for example: {evidence.examples[0].in_words()}"
    if evidence.never_asked:
        yield f"    {evidence.never_asked}"
    for words in evidence.absent_in_words:
        yield f"    shown {plain(words)}"
