"""Brotli where it is asked for and there is no secret; else gzip; streams stay streams."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator

import brotli
import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from policyhub.compression import compress, takes_brotli


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("br", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=1.0, BR;q=0.5", True),
        ("br;q=0.01", True),
        ("br;q=0", False),
        ("br; q=0.000, gzip", False),
        ("gzip", False),
        ("brotli", False),
        ("", False),
        ("*", False),
        (";;,,", False),
    ],
)
def test_an_accept_encoding_is_read(accepted: str, takes: bool) -> None:
    assert takes_brotli(accepted) is takes


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/services/", "/services.json", "/services.csv", "/nothing"])
def test_a_page_and_data_are_the_same_however_compressed(client: Client, path: str) -> None:
    plain = client.get(path)
    by_brotli = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    by_gzip = client.get(path, headers={"Accept-Encoding": "gzip, br;q=0"})
    assert (by_brotli["Content-Encoding"], by_gzip["Content-Encoding"]) == ("br", "gzip")
    assert brotli.decompress(by_brotli.content) == gzip.decompress(by_gzip.content) == plain.content
    assert len(by_brotli.content) < len(by_gzip.content)
    assert int(by_brotli["Content-Length"]) == len(by_brotli.content)
    for answer in (plain, by_brotli, by_gzip):
        assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.django_db
def test_a_page_with_a_token_is_left_to_gzip_which_hides_its_length(client: Client) -> None:
    answer = client.get("/login/", headers={"Accept-Encoding": "gzip, br"})
    assert answer["Content-Encoding"] == "gzip"


def test_a_stream_is_compressed_as_it_is_sent() -> None:
    sent = []

    def pieces() -> Iterator[bytes]:
        for number in range(4_000):
            sent.append(number)
            yield b"%d," % number * 2_000

    def view(request: HttpRequest) -> HttpResponse:
        return StreamingHttpResponse(pieces(), content_type="application/json")  # type: ignore[return-value]

    answer = compress(view)(RequestFactory().get("/", headers={"Accept-Encoding": "br"}))
    assert not sent
    tracemalloc.start()
    decompressor, size = brotli.Decompressor(), 0
    for piece in answer:
        size += len(decompressor.process(piece))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == sum(len(b"%d," % number) * 2_000 for number in range(4_000))
    assert peak < 5_000_000
