"""The Document tab: highlighted JSON, each statement with its explanation next to it; and raw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from policyhub.browse.policy.head import head
from policyhub.browse.policy.shown import ShownPolicy, of_a_policy
from policyhub.browse.reading.json_lines import Piece, PrettyDocument, pretty
from policyhub.browse.reading.line_blame import lines_since
from policyhub.browse.reading.statements import StatementReading
from policyhub.catalog.access.blame import Since
from policyhub.http import HtmxHttpRequest, render_page


@dataclass(frozen=True)
class ShownPiece:
    """A piece of the document as the page shows it."""

    piece: Piece
    lines: SafeString
    statement: StatementReading | None


@of_a_policy
def document(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The document in pages of some hundred lines; `?statement=3` opens the page it is on."""
    laid_out = pretty(shown.version.document)
    page = _asked_page(request, laid_out)
    dated = _since_by_line(laid_out, shown)
    context = {
        **head(shown, "policy_document"),
        "page": page,
        "pieces": [_shown_piece(laid_out, piece, shown, dated) for piece in page.object_list[0]],
        "is_dated": bool(dated),
        "line_count": len(laid_out.lines),
        "statements": shown.reading.statements,
    }
    return render_page(
        request, "browse/policy/policy_document.html", "browse/policy/_document_page.html", context
    )


@of_a_policy
def raw_document(request: HtmxHttpRequest, shown: ShownPolicy) -> HttpResponse:
    """The document alone, indented, its elements in the source's order."""
    answer = HttpResponse(
        pretty(shown.version.document).text + "\n", content_type="application/json; charset=utf-8"
    )
    filename = f"{shown.policy.name}-{shown.shown.key}.json"
    answer["Content-Disposition"] = f'inline; filename="{filename}"'
    return answer


def _asked_page(request: HtmxHttpRequest, laid_out: PrettyDocument) -> Page[tuple[Piece, ...]]:
    """The page asked for by its number or by a statement; nonsense gives the nearest there is."""
    paginator = Paginator(laid_out.pages, 1)
    number, statement = request.GET.get("page"), request.GET.get("statement", "")
    # No statement has a number with that many digits, and converting it is slow.
    if number is None and statement.isascii() and statement.isdigit() and len(statement) < 6:
        return paginator.get_page(laid_out.page_of(int(statement)) or 1)
    return paginator.get_page(number)


def _since_by_line(laid_out: PrettyDocument, shown: ShownPolicy) -> list[Since | None]:
    """Since when each line is so; nothing of a policy of which one version is known."""
    rows = shown.until_now
    texts = ((Since.of(row, is_oldest=row == rows[0]), row.document) for row in rows)
    return lines_since(laid_out, texts) if rows else []


def _shown_piece(
    laid_out: PrettyDocument, piece: Piece, shown: ShownPolicy, dated: list[Since | None]
) -> ShownPiece:
    statement = None
    if piece.statement is not None:
        statement = shown.reading.statements[piece.statement - 1]
    margin = list(_margin(dated[piece.start : piece.stop], shown.version.version_id))
    return ShownPiece(piece, laid_out.marked_up(piece, margin), statement)


def _margin(dated: list[Since | None], shown: str) -> Iterator[str]:
    """What is next to each line: the version since which it is so, where it is another one."""
    above = None
    for since in dated:
        is_other = since is not None and since != above
        yield _mark_of_line(since, is_new=since.version_id == shown) if since and is_other else ""
        above = since or above


def _mark_of_line(since: Since, *, is_new: bool) -> str:
    day = f", {dateformat.format(since.day, 'j F Y')}" if since.day else ""
    sign = "\N{LESS-THAN OR EQUAL TO}" if since.or_earlier else "+" if is_new else ""
    return format_html(
        '<a class="since{}" href="?version={}" tabindex="-1" title="{}">{}{}</a>',
        " is-new" if is_new else "",
        since.version_id,
        f"In this statement since {since.name}{day}",
        sign,
        since.version_id or "unnumbered",
    )
