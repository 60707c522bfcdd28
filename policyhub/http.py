"""Requests and answers that every room shares: htmx partials, JSON twins, downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import BadRequest
from django.core.paginator import Page, Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.encoding import escape_uri_path
from django.utils.html import escape
from django_htmx.middleware import HtmxDetails

from policyhub.iam.former_codes import former_code
from policyhub.sending import csv_pieces, json_pieces, sent_in_pieces

Answering = Callable[[HttpRequest], HttpResponse]

# The longest address (path and query as they are sent, percent-encoded, in bytes) for which a
# page makes a link or sends a form by GET; anything longer goes by POST. The server takes
# addresses of this length, and so do the browsers and common proxies in between, most of which
# stop at a request line of 8 KiB. A link with its scheme and host is measured without them.
LONGEST_ADDRESS = 8_000
# The id of the answer on a page with a form, and what an address ends with to begin there.
ANSWER = "answer"
# What XML 1.0 can't contain, not even escaped.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Paths with rules of their own for their parameters.
_WITH_OWN_RULES = ("/admin/", "/aws/", "/login/", "/logout/", "/search/suggestions/")


def refuse_nul(get_response: Answering) -> Answering:
    """Middleware that answers 400 where a path or a cookie contains a NUL.

    Nothing has a NUL in its name, and PostgreSQL can't even be asked for one.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if any("\0" in text for text in (request.path_info, *request.COOKIES.values())):
            raise BadRequest("a path or a cookie contains a NUL")
        return get_response(request)

    return answer


def leave_out_empty(get_response: Answering) -> Answering:
    """Middleware that leads on to an address without the empty parameters of a form.

    A form sent without JavaScript names all its fields, those left empty too. htmx is answered
    as it asks, and given the address to show.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        is_page = path.endswith("/") and not path.startswith(_WITH_OWN_RULES)
        if is_page and request.method in ("GET", "HEAD") and "HX-Request" not in request.headers:
            given = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
            if any(not value.strip() for _, value in given):
                return HttpResponseRedirect(_address(request, tidy_query(request.GET)))
        return get_response(request)

    return answer


class HtmxHttpRequest(HttpRequest):
    """A request that passed django-htmx's middleware."""

    htmx: HtmxDetails


