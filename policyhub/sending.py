"""Long answers, which are written in pieces and sent while they are written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

# A longer answer is sent as it is written, so that it is never in memory as a whole.
_LONGEST_SENT_WHOLE = 1_000_000
_BYTES_IN_A_PIECE = 65_536
# Of a CSV file.
_ROWS_IN_A_PIECE = 200
_ENCODER = DjangoJSONEncoder(ensure_ascii=False)
# Blanks in front, seen or unseen, don't keep a spreadsheet from calculating, and some take the
# full-width signs like the others.
_BEGINS_A_FORMULA = re.compile(
    "[\t\r\n]|[\\s\x00-\x1f\u200b-\u200d\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]"
)


def sent_in_pieces(pieces: Iterator[bytes], content_type: str) -> HttpResponseBase:
    """What is short as a whole; what is long while it is written, so that it never is in memory."""
    begin, size = [], 0
    for piece in pieces:
        begin.append(piece)
        size += len(piece)
        if size > _LONGEST_SENT_WHOLE:
            whole = chain((b"".join(begin),), _gathered(pieces))
            return StreamingHttpResponse(whole, content_type=content_type)
    return HttpResponse(b"".join(begin), content_type=content_type)


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces: each costs the server a turn of its own."""
    some, size = [], 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size > _BYTES_IN_A_PIECE:
            yield b"".join(some)
            some, size = [], 0
    if some:
        yield b"".join(some)


def json_pieces(body: Any) -> Iterator[bytes]:
    """A value as JSON, each item of a list in an object on a line of its own."""
    return (text.encode(errors="backslashreplace") for text in _json_texts(body))


def _json_texts(body: Any) -> Iterator[str]:
    """An object's text, in pieces that are each encoded at once: by far the fastest way."""
    if not isinstance(body, dict) or not body:
        yield _ENCODER.encode(body)
        return
    before = "{"
    for name, value in body.items():
        yield f"{before}\n {_ENCODER.encode(name)}: "
        before = ","
        if isinstance(value, Iterator) or (isinstance(value, list | tuple) and value):
            yield "["
            for place, item in enumerate(value):
                yield f"{',' if place else ''}\n  {_ENCODER.encode(item)}"
            yield "\n ]"
        else:
            yield _ENCODER.encode(value)
    yield "\n}"


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The rows as a CSV file; see `csv_download`."""
    left = chain((header,), rows)
    while some := list(islice(left, _ROWS_IN_A_PIECE)):
        buffer = io.StringIO()
        csv.writer(buffer).writerows([[_inert(cell) for cell in row] for row in some])
        yield buffer.getvalue().encode()


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _BEGINS_A_FORMULA.match(cell) else cell
