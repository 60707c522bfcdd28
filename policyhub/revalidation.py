"""Answers that depend only on the catalogue have a tag, and are made once for it.

The tag is known before the view runs: a client that has the answer gets a 304, one that has not
gets what was made for somebody else; either costs one query and no rendering. Of a
request that was cut short by its time nothing is tagged, for the next may get further.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags

from policyhub.compression import compressed, may_be_compressed, takes_brotli
from policyhub.http import Answering, is_of_older_index
from policyhub.kept_answers import kept_answers, largest_kept
from policyhub.older_answers import OlderAnswers, may_be_older
from policyhub.stale_answers import data_of

# The rooms whose pages hang on the catalogue.
_ROOMS = ("browse", "compare", "help", "search", "simulate")
_VARY = ("HX-Request", "HX-History-Restore-Request", "HX-Target")


class Revalidate:
    """Middleware, inside of those that see to sessions and logins."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response
        self.older = OlderAnswers()
        # Reads every source file: here, before workers are forked, and not in a first page.
        release_digest()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Tag an answer that was not known, and keep it."""
        response = self.get_response(request)
        tag = getattr(request, "tag", "")
        if tag and not response.has_header("ETag") and _is_of_data_alone(request, response):
            if _keep(request, response, tag):
                self.older.note(_asked(request), tag)
            _keep_but_ask(request, response, tag)
        elif tag and is_of_older_index(response) and may_be_older(request):
            self._keep_for_a_moment(request, response, tag)
        return response

    def _keep_for_a_moment(self, request: HttpRequest, response: HttpResponse, tag: str) -> None:
        """Keep what an older index found, which nobody else keeps, until today's has been asked."""
        asked = _asked(request)
        if _keep(request, response, f"older:{tag}"):
            self.older.note(asked, f"older:{tag}")

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        """Answer in place of the view where the client or this process has what it would."""
        found = request.resolver_match
        if request.method not in ("GET", "HEAD") or settings.DEBUG or found is None:
            return None
        if found.app_name not in _ROOMS:
            return None
        data = data_of(found)
        self.older.see(data.parts[:2])
        tag = _tag(request, data.parts)
        if tag in parse_etags(request.headers.get("If-None-Match", "")):
            return _keep_but_ask(request, HttpResponseNotModified(), tag)
        request.tag = tag  # type: ignore[attr-defined]
        kept = _kept(request, tag)
        if kept is None:
            return self._older(request, data.is_importing)
        self.older.note(_asked(request), tag)
        return _keep_but_ask(request, kept, tag)

    def _older(self, request: HttpRequest, is_importing: bool) -> HttpResponse | None:
        """The page of a moment ago, if there is one; today's is made beside."""
        if not may_be_older(request) or hasattr(request, "is_renewal"):
            return None
        asked = _asked(request)
        tag = self.older.tag(asked, is_importing)
        kept = tag and _kept(request, tag)
        if not tag or not kept:
            return None
        again = copy(request)
        again.is_renewal = True  # type: ignore[attr-defined]
        self.older.renew(asked, lambda: self(again))
        if kept.has_header("Cache-Control"):
            return kept
        if tag in parse_etags(request.headers.get("If-None-Match", "")):
            kept = HttpResponseNotModified()
        return _keep_but_ask(request, kept, tag)


def _keep(request: HttpRequest, response: HttpResponse, tag: str) -> bool:
    """Keep an answer that everybody gets who is not logged in, and say whether it is kept."""
    if response.streaming or request.method != "GET" or not _is_anybody(request):
        return False
    if len(response.content) > largest_kept():
        return False
    kept = compressed(response.content), dict(response.items())
    kept_answers().set(tag, kept)
    return True


def _kept(request: HttpRequest, tag: str) -> HttpResponse | None:
    if not largest_kept() or not _is_anybody(request):
        return None
    kept = kept_answers().get(tag)
    if kept is None:
        return None
    # Kept as it is sent, which takes a sixth of the memory, and no time to compress it again.
    content, headers = kept
    response = HttpResponse(brotli.decompress(content), headers=headers)
    if takes_brotli(request.headers.get("Accept-Encoding", "")) and may_be_compressed(response):
        patch_vary_headers(response, ["Accept-Encoding"])
        response.content = content
        response.headers["Content-Encoding"] = "br"
    return response


def _is_anybody(request: HttpRequest) -> bool:
    """Whether nothing of the request says who asks: pages name those who are logged in."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and "messages" not in request.COOKIES


def _tag(request: HttpRequest, data: Sequence[int | None]) -> str:
    """Everything that the answer hangs on; weak, for it is the same however compressed."""
    return f'W/"{_digest(_asked(request), data)}"'


def _asked(request: HttpRequest) -> str:
    """What the answer hangs on besides the data: pages contain the day they'd be printed on."""
    return _digest(
        release_digest(),
        request.build_absolute_uri(),
        [request.headers.get(name) for name in _VARY],
        # Curators see more than others: nobody's answer may pass for somebody's.
        request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""),
        today() if request.path.endswith("/") else "",
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode(errors="replace")).hexdigest()[:32]


def today() -> str:
    """The day that a page would be printed on, by the clock that templates go by."""
    return datetime.now(UTC).date().isoformat()


def _is_of_data_alone(request: HttpRequest, response: HttpResponse) -> bool:
    if response.status_code != 200 or response.cookies:
        return False
    budget = getattr(request, "budget", None)
    return not response.has_header("Cache-Control") and not getattr(budget, "is_spent", False)


def _keep_but_ask(request: HttpRequest, response: HttpResponse, tag: str) -> HttpResponse:
    """Keep it, but ask each time; what somebody got who may be logged in is theirs alone."""
    response["ETag"] = tag
    patch_vary_headers(response, _VARY)
    if settings.LOGIN_REQUIRED or not _is_anybody(request):
        patch_cache_control(response, no_cache=True, private=True)
        patch_vary_headers(response, ["Cookie"])
    else:
        patch_cache_control(response, no_cache=True)
    return response


@cache
def release_digest() -> str:
    """A digest of what makes answers of the data: code, templates, static files, versions.

    Servers of one release have the same, wherever it is installed.
    """
    sha = hashlib.sha256((settings.BASE_DIR / "pyproject.toml").read_bytes())
    for folder in ("policyhub", "templates", "static"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*.*")):
            if path.is_file() and path.suffix != ".pyc":
                place = path.relative_to(settings.BASE_DIR).as_posix()
                sha.update(place.encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()