def wants_partial(request: HtmxHttpRequest) -> bool:
    """Whether htmx asks for a fragment to swap in.

    A history restore does not: the browser then shows the answer as the whole page.
    """
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(
    request: HtmxHttpRequest,
    page: str,
    partial: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Render `page`, or only the `partial` that it includes when htmx asks for that.

    `title` of the context says what is shown, without the site's name. A partial begins with
    it as its <title>, which htmx takes for the page's.
    """
    is_partial = wants_partial(request)
    response = render(request, partial if is_partial else page, dict(context))
    if is_partial and (title := context.get("title")):
        head = f"<title>{escape(title)} · Policyhub</title>"
        response.content = head.encode() + response.content
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def tidy_query(query: QueryDict) -> str:
    """The parameters that say something, as a query string."""
    return urlencode(
        [
            (key, clean)
            for key, values in query.lists()
            for value in values
            if (clean := value.replace("\r\n", "\n").strip())
        ]
    )


def given_parameters(request: HttpRequest) -> QueryDict:
    """The parameters of a form: by POST its fields, those of the address in their place.

    So a button can ask for something else about documents that are too long for a URL.
    """
    if request.method != "POST":
        return request.GET
    given = cast(QueryDict, request.POST)
    if not request.GET:
        return given
    changed = given.copy()
    for key, values in request.GET.lists():
        changed.setlist(key, values)
    return changed


def short_address(path: str, query: str) -> str:
    """The address of a path, already escaped, with a query string; "" where it is too long."""
    address = f"{path}?{query}" if query else path
    return address if len(address) <= LONGEST_ADDRESS else ""


def moved_to_its_address(request: HtmxHttpRequest, query: str) -> HttpResponse | None:
    """Lead a form that was sent by POST on to its address; None where it is to be answered here.

    A form can't choose its method by the length of what is typed, so that without JavaScript
    every form goes by POST. What fits an address is asked again at that address, which can be
    shared and gone back to. htmx is answered immediately and given the address by `at_address`.
    """
    if request.method != "POST" or wants_partial(request):
        return None
    address = short_address(escape_uri_path(request.path), query)
    if not address:
        return None
    response = HttpResponseRedirect(f"{address}#{ANSWER}")
    response.status_code = 303
    return response


def at_address(
    request: HtmxHttpRequest, query: str, response: HttpResponse, *, is_new: bool = True
) -> HttpResponse:
    """The answer with the address that htmx is to show; a script makes one that is too long.

    It becomes a new entry of the browser's history, unless it is shown already; where it is not
    `is_new`, it takes the place of the present one.
    """
    if wants_partial(request):
        address = short_address(escape_uri_path(request.path), query)
        is_shown = address == request.htmx.current_url_abs_path
        header = "HX-Push-Url" if is_new else "HX-Replace-Url"
        response[header] = "false" if is_shown or not address else address
    return response


def _address(request: HttpRequest, query: str) -> str:
    path = escape_uri_path(request.path)
    return f"{path}?{query}" if query else path


_JSON = "application/json; charset=utf-8"
_ODD_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9_+=,.@-]")


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Answer with `body` as JSON; dates are ISO 8601, text is UTF-8 as it is.

    Each item of a list in an object is on a line of its own. Half a surrogate pair, which UTF-8
    can't represent, is written as JSON's `\\udXXX`.
    """
    return HttpResponse(b"".join(json_pieces(body)), content_type=_JSON, status=status)


def json_stream(body: Mapping[str, Any]) -> HttpResponseBase:
    """As `json_answer`, for what can be long: then it is sent while it is written.

    The values may be iterators, which are read while it is sent.
    """
    return sent_in_pieces(json_pieces(body), _JSON)


def csv_download(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """Answer with a CSV file to save, which is sent while it is written where it is long.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front. What no
    file name and no header should contain becomes a hyphen in `filename`.
    """
    pieces = csv_pieces(header, rows)
    response = sent_in_pieces(pieces, "text/csv; charset=utf-8")
    name = _ODD_IN_A_FILE_NAME.sub("-", filename)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@dataclass(frozen=True)
class ParameterProblem:
    """What is wrong with a parameter of the query string, and how to fix it."""

    code: str
    parameter: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The problem as JSON has it."""
        return asdict(self) | former_code(self.code)


LONGEST_VALUE = 200
MOST_VALUES = 50
MOST_WORDS = 10


@dataclass
class Parameters:
    """The values of a query string, read with care: what is unusable becomes a problem.

    Empty values, which forms send for fields left empty, mean nothing.
    """

    query: QueryDict
    problems: list[ParameterProblem] = field(default_factory=list)

    def complain(self, code: str, parameter: str, message: str) -> None:
        """Keep a problem."""
        self.problems.append(ParameterProblem(code, parameter, message))

    def expect(self, known: Sequence[str]) -> None:
        """Complain about every parameter that is not among those known."""
        for key in self.query:
            if key not in known:
                use = f"use {choices_in_words(known)}"
                message = f"`{quotable(key)}` is not a parameter of this page: {use}"
                self.complain("unknown-parameter", quotable(key), message)

    def values(self, key: str) -> list[str]:
        """The usable values of a parameter, trimmed, each once."""
        given = dict.fromkeys(value.strip() for value in self.query.getlist(key))
        usable = [value for value in given if value and self._is_usable(key, value)]
        if len(usable) > MOST_VALUES:
            message = f"`{key}` has {len(usable)} values: give at most {MOST_VALUES}"
            self.complain("too-many-values", key, message)
        return usable[:MOST_VALUES]

    def value(self, key: str) -> str:
        """The last usable value of a parameter, or an empty text."""
        return (self.values(key) or [""])[-1]

    def words(self, key: str) -> str:
        """Words to look for, with one space between them."""
        words = self.value(key).split()
        if len(words) > MOST_WORDS:
            message = f"there are {len(words)} search words: give at most {MOST_WORDS}"
            self.complain("too-many-words", key, message)
        return " ".join(words[:MOST_WORDS])

    def page(self) -> int:
        """The number of the page that is asked for, 1 by default."""
        text = self.value("page") or "1"
        if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0:
            return int(text)
        self.complain("bad-page", "page", f"`{text}` is not a page: use a whole number, 1 or more")
        return 1

    def _is_usable(self, key: str, value: str) -> bool:
        if len(value) > LONGEST_VALUE:
            message = f"`{key}` has {len(value):,} characters: give at most {LONGEST_VALUE}"
            self.complain("too-long", key, message)
            return False
        if not value.isprintable():
            message = f"`{quotable(value)}` contains a control character: remove it"
            self.complain("bad-character", key, message)
            return False
        return True


def quotable(text: str) -> str:
    """A piece of a request, printable and short enough for a sentence."""
    clean = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return clean if len(clean) <= 60 else f"{clean[:60]}…"


def choices_in_words(names: Sequence[str]) -> str:
    """Names to choose from: "`a`, `b` or `c`"."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join([", ".join(quoted[:-1]), *quoted[-1:]] if len(quoted) > 1 else quoted)


def page_of(rows: Any, number: int, size: int) -> tuple[Page[Any], tuple[ParameterProblem, ...]]:
    """The page of this number; beyond the end the last one, with a word about it."""
    paginator = Paginator(rows, size)
    if number <= paginator.num_pages:
        return paginator.page(number), ()
    last = paginator.num_pages
    message = f"there is no page {number}: the last one is page {last}"
    return paginator.page(last), (ParameterProblem("beyond-last-page", "page", message),)


def problems_answer(problems: Iterable[ParameterProblem]) -> HttpResponse:
    """Answer 400 with every problem as JSON."""
    return json_answer({"problems": [problem.to_dict() for problem in problems]}, status=400)


def mark_as_of_older_index(response: HttpResponse) -> None:
    """Have nobody keep an answer that an index gave which is behind the data."""
    patch_cache_control(response, no_store=True)
    response.is_of_older_index = True  # type: ignore[attr-defined]


def is_of_older_index(response: HttpResponse) -> bool:
    """Whether an index gave the answer that was behind the data."""
    return response.status_code == 200 and hasattr(response, "is_of_older_index")
