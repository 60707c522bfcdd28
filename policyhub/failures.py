"""A failure in the shape of what was asked for: a page, a fragment, problem JSON, AWS's XML.

No shape needs the database: a page that says that it is gone must not ask it.
"""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig
from django.db import DataError, Error, IntegrityError, NotSupportedError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import SafeString
from django_htmx.middleware import HtmxDetails

from policyhub.http import Answering, json_answer, quotable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """What an answer says in place of what was asked for.

    `sentence` is Markdown of one line: what is wrong and how to fix it. `retry_after` is in
    seconds; `path` the place in the request that is meant, as problems have it.
    """

    status: int
    code: str
    title: str
    sentence: str
    retry_after: int | None = None
    path: str = ""


class FailedRequestError(Exception):
    """Raised where a request can't be answered; the answer takes the shape that was asked for."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        retry_after: int | None = None,
        path: str = "",
    ) -> None:
        super().__init__(sentence)
        self.failure = Failure(status, code, title_of(status), sentence, retry_after, path)


_TITLES: Final = {
    400: "The request was not understood",
    403: "You are not allowed to do this",
    404: "Page not found",
    405: "Method not allowed",
    408: "The request came too slowly",
    409: "Someone else saved in the meantime",
    413: "The request is too large",
    414: "The address is too long",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Not available right now",
}


def title_of(status: int) -> str:
    """The heading of a page with this status."""
    return _TITLES.get(status, _TITLES[400] if status < 500 else _TITLES[500])


def failure_answer(
    request: HttpRequest,
    status: int,
    code: str,
    sentence: str,
    retry_after: int | None = None,
    path: str = "",
) -> HttpResponse:
    """Answer with a failure: HTML page, htmx fragment, problem JSON, or AWS's XML at `/aws/`."""
    failure = Failure(status, code, title_of(status), sentence, retry_after, path)
    return answer_with(request, failure)


def answer_with(request: HttpRequest, failure: Failure) -> HttpResponse:
    """Answer with a failure in the shape that was asked for, never kept by a cache."""
    response = _shaped(request, failure)
    if failure.retry_after is not None:
        response["Retry-After"] = str(failure.retry_after)
    add_never_cache_headers(response)
    return response


_own_shapes: dict[str, Callable[[Failure], HttpResponse]] = {}


def answer_in_own_shape(prefix: str, answer: Callable[[Failure], HttpResponse]) -> None:
    """Have a room answer all failures under its part of the addresses in its protocol's shape."""
    _own_shapes[prefix] = answer


def _shaped(request: HttpRequest, failure: Failure) -> HttpResponse:
    for prefix, answer in _own_shapes.items():
        if request.path_info == prefix or request.path_info.startswith(f"{prefix}/"):
            return answer(failure)
    if wants_json(request):
        problem = {"code": failure.code, "path": failure.path, "message": failure.sentence}
        return json_answer({"problems": [problem]}, status=failure.status)
    return _html(request, failure)


# Answers that are data, though their caller names no type: a feed reader, a script.
_DATA = (".csv", ".atom", ".rss")


def wants_json(request: HttpRequest) -> bool:
    """Whether a failure of this request is read by a program rather than by a person."""
    path = request.path_info
    if path.endswith(".json") or request.content_type == "application/json":
        return True
    offered = ["text/html", "application/json"]
    if path.endswith(_DATA):
        offered.reverse()
    return request.get_preferred_type(offered) == "application/json"


def _html(request: HttpRequest, failure: Failure) -> HttpResponse:
    htmx = HtmxDetails(request)
    is_fragment = bool(htmx) and not htmx.history_restore_request
    template = "failure/_failure.html" if is_fragment else "failure/failure.html"
    # The footer's counts would ask the database, which may be what has failed.
    context = {"failure": failure, "catalog": {}}
    try:
        html = render_to_string(template, context, request)
    except Exception:
        logger.exception("the page of a failure can't be rendered")
        html = SafeString(f"<!DOCTYPE html><title>{failure.title}</title><p>{failure.title}</p>")
    return HttpResponse(html, status=failure.status)


def failure_of(error: BaseException | None) -> Failure | None:
    """What an exception means for the user; None if something failed on our side."""
    if isinstance(error, FailedRequestError):
        return error.failure
    if isinstance(error, RequestDataTooBig):
        return _failure(413, "too-large", "Send less at a time, or upload it as a file.")
    if isinstance(error, UnreadablePostError | MultiPartParserError):
        return _failure(400, "unreadable", "The form arrived incomplete: send it again.")
    return _database_failure(error) or _disk_failure(error)


def _failure(status: int, code: str, sentence: str, retry_after: int | None = None) -> Failure:
    return Failure(status, code, title_of(status), sentence, retry_after)


