"""Lines in other encodings: they arrive as UTF-8, one by one."""

from __future__ import annotations

import io
import json

import pytest

from policyhub.simulate.recoded_lines import RecodedLines

LINES = ['{"id": "ä"}\n', "\n", '{"id": "' + "x" * 100_000 + '"}\n', '{"id": 3}']


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("limit", [-1, 10, 200_000])
def test_lines_of_any_encoding_arrive_in_utf_8(encoding: str, limit: int) -> None:
    lines = RecodedLines(io.BytesIO("".join(LINES).encode(encoding)))
    read = b""
    while line := lines.readline(limit):
        assert limit < 0 or len(line) <= limit
        read += line
    assert read.decode() == "".join(LINES)


def test_a_damaged_line_spoils_no_other() -> None:
    damaged = "\n{}\n".encode("utf-16") + b"\x00\xd8" + '\n{"id": 2}'.encode("utf-16-le")
    lines = RecodedLines(io.BytesIO(damaged))
    read = [lines.readline() for _ in range(4)]
    assert read[1] == b"{}\n"
    assert json.loads(read[3]) == {"id": 2}


def test_an_empty_file_has_no_lines() -> None:
    assert RecodedLines(io.BytesIO()).readline() == b""
