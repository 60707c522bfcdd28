"""Requests that only read are answered from a replica; whoever wrote sees what they wrote.

A client that wrote has a cookie with the position of the primary after that, and reads from a
replica only when it has come so far. A request of which a replica fails is answered once more.
"""

from __future__ import annotations

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from policyhub.http import Answering
from policyhub.replicas.positions import pool, written
from policyhub.replicas.routing import RequestReads, reading_from

# Whoever edits decides by what is stored now.
_ON_THE_PRIMARY = ("/admin/", "/login/", "/logout/", "/account/")
COOKIE = "policyhub_written"
_LONGEST_POSITION = 20
# Long after that every replica has followed, or is left out for being behind.
_COOKIE_SECONDS = 3_600


def read_from_replicas(get_response: Answering) -> Answering:
    """Middleware, outside of the one that gives failures their shape."""

    def answer(request: HttpRequest) -> HttpResponse:
        alias = _database_for(request)
        with reading_from(alias) as reading:
            response = get_response(request)
        if reading.failed is not None and response.status_code >= 500:
            pool.shelve(alias, reading.failed)
            with reading_from(DEFAULT_DB_ALIAS) as reading:
                response = get_response(request)
        return _marked(response, reading)

    return answer


def _database_for(request: HttpRequest) -> str:
    if request.method not in ("GET", "HEAD") or request.path_info.startswith(_ON_THE_PRIMARY):
        return DEFAULT_DB_ALIAS
    return pool.choose(_position_of(request))


def _position_of(request: HttpRequest) -> int:
    """What the cookie says, 0 without one; nobody but its sender is served by it."""
    text = request.COOKIES.get(COOKIE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_POSITION else 0


def _marked(response: HttpResponse, reading: RequestReads) -> HttpResponse:
    """The answer, after a write with the position of the primary."""
    if not reading.has_written:
        return response
    try:
        position = written()
    except Error:
        # Then there is nothing to see of what was written either.
        return response
    response.set_cookie(
        COOKIE, str(position), max_age=_COOKIE_SECONDS, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    patch_cache_control(response, private=True)
    return response
