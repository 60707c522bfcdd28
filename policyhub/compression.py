"""Brotli for answers that have no secret to guess; the others are left to Django's gzip.

Who can put text into a page and see how long it is compressed could guess a secret in it (BREACH).
Django's gzip hides the length; Brotli has no place for that, so that it takes only answers that
hang on no cookie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import brotli
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.cache import has_vary_header, patch_vary_headers

from policyhub.http import Answering

# Of 0 to 11. Measured on pages and JSON: smaller than gzip's 6, in no more of the processor's time.
QUALITY = 5
# The window, as a power of two, in bytes: what a long answer costs in memory while it is sent.
WINDOW = 18
# Shorter answers fit into a packet.
SHORTEST = 200
_TEXTS = ("text/", "application/json", "application/atom+xml", "application/rss+xml")


def compress(get_response: Answering) -> Answering:
    """Middleware, inside of GZipMiddleware."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not may_be_compressed(response):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if takes_brotli(request.headers.get("Accept-Encoding", "")):
            _compress(response)
        return response

    return answer


def takes_brotli(accepted: str) -> bool:
    """Whether an Accept-Encoding names `br` and does not give it the weight of nothing."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "br":
            return weight.replace(" ", "").rstrip("0") not in ("q=", "q=0.", "q=.")
    return False


def may_be_compressed(response: HttpResponse) -> bool:
    """Whether an answer is a text worth it, and has no secret."""
    if response.has_header("Content-Encoding") or response.cookies:
        return False
    if has_vary_header(response, "Cookie"):
        return False
    if not response.get("Content-Type", "").startswith(_TEXTS):
        return False
    return response.streaming or len(response.content) >= SHORTEST


def _compress(response: HttpResponse) -> None:
    if isinstance(response, StreamingHttpResponse):
        pieces: Iterable[bytes] = response.streaming_content
        response.streaming_content = _compressed(pieces)
        del response.headers["Content-Length"]
    else:
        response.content = compressed(response.content)
        response.headers["Content-Length"] = str(len(response.content))
    response.headers["Content-Encoding"] = "br"


def compressed(content: bytes) -> bytes:
    """A whole text as it is sent."""
    whole: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=QUALITY, lgwin=WINDOW)
    return whole


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=QUALITY, lgwin=WINDOW)
    for piece in pieces:
        if done := compressor.process(piece):
            yield done
    yield compressor.finish()
