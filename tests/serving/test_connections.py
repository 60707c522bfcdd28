"""Idle, half-sent and slow connections: they delay nothing, and get no answer."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from policyhub.http import LONGEST_ADDRESS
from policyhub.serving.connections import (
    HEADER_SECONDS,
    MOST_BODY_BYTES,
    MOST_HEADER_BYTES,
    THREADS,
)
from tests.serving.conftest import SmallServer
from tests.serving.raw import answer, asked, connected, described, get, received_within
from tests.serving.small_application import LARGE

# More than all threads of both processes.
MANY = 4 * THREADS
HALF_SENT = {
    "nothing": b"",
    "half a header": b"GET / HTTP/1.1\r\nHo",
    "half a body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
    "half a chunk": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
}


def post(body: bytes, *fields: str) -> bytes:
    lines = ["POST / HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("sent", HALF_SENT.values(), ids=HALF_SENT.keys())
def test_no_number_of_them_keeps_others_from_an_answer(small: SmallServer, sent: bytes) -> None:
    with ExitStack() as stack:
        waiting = [stack.enter_context(connected(small.port)) for _ in range(MANY)]
        for each in waiting:
            each.sendall(sent)
        assert [asked(small.port, get("/"))[0] for _ in range(5)] == [200] * 5
        time.sleep(2)  # By now the idle ones are out of the loop.
        assert [asked(small.port, get("/"))[0] for _ in range(5)] == [200] * 5
        assert {received_within(each, 0.01) for each in waiting} == {(b"", False)}


def test_readers_that_take_nothing_keep_nobody_from_an_answer(small: SmallServer) -> None:
    with ExitStack() as stack:
        waiting = [stack.enter_context(connected(small.port)) for _ in range(2 * THREADS)]
        for each in waiting:
            each.sendall(get("/?large=1"))
        assert asked(small.port, get("/"))[0] == 200
        # Later they get all of it.
        status, body = answer(waiting[0])
        assert (status, len(body)) == (200, LARGE)


def test_a_connection_is_kept_for_the_next_request_even_when_idle(
    small: SmallServer,
) -> None:
    with connected(small.port) as opened:
        for pause in (0, 0, 2.5, 0):
            time.sleep(pause)
            opened.sendall(get("/"))
            assert answer(opened)[0] == 200


def test_requests_in_one_piece_are_answered_in_their_order(small: SmallServer) -> None:
    with connected(small.port) as opened:
        opened.sendall(get("/a?seconds=0.2") + get("/b") + get("/c"))
        paths = [json.loads(answer(opened)[1])["PATH_INFO"] for _ in range(3)]
    assert paths == ["/a", "/b", "/c"]


def test_a_header_that_trickles_is_cut_off_without_an_answer(small: SmallServer) -> None:
    with connected(small.port) as opened:
        began = time.monotonic()
        for letter in b"GET /?" + b"x" * 100:
            opened.setblocking(True)
            try:
                opened.sendall(bytes([letter]))
            except OSError:
                break
            got, closed = received_within(opened, 0.2)
            if closed:
                break
        assert (got, closed) == (b"", True)
        assert HEADER_SECONDS <= time.monotonic() - began < HEADER_SECONDS + 10


def test_the_address_may_be_as_long_as_pages_make_it(small: SmallServer) -> None:
    path = "/?" + "x" * (LONGEST_ADDRESS - 2)
    assert described(small.port, path)["REQUEST_URI"] == path


def test_a_body_of_five_mebibytes_is_taken_whole_or_in_chunks(small: SmallServer) -> None:
    body = b"x" * (5 * 1024 * 1024)
    whole = asked(small.port, post(body))
    chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = asked(small.port, chunked + b"%X\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert [json.loads(got)["received"] for _, got in (whole, pieces)] == [len(body)] * 2


def test_proxy_headers_and_the_client_reach_the_application_unchanged(small: SmallServer) -> None:
    fields = {
        "X-Forwarded-For": "192.0.2.1, 198.51.100.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "policies.example",
        "Forwarded": "for=192.0.2.1",
        "Remote_Addr": "203.0.113.9",
    }
    seen = described(small.port, "/", *(f"{name}: {value}" for name, value in fields.items()))
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["HTTP_HOST"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_FOR"] == fields["X-Forwarded-For"]
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    assert seen["HTTP_X_FORWARDED_HOST"] == "policies.example"
    assert seen["HTTP_FORWARDED"] == "for=192.0.2.1"
    assert "HTTP_REMOTE_ADDR" not in seen


@pytest.mark.parametrize("query", ["", "?streamed=1"])
def test_an_answer_to_head_has_no_body(small: SmallServer, query: str) -> None:
    with connected(small.port) as opened:
        opened.sendall(get(f"/{query}").replace(b"GET", b"HEAD"))
        got, _ = received_within(opened, 0.5)
    header, _, body = got.partition(b"\r\n\r\n")
    assert header.startswith(b"HTTP/1.1 200 OK")
    assert body == b""


REFUSED = {
    "not HTTP": (b"what is this\r\n\r\n", 400, "not a valid HTTP request"),
    "no host": (b"GET http://[ HTTP/1.1\r\n\r\n", 400, "address or Content-Length"),
    "no field": (get("/", "no colon"), 400, "not a valid HTTP request"),
    "endless length": (get("/", f"Content-Length: {'9' * 5000}"), 400, "Content-Length"),
    "no length": (get("/", "Content-Length: -1"), 400, "Content-Length"),
    "no chunk": (get("/", "Transfer-Encoding: chunked") + b"zz\r\n", 400, "chunk"),
    "a long address": (get("/?" + "x" * MOST_HEADER_BYTES), 414, "send the form by POST"),
    "long fields": (get("/", "Cookie: " + "x" * MOST_HEADER_BYTES), 431, "cookies"),
    "a large body": (
        get("/", f"Content-Length: {MOST_BODY_BYTES}") + b"x" * 2_000_000,
        413,
        "32 MiB",
    ),
    "a large body that waits for leave": (
        get("/", f"Content-Length: {MOST_BODY_BYTES}", "Expect: 100-continue"),
        413,
        "32 MiB",
    ),
    "another encoding": (get("/", "Transfer-Encoding: gzip"), 501, "chunked"),
    "another HTTP": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "1.0 and 1.1"),
    "a failure": (get("/?fail=1"), 500, "its log says why"),
}


@pytest.mark.parametrize(("request_", "status", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_application_cannot_be_asked_gets_a_sentence(
    small: SmallServer, request_: bytes, status: int, sentence: str
) -> None:
    got, body = asked(small.port, request_)
    assert got == status
    assert sentence in body.decode()
    assert body.decode().count("\n") == 1
    assert "waitress" not in body.decode()


def test_a_client_that_leaves_takes_nothing_along(small: SmallServer) -> None:
    for request in (get("/?seconds=0.1"), get("/?large=1"), b"GET / HT"):
        with closing(connected(small.port)) as leaving:
            leaving.sendall(request)
    time.sleep(0.3)
    with ThreadPoolExecutor(MANY) as pool:
        answers = pool.map(lambda _: asked(small.port, get("/"))[0], range(MANY))
        assert set(answers) == {200}
