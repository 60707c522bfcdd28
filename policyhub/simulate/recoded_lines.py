"""Lines of a file in UTF-8, whatever encoding its byte order mark names."""

from __future__ import annotations

import codecs
import select
from typing import IO

from policyhub.iam.reading.encoding import encoding_of

_READ_AT_ONCE = 65_536
# Of a text so much tells its encoding.
_TELLING = 4


class RecodedLines:
    """The lines of a file; no more is waited for than the next line needs.

    JSON lines are UTF-8; PowerShell writes UTF-16 with a byte order mark. What can't be decoded
    becomes U+FFFD, so that its own line is refused and the others are answered.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        # Pipes give what has been written; `read` would wait until it has as much as asked for.
        self._read_some = getattr(file, "read1", file.read)
        self._is_begun = self._is_ended = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._waiting, self._at = b"", 0

    @property
    def has_line(self) -> bool:
        """Whether the next line is known without reading on."""
        return self._is_ended or self._waiting.find(b"\n", self._at) >= 0

    @property
    def must_wait(self) -> bool:
        """Whether to read on is to wait for whoever writes the file."""
        try:
            return not select.select([self._file.fileno()], [], [], 0)[0]
        except OSError:
            # In memory, or of a system that can't tell.
            return False

    def readline(self, limit: int = -1, /) -> bytes:
        """The next line in UTF-8, or as much of it as the limit allows; b"" at the end."""
        while not self.has_line and (limit < 0 or len(self._waiting) - self._at < limit):
            self._read_on()
        end = self._waiting.find(b"\n", self._at) + 1 or len(self._waiting)
        end = end if limit < 0 else min(end, self._at + limit)
        line, self._at = self._waiting[self._at : end], end
        return line

    def _read_on(self) -> None:
        read = self._read_some(_READ_AT_ONCE)
        self._is_ended = not read
        rest, self._at = self._waiting[self._at :], 0
        if self._decoder is not None:
            read = self._decoder.decode(read, final=self._is_ended).encode()
        self._waiting = rest + read
        if not self._is_begun and (len(self._waiting) >= _TELLING or self._is_ended):
            self._begin()

    def _begin(self) -> None:
        """Find out the encoding by how the file begins."""
        self._is_begun = True
        encoding = encoding_of(self._waiting[:_TELLING])
        if encoding.startswith("utf-8"):
            self._waiting = self._waiting.removeprefix(codecs.BOM_UTF8)
            return
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._waiting = self._decoder.decode(self._waiting, final=self._is_ended).encode()
