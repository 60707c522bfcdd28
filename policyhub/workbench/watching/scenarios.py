"""Scenario files under watch: uploaded, written into an address, and replayed since a day."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from policyhub.iam.budget import Budget, SpentError
from policyhub.iam.reading.encoding import decoded
from policyhub.simulate.changed_answers import ChangedAnswer, ReplayedLine, replayed_lines

LONGEST_FILE = 262_144
MOST_LINES = 500
MOST_FILES = 20
LONGEST_NAME = 120
IN_ADDRESS = "scenarios"
_OF_AN_ADDRESS = "Scenarios of this address"
_RAW = -zlib.MAX_WBITS


class UnusableFileError(ValueError):
    """A file that is no scenario file, or is too long; the message says why."""


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario file: what it is called, and its JSON lines."""

    name: str
    text: str


@dataclass(frozen=True)
class WatchedAnswers:
    """The lines of a scenario file, replayed; `stopped` says why some are left out, else ""."""

    file: ScenarioFile
    lines: Sequence[ReplayedLine] = ()
    stopped: str = ""

    @property
    def problems(self) -> list[ReplayedLine]:
        """The lines that can't be used."""
        return [each for each in self.lines if each.problem]

    @property
    def changes(self) -> list[ChangedAnswer]:
        """What changed, the newest first."""
        found = [change for each in self.lines for change in each.changes]
        return sorted(found, key=lambda each: each.since, reverse=True)

    @property
    def unchanged(self) -> int:
        """How many lines have the answer that they had before the day."""
        return sum(not each.changes and not each.problem for each in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """The file's answers as JSON has them."""
        return {
            "name": self.file.name,
            "unchanged": self.unchanged,
            "changes": [each.to_dict() for each in self.changes],
            "problems": [{"line": each.number, "id": each.id, "message": each.problem}
                         for each in self.problems],
            "stopped": self.stopped or None,
        }  # fmt: skip


def uploaded(upload: UploadedFile[Any]) -> ScenarioFile:
    """An uploaded file. Raises `UnusableFileError`."""
    if (upload.size or 0) > LONGEST_FILE:
        raise UnusableFileError(
            f"the file has more than {LONGEST_FILE:,} bytes: `manage.py watch` takes files of any "
            "length"
        )
    try:
        text = decoded(upload.read())
    except UnicodeDecodeError as error:
        raise UnusableFileError("the file is no text in UTF-8: save it as JSON lines") from error
    return _checked((upload.name or "scenarios.jsonl").strip()[:LONGEST_NAME], text)


def _checked(name: str, text: str) -> ScenarioFile:
    lines = [each for each in text.splitlines() if each.strip()]
    if not lines:
        raise UnusableFileError("the file has no lines: write one simulation per line")
    if len(lines) > MOST_LINES:
        raise UnusableFileError(
            f"the file has {len(lines):,} lines, and {MOST_LINES} can be watched: "
            "`manage.py watch` takes files of any length"
        )
    if "\0" in text:
        raise UnusableFileError("the file contains a NUL: save it as JSON lines")
    return ScenarioFile(name, "\n".join(lines))


def packed(file: ScenarioFile) -> str:
    """A file for an address: deflated, in letters that need no escape."""
    made = zlib.compressobj(9, wbits=_RAW)
    data = made.compress(file.text.encode("utf-8", "replace")) + made.flush()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(code: str) -> ScenarioFile:
    """A file out of an address. Raises `UnusableFileError`."""
    try:
        data = base64.b64decode(f"{code}{'=' * (-len(code) % 4)}", altchars=b"-_", validate=True)
        inflating = zlib.decompressobj(wbits=_RAW)
        inflated = inflating.decompress(data, LONGEST_FILE + 1)
        text = inflated.decode()
        if not (inflating.eof or inflating.unconsumed_tail):
            raise ValueError("cut")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise UnusableFileError(
            "the scenarios in this address can't be read: it was cut or changed on its way; "
            "upload the file again"
        ) from error
    if len(inflated) > LONGEST_FILE:
        raise UnusableFileError(
            f"the scenarios in this address are more than {LONGEST_FILE:,} bytes"
        )
    return _checked(_OF_AN_ADDRESS, text)


def replayed_files(
    files: Iterable[ScenarioFile], since: date, budget: Budget
) -> list[WatchedAnswers]:
    """The files' answers since a day; once the budget is spent, what is left is said to be."""
    return [_replayed(each, since, budget) for each in files]


def _replayed(file: ScenarioFile, since: date, budget: Budget) -> WatchedAnswers:
    lines: list[ReplayedLine] = []
    try:
        data = io.BytesIO(file.text.encode("utf-8", "replace"))
        for line in replayed_lines(data, since, budget):
            lines.append(line)
    except SpentError as error:
        reason = f"stopped: {error}; `manage.py watch` takes as long as it needs"
        return WatchedAnswers(file, lines, reason)
    return WatchedAnswers(file, lines)