# Errors of what we asked, not of the database: those are faults of ours.
_OURS = (DataError, IntegrityError, NotSupportedError)
# What SQLite and PostgreSQL write of a database, and what it means for the user.
# Sources: SQLite's "Result and Error Codes"; PostgreSQL's "Error Codes".
_DATABASE_TROUBLES: Final = (
    (
        ("is locked", "deadlock", "lock timeout", "could not obtain lock", "too many clients"),
        _failure(
            503,
            "database-busy",
            "Another program is using the database. Nothing was changed: try again in a few "
            "seconds.",
            retry_after=5,
        ),
    ),
    (
        ("is full", "no space left", "disk full"),
        _failure(
            503,
            "disk-full",
            "The disk with the database is full. Nothing was changed: reading still works, and "
            "saving will work again once the administrator has freed some space.",
            retry_after=60,
        ),
    ),
    (
        ("readonly", "read-only"),
        _failure(
            503,
            "database-read-only",
            "The database can't be written to. Nothing was changed: reading still works, and "
            "saving "
            "will work again once the administrator has restored write access.",
            retry_after=60,
        ),
    ),
)
_OTHER_TROUBLE: Final = _failure(
    503,
    "database-unavailable",
    "The database can't be used. Nothing was changed: try again in a minute; the server's log "
    "shows the administrator what is wrong.",
    retry_after=60,
)


def is_trouble_of_the_database(error: BaseException | None) -> bool:
    """Whether an exception is about the database itself, not about what we asked of it."""
    return isinstance(error, Error) and not isinstance(error, _OURS)


def _database_failure(error: BaseException | None) -> Failure | None:
    """A database that is locked, full, read-only, gone, damaged or of another release."""
    if not is_trouble_of_the_database(error):
        return None
    text = str(error).lower()
    troubles = (each for signs, each in _DATABASE_TROUBLES if any(sign in text for sign in signs))
    return next(troubles, _OTHER_TROUBLE)


def _disk_failure(error: BaseException | None) -> Failure | None:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        sentence = "The server's disk is full or read-only. Nothing was changed: try again later."
        return _failure(503, "disk-full", sentence, 60)
    return None


class AnswerFailures:
    """Middleware that gives every failure its shape, also those that Django leaves bare."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with a shape in place of an empty or unadorned failure."""
        response = self.get_response(request)
        if response.status_code < 400 or not _is_bare(response):
            return response
        shaped = answer_with(request, _bare_failure(request, response))
        for name, value in response.items():
            if not name.startswith("Content-"):
                shaped.headers.setdefault(name, value)
        shaped.cookies = response.cookies
        return shaped

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what is known of a view's exception; Django goes on with the others."""
        failure = failure_of(error)
        return None if failure is None else _logged_answer(request, failure, error)


def _is_bare(response: HttpResponse) -> bool:
    """Whether a failure has no shape yet: no text at all, or a sentence that claims to be HTML."""
    if response.streaming or response.has_header("Content-Encoding"):
        return False
    claims_html = response.get("Content-Type", "text/html").startswith("text/html")
    return not response.content or (claims_html and not response.content.lstrip().startswith(b"<"))


def _bare_failure(request: HttpRequest, response: HttpResponse) -> Failure:
    if response.status_code == 405:
        methods = response.get("Allow", "another method")
        return _failure(405, "method", f"{quotable(request.method or '')}: use {methods}.")
    return _failure(response.status_code, "refused", response.content.decode(errors="replace"))


def _logged_answer(request: HttpRequest, failure: Failure, error: BaseException) -> HttpResponse:
    """Answer, and leave the cause of a 503 to the log, without the query string's secrets."""
    if failure.status >= 500:
        logger.error("%d for %s: %s", failure.status, quotable(request.path), _in_a_line(error))
    return answer_with(request, failure)


def _in_a_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: an address that can't exist here, another host, a form that can't be read."""
    failure = failure_of(exception)
    if failure is None and isinstance(exception, DisallowedHost):
        sentence = (
            "It is addressed to a host name that this Policyhub does not accept. The administrator "
            "sets the accepted names in `ALLOWED_HOSTS`."
        )
        failure = _failure(400, "unknown-host", sentence)
    if failure is None and isinstance(exception, BadRequest) and exception.args:
        failure = _failure(400, "bad-request", f"{exception}: remove that and send it again.")
    return answer_with(request, failure or _failure(400, "bad-request", _NOT_UNDERSTOOD))


_NOT_UNDERSTOOD = (
    "Its address, headers or form contain something that Policyhub can't read; the server's log "
    "says what."
)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler403`: an account, or the permission of one, is missing."""
    sentence = "This requires a curator's account: log in first."
    with suppress(Error, AttributeError):
        if request.user.is_authenticated:
            sentence = (
                f"Your account `{request.user.get_username()}` does not have permission for "
                "this. Curators are members of the group Curators."
            )
    return answer_with(request, _failure(403, "forbidden", sentence))


def form_without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: a form that came without its token, or a method that no page takes."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    sentence = (
        "The form came without the token that proves that it was sent from here: it was open too "
        "long, or the browser blocks cookies. Nothing was changed. Go back, reload the page and "
        "send it again; allow cookies for this site."
    )
    return answer_with(request, Failure(403, "no-token", "The form was not accepted", sentence))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler404`: no page has this address."""
    path = quotable(request.path).replace("`", "'")
    sentence = (
        f"There is no page `{path}`. Names are spelled as in AWS: "
        "`AmazonECS_FullAccess`, `ecs:RunTask`, `iam:PassedToService`."
    )
    return answer_with(request, _failure(404, "not-found", sentence))


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`: a database that fails outside of a view, else a fault of ours."""
    error = sys.exc_info()[1]
    failure = failure_of(error)
    if failure is not None and error is not None:
        return _logged_answer(request, failure, error)
    sentence = (
        "The page could not be created. Nothing was changed. Try again; if it fails again, "
        "the server's log says why."
    )
    return answer_with(request, _failure(500, "server-error", sentence))
