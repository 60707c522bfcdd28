"""A document as numbered, highlighted lines, in pages of whole statements where they fit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from django.utils.safestring import SafeString
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import JsonLexer

from policyhub.catalog.access.line_blame import INDENT
from policyhub.seams import with_seams_in_long_words

PAGE_LINES = 400
# A statement too long for any page is begun on a page that has at least this much room.
WORTH_BEGINNING = 60

_STATEMENT = " " * INDENT + '"Statement": '
_ITEM = " " * 2 * INDENT
_WHITE_SPACE = re.compile(r'<span class="w">(\s*)</span>')
_LEXER = JsonLexer(ensurenl=False, stripnl=False)
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


@dataclass(frozen=True)
class Piece:
    """Lines `start` to `stop` (from 0, stop not included) of one statement, or between them."""

    statement: int | None
    start: int
    stop: int
    is_continued: bool = False

    @property
    def length(self) -> int:
        """How many lines."""
        return self.stop - self.start

    @property
    def first_line(self) -> int:
        """Its first line's number, from 1."""
        return self.start + 1


@dataclass(frozen=True)
class PrettyDocument:
    """The document indented, its lines and its pages."""

    text: str
    lines: tuple[str, ...]
    pages: tuple[tuple[Piece, ...], ...]
    # Of each statement, from its first line (from 0) to the one after its last.
    statement_lines: tuple[tuple[int, int], ...]

    def page_of(self, statement: int) -> int | None:
        """The page, from 1, on which a statement (from 1) begins."""
        for number, pieces in enumerate(self.pages, 1):
            if any(piece.statement == statement for piece in pieces):
                return number
        return None

    def marked_up(self, piece: Piece, margin: Sequence[str] = ()) -> SafeString:
        """The piece's lines, highlighted, each with its number, its anchor, and its margin."""
        text = "\n".join(self.lines[piece.start : piece.stop])
        return _marked_up(text, piece.first_line, tuple(margin))


@lru_cache(maxsize=8)
def pretty(document: str) -> PrettyDocument:
    """Lay out a document; the order of its elements stays."""
    text = json.dumps(json.loads(document), indent=INDENT, ensure_ascii=False)
    lines = tuple(text.split("\n"))
    statements = tuple(_statement_ranges(lines))
    pages = tuple(map(tuple, _pages(_pieces(statements, len(lines)))))
    return PrettyDocument(text, lines, pages, statements)


def _pieces(statements: Iterable[tuple[int, int]], line_count: int) -> Iterator[Piece]:
    """Divide the lines: each statement, and what is before and after them."""
    end = 0
    for number, (start, stop) in enumerate(statements, 1):
        if start > end:
            yield Piece(None, end, start)
        yield Piece(number, start, stop)
        end = stop
    if end < line_count:
        yield Piece(None, end, line_count)


def _statement_ranges(lines: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Find where each statement's lines begin and end, by their indentation."""
    margin, start = "", -1
    for number, line in enumerate(lines):
        if line.startswith(_STATEMENT):
            margin = _ITEM if line.endswith("[") else " " * INDENT
            start = number if line.endswith("{") else -1
        elif not margin or not line.startswith(margin) or line.startswith(margin + " "):
            continue
        elif line[len(margin)] == "{":
            start = number
        elif line[len(margin)] == "}" and start >= 0:
            yield start, number + 1
            start = -1


def _pages(pieces: Iterator[Piece]) -> list[list[Piece]]:
    pages: list[list[Piece]] = [[]]
    for piece in pieces:
        rest: Piece | None = piece
        while rest is not None:
            room = PAGE_LINES - sum(each.length for each in pages[-1])
            taken, rest = _divide(rest, room)
            if taken is None:
                pages.append([])
            else:
                pages[-1].append(taken)
    return pages


def _divide(piece: Piece, room: int) -> tuple[Piece | None, Piece | None]:
    """Return what goes on a page with so much room, and what is left for the next."""
    if piece.length <= room:
        return piece, None
    if piece.length <= PAGE_LINES or room < WORTH_BEGINNING:
        return None, piece
    cut = piece.start + room
    return (
        Piece(piece.statement, piece.start, cut, piece.is_continued),
        Piece(piece.statement, cut, piece.stop, True),
    )


@lru_cache(maxsize=64)
def _marked_up(text: str, first_line: int, margin: tuple[str, ...]) -> SafeString:
    """Highlight lines. No token of JSON laid out like this crosses the end of a line."""
    colored = _WHITE_SPACE.sub(r"\1", highlight(text, _LEXER, _FORMATTER)).removesuffix("\n")
    colored = with_seams_in_long_words(colored)
    lines = enumerate(zip_longest(colored.split("\n"), margin, fillvalue=""), first_line)
    return SafeString(
        "".join(
            f'<span class="line" id="L{number}">'
            f'<a class="linenos" href="#L{number}" tabindex="-1">{number}</a>{line}{beside}'
            "\n</span>"
            for number, (line, beside) in lines
        )
    )
