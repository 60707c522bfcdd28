"""Which encoding a text has, by its first bytes."""

from __future__ import annotations

import codecs

import pytest

from policyhub.iam.reading.encoding import decoded, encoding_of

JSON = '{"Statement": []}'
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("mark", [False, True], ids=["without a mark", "with a mark"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_decoded_whatever_its_encoding(encoding: str, mark: bool) -> None:
    data = JSON.encode(encoding)
    assert decoded(MARKS[encoding] + data if mark else data) == JSON


@pytest.mark.parametrize("start", [b"", b"{", b"\0", b"{}", b"\0\0", b"\0\0\0\0", b"\xc3\xa4\0\0"])
def test_what_no_encoding_is_known_by_is_utf_8(start: bytes) -> None:
    assert encoding_of(start) == "utf-8"


def test_two_characters_tell_utf_16() -> None:
    assert encoding_of(b"\0{") == "utf-16-be"
    assert encoding_of(b"{\0") == "utf-16-le"


def test_what_is_not_of_its_encoding_is_an_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(b'"\xff"')
    with pytest.raises(UnicodeDecodeError):
        decoded(b"{\0\0")
