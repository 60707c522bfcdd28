"""Requests such as nobody means: every route and method, odd arguments, headers and bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

from django.urls import URLPattern, URLResolver, get_resolver

# A form's token and its cookie: most requests have it, so that they get past that check.
TOKEN = "a" * 32
METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
REAL = (
    "AmazonECS_FullAccess", "ReadOnlyAccess", "AdministratorAccess", "AmazonS3ReadOnlyAccess",
    "AmazonECS_FullAccess@v20", "ecs:RunTask", "iam:PassRole", "s3:Get*", "ecs", "iam", "s3",
    "iam:PassedToService", "aws:SourceIp", "aws:ResourceTag/${TagKey}", "identity", "boundary",
    "arn:aws:iam::aws:policy/AmazonECS_FullAccess", "arn:aws:s3:::bucket/*", "v20", "1", "2",
)  # fmt: skip
ODD = (
    "", " ", "\0", "..", "../../etc", "%", "%zz", "*", "?", "a:b:c", ":", "@", "@v1", "-1", "0",
    "99999999999999999999", "1e999", "NaN", "²", "\N{GRINNING FACE}", "\u202e", "\ufeff",
    "\r\nX: y", "key=", "=value", "a=b=c",
    "'\"<b>&amp;", "${aws:username}", "{", "[]", "null", "arn:aws:", "arn:" * 40, "a" * 300,
    "s3:" + "*?" * 60, "*:*", "\N{LATIN SMALL LETTER DOTLESS I}am:PassRole",
    '{"Version":"2012-10-17","Statement":[]}', "\u00df", "x\ty", "http://[", "12-13-2026",
)  # fmt: skip
NOT_UTF_8 = (b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"a\x80")
PARAMETERS = (
    "policy", "action", "actions", "resource", "context", "q", "page", "sort", "service", "level",
    "version", "statement", "access", "kind", "boundary", "scp", "session", "principal", "group",
    "Action", "Version", "PolicyArn", "PolicyInputList.member.1", "ActionNames.member.1", "next",
    "PolicySourceArn", "Marker", "MaxItems", "nothing", "arn", "from", "to", "month", "source",
)  # fmt: skip
ODD_JSON = (
    b"", b"{", b"null", b"[]", b"{}", b'"text"', b"1e999", b"NaN", b"-0", b"\xff\xfe{}", b"{}{}",
    b"\xef\xbb\xbf{}", b"[" * 20_000, b'{"a":' * 20_000, b'{"a":1,"a":2}', b'{"policy":"\\ud800"}',
    b"9" * 5_000, b'{"policy":' + b'"x' * 9, b'{"policies":[' + b"1," * 5_000 + b"1]}",
)  # fmt: skip
HEADERS = {
    "Accept": ("application/json", "text/html", "*/*;q=x", "a/b;q=" + "1" * 400, ",,;;", "\xff"),
    "Accept-Encoding": ("br", "gzip", "br;q=0, gzip;q=0", "*", "br;q=x", ";;,,", "identity"),
    "Accept-Language": ("de", "*" * 500),
    "Authorization": ("Basic", "Basic \xff", "AWS4-HMAC-SHA256 Credential=", "Bearer x"),
    "Content-Encoding": ("gzip", "br"),
    "Cookie": ("sessionid=x", "sessionid=" + "a" * 32, "csrftoken=\xff", "=;;=", 'a="\\777"'),
    "Host": ("other.example", "", "[::1", "localhost:99999", "a_b", "127.0.0.1.", "127.0.0.1"),
    "HX-Request": ("true", "false", "maybe"),
    "HX-Current-URL": ("http://[", "%", "http://127.0.0.1/policies/"),
    "HX-History-Restore-Request": ("true",),
    "If-Modified-Since": ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 50),
    "If-None-Match": ("*", '"', 'W/"a", "b', ",,", '"a"' * 300),
    "Origin": ("null", "http://other.example"),
    "Range": ("bytes=0-1", "bytes=-", "lines=1"),
    "Referer": ("http://[", "http://127.0.0.1/"),
    "X-Forwarded-For": ("1.2.3.4", "no address", "::1, \xff"),
    "X-Forwarded-Proto": ("https", "gopher"),
    "X-HTTP-Method-Override": ("DELETE",),
}
KINDS = (
    "application/json", "application/json; charset=nothing", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "\xff/;;", "",
    "application/x-www-form-urlencoded; charset=utf-7", "application/x-amz-json-1.1",
)  # fmt: skip


@dataclass(frozen=True)
class Fuzzed:
    """A request; the target is a path with its query, percent-encoded."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def routes(resolver: URLResolver | None = None, before: str = "/") -> Iterator[str]:
    """Every route that Django's resolver knows, arguments as `<...>`."""
    for each in (resolver or get_resolver()).url_patterns:
        text = re.sub(r"\(\?P(<\w+>)[^)]*\)|[\^$]", r"\1", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from routes(each, before + text)
        elif isinstance(each, URLPattern):
            yield before + text


def requests(seed: int, count: int) -> Iterator[Fuzzed]:
    """So many requests, each of our routes in its turn; the same for the same seed."""
    random = Random(seed)
    known = sorted(routes())
    # The admin's many routes lead a stranger to its form.
    ours = [route for route in known if not route.startswith("/admin/")]
    all_in_turn, ours_in_turn = cycle(known), cycle(ours)
    for number in range(count):
        yield _request(random, next(all_in_turn if number % 5 == 0 else ours_in_turn))


def _request(random: Random, route: str) -> Fuzzed:
    path = re.sub(r"<[^>]*>", lambda _: _argument(random), quote(route, safe="/<>:"))
    if random.random() < 0.05:
        path += random.choice(("/", "x", ".json", ".csv", "%00", "//", "%2f", ";a"))
    query = _query(random) if random.random() < 0.6 else ""
    method = random.choice(METHODS)
    body = b"" if method in ("GET", "HEAD") else _body(random)
    names = random.sample(sorted(HEADERS), random.choice((0, 0, 1, 2, 4)))
    headers = {name: random.choice(HEADERS[name]) for name in names}
    if body:
        headers["Content-Type"] = _kind(random, body)
    if random.random() < 0.8:
        headers |= {"X-CSRFToken": TOKEN, "Cookie": f"csrftoken={TOKEN}"}
    return Fuzzed(method, f"{path}?{query}" if query else path, headers, body)


def _kind(random: Random, body: bytes) -> str:
    """Mostly what the body is."""
    if random.random() < 0.4:
        return random.choice(KINDS)
    if body.startswith(b"--x"):
        return KINDS[3]
    return KINDS[0] if body[:1] in b'{["' else KINDS[2]


def _argument(random: Random) -> str:
    if random.random() < 0.1:
        return quote_from_bytes(random.choice(NOT_UTF_8))
    return quote(_text(random), safe="/:@" if random.random() < 0.5 else "")


def _text(random: Random) -> str:
    text = random.choice(REAL if random.random() < 0.6 else ODD)
    if text and random.random() < 0.15:
        place = random.randrange(len(text))
        text = text[:place] + random.choice(ODD) + text[place + random.randrange(2) :]
    return text


def _pairs(random: Random) -> list[tuple[str, str]]:
    return [
        (random.choice(PARAMETERS if random.random() < 0.95 else ODD), _text(random))
        for _ in range(random.choice((1, 1, 2, 3, 5, 60)))
    ]


def _query(random: Random) -> str:
    if random.random() < 0.05:
        return random.choice(("&&&", "=", "%", "a=%ff&q=%ED%A0%80", "q=%00", "q", "?" * 50))
    return urlencode(_pairs(random))


def _body(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.3:
        return random.choice(ODD_JSON)
    if kind < 0.7:
        return json.dumps(_json(random), ensure_ascii=random.random() < 0.8).encode(
            errors="surrogatepass"
        )
    if kind < 0.8:
        field = b'--x\r\nContent-Disposition: form-data; name="policy"'
        return field + random.choice((b"", b"\r\n\r\n{}\r\n--x--", b'; filename="\xff"\r\n\r\n'))
    return urlencode(_pairs(random)).encode()


def _json(random: Random, depth: int = 0) -> Any:
    """A scenario, a policy or a question with some of its values of another kind."""
    if depth > 3 or random.random() < 0.3:
        return random.choice((None, True, 0, -1, 1e308, 10**30, "\ud800", [], {}, _text(random)))
    if random.random() < 0.3:
        return [_json(random, depth + 1) for _ in range(random.randrange(4))]
    names = random.sample(_NAMES, random.randrange(1, 7))
    return {name: _json(random, depth + 1) for name in names}


_NAMES = (
    "Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Condition", "Principal",
    "Sid", "policy", "policies", "action", "actions", "resource", "context", "identity", "scp",
    "boundary", "session", "caller", "request", "layers", "document", "StringEquals", "s3:prefix",
    "\ud800", "", "__proto__", "documents", "account", "conditions", "parameters", "requests",
)  # fmt: skip
