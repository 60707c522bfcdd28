"""Since which version each line of a document as pages show it says what it says."""

from __future__ import annotations

from collections.abc import Iterable

from policyhub.browse.reading.json_lines import PrettyDocument
from policyhub.catalog.access.blame import Since
from policyhub.catalog.access.line_blame import said_by_lines, statements_since


def lines_since(
    laid_out: PrettyDocument, documents: Iterable[tuple[Since, str]]
) -> list[Since | None]:
    """For each line of a document, since when it is so; None for a line without a value.

    `documents` are the texts of its policy's versions, the oldest first; the document is the last.
    """
    found: list[Since | None] = [None] * len(laid_out.lines)
    for own, (start, stop) in zip(
        statements_since(documents), laid_out.statement_lines, strict=True
    ):
        for number, said in said_by_lines(laid_out.lines, start, stop):
            found[number] = own.get(said)
    return found
