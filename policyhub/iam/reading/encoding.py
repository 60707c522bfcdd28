"""Texts out of files: UTF-8, with a byte order mark or without, and UTF-16 and UTF-32."""

from __future__ import annotations

import codecs

# The longer marks first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(start: bytes) -> str:
    """The encoding of a text by its first four bytes or more.

    JSON begins with two characters of ASCII, so that zero bytes tell the encoding of one without
    a mark (RFC 4627, section 3).
    """
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked or len(start) < 2:
        return marked or "utf-8"
    zeros = tuple(byte == 0 for byte in start[:4])
    if zeros[:2] == (True, False):
        return "utf-16-be"
    if zeros[:2] == (False, True):
        return "utf-32-le" if zeros[2:] == (True, True) else "utf-16-le"
    return "utf-32-be" if zeros == (True, True, True, False) else "utf-8"


def decoded(data: bytes) -> str:
    """The text, without its byte order mark. Raises `UnicodeDecodeError`."""
    return data.decode(encoding_of(data[:4]))
