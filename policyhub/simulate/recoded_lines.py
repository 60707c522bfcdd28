"""Lines of a file in UTF-8, whatever encoding its byte order mark names."""

from __future__ import annotations

import codecs
from typing import IO

from policyhub.iam.reading.encoding import encoding_of

_READ_AT_ONCE = 65_536


class RecodedLines:
    """The lines of a file, read as they are asked for.

    JSON lines are UTF-8; PowerShell writes UTF-16 with a byte order mark. What can't be decoded
    becomes U+FFFD, so that its own line is refused and the others are answered.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._is_begun = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._waiting = b""

    def readline(self, limit: int = -1, /) -> bytes:
        """The next line in UTF-8, or as much of it as the limit allows; b"" at the end."""
        if not self._is_begun:
            self._is_begun = True
            line = self._file.readline(limit)
            encoding = encoding_of(line[:4])
            if encoding.startswith("utf-8"):
                return line.removeprefix(codecs.BOM_UTF8)
            self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            self._waiting = self._decoder.decode(line).encode()
        if self._decoder is None:
            return self._file.readline(limit)
        return self._recoded_line(self._decoder, limit)

    def _recoded_line(self, decoder: codecs.IncrementalDecoder, limit: int) -> bytes:
        while b"\n" not in self._waiting and (limit < 0 or len(self._waiting) < limit):
            read = self._file.read(_READ_AT_ONCE)
            self._waiting += decoder.decode(read, final=not read).encode()
            if not read:
                break
        end = self._waiting.find(b"\n") + 1 or len(self._waiting)
        end = end if limit < 0 else min(end, limit)
        line, self._waiting = self._waiting[:end], self._waiting[end:]
        return line
